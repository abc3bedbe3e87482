import assert from 'node:assert/strict'
import {test} from 'node:test'
import {JoiningStore} from '../../src/core/login/joining-store.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import {SharedWork} from '../../src/core/login/shared-work.ts'
import type {Claim} from '../../src/core/login/state-store.ts'
import {ManualWorld} from '../support/manual-world.ts'

const answer = Buffer.alloc(32, 1).toString('base64url')
const otherAnswer = Buffer.alloc(32, 2).toString('base64url')

function twoWorkers() {
  const world = new ManualWorld()
  const work = new SharedWork(world)
  const joining = new JoiningStore(new MemoryStore(world), work)
  const first = {name: 'one'}
  const firstDies = () => work.leave(first)
  return {world, joining, work, one: joining.of(first), other: joining.of({name: 'other'}), firstDies}
}

/** What a claim that waits has come to so far. */
function watched(claim: Promise<Claim>): {claim: Claim | undefined} {
  const seen: {claim: Claim | undefined} = {claim: undefined}
  void claim.then((made) => {
    seen.claim = made
  })
  return seen
}

const turns = () => new Promise((resolve) => setImmediate(resolve))
const taken = {kind: 'taken', answer, transactionId: undefined, decided: false} as const

test('the same answer at another worker waits for the decision of the first, and hears it', async () => {
  const {work, one, other} = twoWorkers()
  assert.deepEqual(await one.claim('state', answer), {kind: 'mine'})
  const joined = watched(other.claim('state', answer))
  await one.setTransaction('state', 'tx')
  await turns()
  assert.equal(joined.claim, undefined)
  await one.setDecided('state', () => 'what was told')
  await turns()
  assert.deepEqual(joined.claim, {...taken, decided: true, told: 'what was told', joined: true})
  assert.equal(work.size, 0)
  // Later it is a State that was used, as ever.
  assert.deepEqual(await other.claim('state', answer), {...taken, decided: true})
})

test('of claims at the same moment one is the first, and the others wait', async () => {
  const {one, other} = twoWorkers()
  const claims = [one, other, other].map((store) => watched(store.claim('state', answer)))
  await turns()
  assert.deepEqual(claims[0]?.claim, {kind: 'mine'})
  assert.deepEqual([claims[1]?.claim, claims[2]?.claim], [undefined, undefined])
})

test('another answer does not wait', async () => {
  const {one, other} = twoWorkers()
  await one.claim('state', answer)
  assert.deepEqual(await other.claim('state', otherAnswer), taken)
})

test('a worker that dies leaves its login to one of those who wait; the next ones wait for that one', async () => {
  const {joining, work, one, other, firstDies} = twoWorkers()
  const third = joining.of({name: 'third'})
  await one.claim('state', answer)
  await one.setTransaction('state', 'tx')
  const second = watched(other.claim('state', answer))
  const lastClaim = third.claim('state', answer)
  const last = watched(lastClaim)
  firstDies()
  await turns()
  assert.deepEqual(second.claim, {...taken, transactionId: 'tx'})
  assert.equal(last.claim, undefined)
  await other.setDecided('state', () => 'told')
  await turns()
  assert.deepEqual(await lastClaim, {...taken, decided: true, told: 'told', joined: true})
  assert.equal(work.size, 0)
})

test('a worker that dies before there was a transaction leaves nothing to wait for', async () => {
  const {work, one, other, firstDies} = twoWorkers()
  await one.claim('state', answer)
  const waiting = [watched(other.claim('state', answer)), watched(other.claim('state', answer))]
  firstDies()
  await turns()
  assert.deepEqual(
    waiting.map(({claim}) => claim),
    [taken, taken],
  )
  assert.equal(work.size, 0)
})

test('a decision that nobody makes is not waited for for ever, and leaves nothing behind', async () => {
  const {world, work, one, other} = twoWorkers()
  await one.claim('state', answer)
  const waiting = watched(other.claim('state', answer))
  world.advance(74_999)
  await turns()
  assert.equal(waiting.claim, undefined)
  world.advance(1)
  await turns()
  assert.deepEqual(waiting.claim, taken)
  await one.claim('left', answer)
  world.advance(75_000)
  await one.claim('next', answer)
  assert.equal(work.size, 1)
  assert.equal(world.pendingTimers, 0)
})
