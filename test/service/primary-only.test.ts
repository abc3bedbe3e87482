import assert from 'node:assert/strict'
import {test} from 'node:test'
import {createLog} from '../../src/core/log/log.ts'
import {openPrimaryOnly} from '../../src/core/service/primary-only.ts'
import {ManualWorld} from '../support/manual-world.ts'

function opened(ms: number | undefined) {
  const world = new ManualWorld()
  const told: string[] = []
  const log = createLog(world, [{write: ({name}) => told.push(name), close: async () => {}}], {debug: false})
  return {world, told, primaryOnly: openPrimaryOnly(ms, log, world)}
}

test('break-glass ends by itself when its time is over, and once', () => {
  const {world, told, primaryOnly} = opened(120_000)
  world.advance(119_999)
  assert.equal(primaryOnly.isOn(), true)
  world.advance(1)
  assert.equal(primaryOnly.isOn(), false)
  primaryOnly.end()
  assert.deepEqual(told, ['proxy.primary-only.began', 'proxy.primary-only.ended'])
})

test('a reload or a stop ends it before its time', () => {
  const {world, primaryOnly} = opened(120_000)
  primaryOnly.end()
  assert.equal(primaryOnly.isOn(), false)
  assert.equal(world.pendingTimers, 0)
})

test('without the flag it is never on', () => {
  const {told, primaryOnly} = opened(undefined)
  primaryOnly.end()
  assert.equal(primaryOnly.isOn(), false)
  assert.deepEqual(told, [])
})
