import assert from 'node:assert/strict'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {test, after as testAfter} from 'node:test'
import {autoMode} from '../../src/core/login/auto-mode.ts'
import {challengeMode} from '../../src/core/login/challenge-mode.ts'
import {openJournal} from '../../src/core/login/journal.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import type {FactorResult, FactorStart} from '../../src/core/login/second-factor.ts'
import {Doubles, deferred, Node, policy, reached, stateOf, untilAborted} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'

const password = 'test-password-not-real'

function pendingPushes(node: Node): number {
  assert.ok(node.store instanceof MemoryStore)
  return node.store.sizes.pushes
}

async function answered(node: Node, answer: string) {
  return node.decide({password: answer, state: stateOf(await node.decide({password}))})
}

const starts: readonly FactorStart[] = [
  {kind: 'allow', message: 'bypass'},
  {kind: 'deny', message: 'no', reason: 'locked-out'},
  {kind: 'sent', message: 'sent'},
  {kind: 'unavailable', cause: 'reset'},
  {kind: 'refused', cause: '40002'},
]
for (const start of starts) {
  test(`a push that starts as ${start.kind} leaves the user's place free`, async () => {
    const doubles = new Doubles()
    doubles.begin = () => start
    const node = new Node(doubles)
    await answered(node, 'push')
    assert.equal(pendingPushes(node), 0)
  })
}

const results: readonly FactorResult[] = [
  {kind: 'allow', message: 'Success.'},
  {kind: 'deny', message: 'Login request denied.', reason: 'denied'},
  {kind: 'deny', message: 'Login timed out.', reason: 'timeout'},
  {kind: 'deny', message: 'fraud', reason: 'fraud'},
  {kind: 'sent', message: 'sent'},
  {kind: 'unavailable', cause: 'reset'},
  {kind: 'refused', cause: '40301'},
]
for (const answer of ['push', 'phone']) {
  for (const result of results) {
    test(`a ${answer} that ends as ${result.kind} holds the user's place for as long as it is out`, async () => {
      const doubles = new Doubles()
      const gate = deferred<FactorResult>()
      doubles.result = () => gate.promise
      const node = new Node(doubles)
      const decision = answered(node, answer)
      await reached(() => doubles.resultCalls.length > 0)
      assert.equal(pendingPushes(node), 1)
      gate.resolve(result)
      assert.equal((await decision).kind, result.kind === 'allow' ? 'accept' : 'reject')
      assert.equal(pendingPushes(node), 0)
    })
  }
}

test('a mistake of ours gives the place back', async () => {
  for (const where of ['begin', 'result'] as const) {
    const doubles = new Doubles()
    doubles[where] = () => {
      throw new Error('bug')
    }
    const node = new Node(doubles)
    assert.equal((await answered(node, 'push')).reason, 'internal-error')
    assert.equal(pendingPushes(node), 0)
  }
})

test('a passcode and SMS codes take no place', async () => {
  const doubles = new Doubles()
  const node = new Node(doubles)
  doubles.begin = () => {
    assert.equal(pendingPushes(node), 0)
    return {kind: 'allow', message: 'fine'}
  }
  assert.equal((await answered(node, '123456')).kind, 'accept')
  assert.equal((await answered(node, 'sms')).kind, 'accept')
})

test('a Verified Push holds the place over both rounds', async () => {
  const doubles = new Doubles()
  doubles.begin = () => ({kind: 'pending', transactionId: 'tx-v', notice: 'Enter 376 in Duo Mobile'})
  const node = new Node(doubles)
  const code = await answered(node, '1')
  assert.equal(pendingPushes(node), 1)
  assert.equal((await answered(node, '1')).reason, 'push-pending-elsewhere')
  assert.equal((await node.decide({password: 'done', state: stateOf(code)})).kind, 'accept')
  assert.equal(pendingPushes(node), 0)
})

test('a Verified Push whose second round never comes frees the place by itself', async () => {
  const doubles = new Doubles()
  doubles.begin = () => ({kind: 'pending', transactionId: 'tx-v', notice: 'Enter 376 in Duo Mobile'})
  const node = new Node(doubles)
  const code = await answered(node, '1')
  node.world.advance(70_000)
  assert.equal(pendingPushes(node), 0)
  doubles.result = () => ({kind: 'deny', message: 'Login timed out.', reason: 'timeout'})
  const late = await node.decide({password: '', state: stateOf(code)})
  assert.deepEqual([late.kind, late.reason], ['reject', 'factor-timeout'])
  assert.equal(pendingPushes(node), 0)
})

test('after a restart the push that is waited for again takes its place again', async () => {
  const doubles = new Doubles()
  const hanging = deferred<FactorResult>()
  doubles.result = () => hanging.promise
  const before = new Node(doubles)
  const state = stateOf(await before.decide({password}))
  const lost = before.decide({password: '1', state})
  await reached(() => doubles.resultCalls.length > 0)

  assert.ok(before.store instanceof MemoryStore)
  const place = before.parts.states.placeName(`${policy.ikey} jdoe`)
  await before.store.unlockPush({place, holder: lastLoginId(before)})
  const after = new Node(doubles, {store: before.store, world: before.world})
  const resumed = after.decide({password: '1', state})
  await reached(() => doubles.resultCalls.length > 1)
  assert.equal(pendingPushes(after), 1)
  hanging.resolve({kind: 'allow', message: 'Success.'})
  assert.deepEqual([(await resumed).kind, (await lost).kind], ['accept', 'accept'])
  assert.equal(pendingPushes(after), 0)
})

test('killed while a push is out: another session of the user gets none, until that one is over', async () => {
  const path = join(folder, 'killed')
  const doubles = new Doubles()
  doubles.result = (_, signal) => untilAborted(signal)
  const before = processOn(path, doubles)
  const state = stateOf(await before.decide({password}))
  const lost = new AbortController()
  const never = before.decide({password: '1', state}, lost.signal)
  await reached(() => doubles.resultCalls.length > 0)

  const after = processOn(path, doubles, before.world.wallMs() + 5000)
  doubles.begin = () => ({kind: 'deny', message: 'a second push', reason: 'other'})
  assert.equal((await answered(after, '1')).reason, 'push-pending-elsewhere')
  doubles.result = () => ({kind: 'deny', message: 'Login request denied.', reason: 'denied'})
  assert.equal((await after.decide({password: '1', state})).reason, 'factor-denied')
  doubles.begin = () => ({kind: 'allow', message: 'Success.'})
  assert.equal((await answered(after, '1')).kind, 'accept', 'its own answer found the push, and gave the place back')
  lost.abort()
  await never
})

test('killed while a push is asked for: it may be out, so that the place is free only when it would be over', async () => {
  const path = join(folder, 'unnamed')
  const doubles = new Doubles()
  doubles.begin = (_, signal) => untilAborted(signal)
  const before = processOn(path, doubles)
  const state = stateOf(await before.decide({password}))
  const lost = new AbortController()
  const never = before.decide({password: '1', state}, lost.signal)
  await reached(() => doubles.beginCalls.length > 0)

  const after = processOn(path, doubles, before.world.wallMs() + 5000)
  assert.equal((await after.decide({password: '1', state})).reason, 'intent-without-transaction')
  doubles.begin = () => ({kind: 'allow', message: 'Success.'})
  assert.equal((await answered(after, '1')).reason, 'push-pending-elsewhere')
  after.world.advance(65_000)
  assert.equal((await answered(after, '1')).kind, 'accept')
  lost.abort()
  await never
})

test('killed without a prompt: the retry finds the push, and the place is free after its decision', async () => {
  const path = join(folder, 'auto')
  const doubles = new Doubles()
  doubles.result = (_, signal) => untilAborted(signal)
  const before = processOn(path, doubles, undefined, auto)
  const lost = new AbortController()
  const never = before.decide({password}, lost.signal)
  await reached(() => doubles.resultCalls.length > 0)
  const first = before.events('login.factor.pending')[0]?.login?.loginId

  const after = processOn(path, doubles, before.world.wallMs() + 5000, auto)
  const {begin} = doubles
  doubles.begin = () => ({kind: 'deny', message: 'a second push', reason: 'other'})
  const other = await after.decide({password, session: 's2'})
  doubles.begin = begin
  assert.deepEqual([other.kind, other.reason], ['reject', 'push-pending-elsewhere'])
  doubles.result = () => ({kind: 'allow', message: 'Success.'})
  const resumed = await after.decide({password})
  assert.deepEqual([resumed.kind, resumed.loginId], ['accept', first], 'one login, and one id for it in the log')
  assert.equal(doubles.beginCalls.length, 1)
  assert.equal(pendingPushes(after), 0)
  lost.abort()
  await never
})

test('users of one name have a place for each integration', async () => {
  const doubles = new Doubles()
  const gate = deferred<FactorResult>()
  doubles.result = () => gate.promise
  const node = new Node(doubles)
  const other = new Node(doubles, {store: node.store, policy: {ikey: 'DITESTTESTTESTTEST02'}})
  const waiting = [answered(node, '1'), answered(other, '1')]
  await reached(() => doubles.resultCalls.length === 2)
  assert.equal(pendingPushes(node), 2)
  gate.resolve({kind: 'allow', message: 'Success.'})
  assert.ok((await Promise.all(waiting)).every(({kind}) => kind === 'accept'))
})

const folder = mkdtempSync(join(tmpdir(), 'authproxy-place-'))
testAfter(() => rmSync(folder, {recursive: true}))

const auto: typeof challengeMode = (parts) => autoMode(parts, {factors: ['auto'], concatenation: undefined})

/** A process of its own on the journal that an earlier one has left. */
function processOn(path: string, doubles: Doubles, startMs = 1_800_000_000_000, mode = challengeMode): Node {
  const world = new ManualWorld({seed: `${startMs}`, startMs})
  const {journal, past} = openJournal(path, world, (error) => {
    throw error
  })
  return new Node(doubles, {world, store: new MemoryStore(world, journal, past), mode})
}

function lastLoginId(node: Node): string {
  return node.events('login.factor.pending').at(-1)?.login?.loginId ?? assert.fail('no push was sent')
}
