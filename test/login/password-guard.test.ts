import assert from 'node:assert/strict'
import {test} from 'node:test'
import {createGuards} from '../../src/core/login/guards.ts'
import type {Decision} from '../../src/core/login/login.ts'
import {PasswordGuard} from '../../src/core/login/password-guard.ts'
import type {PrimaryRejectReason} from '../../src/core/login/primary-authenticator.ts'
import {Doubles, type LoginText, loginOf, Node, reached, typedPassword} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'

const right = 'test-password-not-real'
const passwordGuard = {rejectDelayMs: 1000, failures: 3, windowMs: 600_000}
const noSignal = new AbortController().signal

function guarded(policy = passwordGuard, reason: PrimaryRejectReason = 'wrong-password') {
  const world = new ManualWorld()
  const guards = createGuards(world)
  const doubles = new Doubles()
  doubles.primary = (request) =>
    typedPassword(request) === right
      ? {kind: 'accept', message: 'fine', attributes: []}
      : {kind: 'reject', message: 'User Authentication Failed', reason, detail: undefined, attributes: []}
  return {doubles, guards, node: new Node(doubles, {policy: {passwordGuard: policy}, world, guards})}
}

/** Decides a login, letting time pass for as long as it waits; returns also how long that was. */
async function timed(node: Node, request: LoginText): Promise<{decision: Decision; ms: number}> {
  const startMs = node.world.monotonicMs()
  let decision: Decision | undefined
  const deciding = node.decide(request).then((decided) => {
    decision = decided
  })
  await reached(() => decision !== undefined || node.world.pendingTimers > 0)
  if (decision === undefined) node.world.advance(node.world.nextTimerMs ?? 0)
  await deciding
  assert.ok(decision !== undefined)
  return {decision, ms: node.world.monotonicMs() - startMs}
}

test('a wrong password is answered a second after its request, a right one at once', async () => {
  const {node} = guarded()
  const wrong = await timed(node, {password: 'wrong'})
  assert.deepEqual([wrong.decision.kind, wrong.ms], ['reject', 1000])
  const fine = await timed(node, {password: right})
  assert.deepEqual([fine.decision.kind, fine.ms], ['challenge', 0])
})

test('the delay is from the request on, so that it does not tell how long the directory took', async () => {
  const {doubles, node} = guarded()
  const refuse = doubles.primary
  doubles.primary = (request, signal) => {
    node.world.advance(400)
    return refuse(request, signal)
  }
  assert.equal((await timed(node, {password: 'wrong'})).ms, 1000)
})

test('the result is on record before the delay', async () => {
  const {node} = guarded()
  const deciding = node.decide({password: 'wrong'})
  await reached(() => node.world.pendingTimers > 0)
  assert.equal(node.events('login.primary.result').length, 1)
  node.world.advance(1000)
  await deciding
})

test('after so many for a user at an address, refusals take longer; the right password is still at once', async () => {
  const {node} = guarded()
  const waits: number[] = []
  for (let n = 0; n < 4; n++) waits.push((await timed(node, {password: `wrong ${n}`})).ms)
  assert.deepEqual(waits, [1000, 1000, 4000, 4000])
  assert.equal((await timed(node, {password: right})).ms, 0)
  assert.deepEqual(
    node.events('login.passwords.guessed').map(({level, fields}) => [level, fields.who, fields.failures]),
    [['warn', "the user 'jdoe' from 198.51.100.9", 3]],
  )
  node.world.advance(600_000)
  assert.equal((await timed(node, {password: 'wrong'})).ms, 1000)
})

test('many at once: some wait, the rest are refused before the primary server hears of them', async () => {
  const {doubles, node} = guarded()
  for (let n = 0; n < 3; n++) await timed(node, {password: `wrong ${n}`})
  const asked = doubles.primaryCalls.length
  const waiting = Array.from({length: 3}, (_, n) => node.decide({password: `guess ${n}`, session: `${n}`}))
  await reached(() => node.world.pendingTimers === 3)
  const refused = await node.decide({password: right})
  assert.deepEqual(
    [refused.kind, refused.reason, refused.stage],
    ['reject', 'password-guarded', 'Primary authentication'],
  )
  assert.equal(doubles.primaryCalls.length, asked + 3)
  assert.equal((await node.decide({password: right, clientAddress: '203.0.113.50'})).kind, 'challenge')
  assert.equal((await node.decide({password: right, user: 'other'})).kind, 'challenge')
  node.world.advance(4000)
  await Promise.all(waiting)
  assert.equal((await node.decide({password: right})).kind, 'challenge')
})

test('a user is guarded whatever addresses the guesses come from, an address whatever users it tries', () => {
  const guard = new PasswordGuard(new ManualWorld())
  const crossed = (request: LoginText) => guard.failed(loginOf(request), passwordGuard)
  for (let n = 0; n < 14; n++) assert.deepEqual(crossed({clientAddress: `203.0.113.${n}`}), [])
  assert.deepEqual(crossed({clientAddress: '203.0.113.99', user: 'JDoe'}), [{name: "the user 'JDoe'", failures: 15}])
  for (let n = 0; n < 29; n++) assert.deepEqual(crossed({user: `user${n}`}), [])
  assert.deepEqual(crossed({user: 'user99'}), [{name: 'the address 198.51.100.9', failures: 30}])
})

test('without a client address the user alone is counted, never the NAS', () => {
  const guard = new PasswordGuard(new ManualWorld())
  for (let n = 0; n < 100; n++) {
    assert.deepEqual(guard.failed(loginOf({user: `user${n}`, clientAddress: undefined}), passwordGuard), [])
  }
})

test('a retransmission that joined is one guess', async () => {
  const {node} = guarded()
  for (let n = 0; n < 2; n++) {
    const both = [node.decide({password: 'wrong'}), node.decide({password: 'wrong'})]
    await reached(() => node.world.pendingTimers === 2)
    node.world.advance(1000)
    await Promise.all(both)
  }
  assert.deepEqual(node.events('login.passwords.guessed'), [])
})

test('a right password of an account with a problem is no guess', async () => {
  for (const reason of ['password-expired', 'must-change-password', 'account-disabled', 'not-in-group'] as const) {
    const {node} = guarded(passwordGuard, reason)
    for (let n = 0; n < 5; n++) assert.equal((await timed(node, {password: 'expired'})).ms, 1000)
  }
})

test('answers to a question of the primary server are counted and delayed too', async () => {
  const doubles = new Doubles()
  doubles.primary = ({resume}) =>
    resume === undefined
      ? {kind: 'challenge', messages: ['Token?'], resume: Buffer.of(1), attributes: []}
      : {kind: 'reject', message: 'no', reason: 'rejected', detail: undefined, attributes: []}
  const node = new Node(doubles, {policy: {passwordGuard}})
  for (let n = 0; n < 3; n++) {
    const question = await node.decide({password: right})
    assert.ok(question.kind === 'challenge')
    assert.equal((await timed(node, {password: `${n}`, state: question.state})).ms, n < 2 ? 1000 : 4000)
  }
})

test('a stop does not wait for the delay', async () => {
  const {node} = guarded()
  const ending = new AbortController()
  const deciding = node.decide({password: 'wrong'}, ending.signal)
  await reached(() => node.world.pendingTimers > 0)
  ending.abort()
  assert.equal((await deciding).kind, 'reject')
  assert.equal(node.world.pendingTimers, 0)
})

test('0 and 0 turn it off', async () => {
  const {node, guards} = guarded({...passwordGuard, rejectDelayMs: 0, failures: 0})
  for (let n = 0; n < 20; n++) assert.equal((await timed(node, {password: 'wrong'})).ms, 0)
  assert.deepEqual(guards.passwords.sizes, {counted: 0, waiting: 0})
})

test('refusals that wait have a bound, beyond it they are told at once; nothing is left behind', async () => {
  const world = new ManualWorld()
  const guard = new PasswordGuard(world, {waiting: 2})
  let told = 0
  const delays = ['a', 'b', 'c'].map((user) =>
    guard.delay(loginOf({user}), passwordGuard, noSignal).then(() => {
      told++
    }),
  )
  await reached(() => told === 1)
  assert.equal(guard.sizes.waiting, 2)
  world.advance(1000)
  await Promise.all(delays)
  assert.deepEqual([guard.sizes.waiting, world.pendingTimers], [0, 0])
})

test('what is counted has a bound', () => {
  const guard = new PasswordGuard(new ManualWorld(), {keys: 10})
  for (let n = 0; n < 100; n++) guard.failed(loginOf({user: `user${n}`}), passwordGuard)
  assert.ok(guard.sizes.counted <= 10)
})

test('guards are made together, and empty', () => {
  const guards = createGuards(new ManualWorld())
  assert.deepEqual(
    [guards.pushes.sizes, guards.passwords.sizes],
    [
      {counted: 0, held: 0},
      {counted: 0, waiting: 0},
    ],
  )
})
