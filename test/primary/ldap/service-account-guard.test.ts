import assert from 'node:assert/strict'
import {test} from 'node:test'
import {ServiceAccountGuard} from '../../../src/core/primary/ldap/service-account-guard.ts'
import {ManualWorld} from '../../support/manual-world.ts'
import {recordingLog} from './fixture.ts'

test('a refused service account rests for 5, 10, 20 and then 30 minutes', () => {
  const world = new ManualWorld()
  const guard = new ServiceAccountGuard('ad_client', recordingLog(world).log, world)
  for (const minutes of [5, 10, 20, 30, 30]) {
    guard.refused('dc1', 'data 52e')
    world.advance(minutes * 60_000 - 1)
    assert.match(guard.blocked() ?? '', /data 52e/)
    world.advance(1)
    assert.equal(guard.blocked(), undefined)
  }
  guard.accepted()
  guard.refused('dc1', 'data 52e')
  world.advance(5 * 60_000)
  assert.equal(guard.blocked(), undefined)
})

test('binds wait for one another until the password is known to be good', async () => {
  const world = new ManualWorld()
  const guard = new ServiceAccountGuard('ad_client', recordingLog(world).log, world)
  const never = new AbortController().signal
  const order: string[] = []
  const leave = await guard.enter(never)
  const second = guard.enter(never).then((done) => {
    order.push('second')
    done()
  })
  order.push('first')
  leave()
  await second
  assert.deepEqual(order, ['first', 'second'])
  guard.accepted()
  await Promise.all([guard.enter(never), guard.enter(never)])
})

test('who gives up waiting goes at once, and the next one still waits for the first', async () => {
  const world = new ManualWorld()
  const guard = new ServiceAccountGuard('ad_client', recordingLog(world).log, world)
  const never = new AbortController().signal
  const impatient = new AbortController()
  const leave = await guard.enter(never)
  const second = guard.enter(impatient.signal)
  let isThirdIn = false
  const third = guard.enter(never).then(() => {
    isThirdIn = true
  })
  impatient.abort()
  const leaveSecond = await second
  leaveSecond()
  await new Promise<void>((resolve) => setImmediate(resolve))
  assert.equal(isThirdIn, false)
  leave()
  await third
})
