// The wall clock jumps while logins are under way, and differs between processes. Each rule has its test in both directions.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {attemptTrail} from '../../src/core/login/attempt-trail.ts'
import type {FactorResult} from '../../src/core/login/second-factor.ts'
import {Doubles, deferred, loginOf, Node, reached, stateOf} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'

const password = 'test-password-not-real'
const DAY_MS = 86_400_000

for (const [name, jumpMs] of [
  ['forward', DAY_MS],
  ['back', -DAY_MS],
] as const) {
  test(`the clock jumps ${name} between question and answer: the answer counts, and for 300 s as before`, async () => {
    const node = new Node(new Doubles())
    const [first, second] = [stateOf(await node.decide({password})), stateOf(await node.decide({password}))]
    node.world.jumpWallClock(jumpMs)
    node.world.advance(298_000)
    assert.equal((await node.decide({password: '1', state: first})).kind, 'accept')
    node.world.advance(2_000)
    assert.equal((await node.decide({password: '1', state: second})).reason, 'state-expired')
  })

  test(`the clock jumps ${name} while a push is out: one push, one approval, one place on the phone`, async () => {
    const doubles = new Doubles()
    const phone = deferred<FactorResult>()
    doubles.result = () => phone.promise
    const node = new Node(doubles)
    const [state, other] = [stateOf(await node.decide({password})), stateOf(await node.decide({password}))]
    const waiting = node.decide({password: '1', state})
    await reached(() => doubles.resultCalls.length > 0)
    node.world.jumpWallClock(jumpMs)
    const joined = node.decide({password: '1', state})
    assert.equal((await node.decide({password: '1', state: other})).reason, 'push-pending-elsewhere')
    phone.resolve({kind: 'allow', message: 'Success.'})
    assert.deepEqual([(await waiting).kind, (await joined).kind], ['accept', 'accept'])
    assert.equal((await node.decide({password: '1', state})).reason, 'state-used')
    assert.equal(doubles.beginCalls.length, 1)
  })

  test(`the clock jumps ${name}: pushes are withheld, and guesses counted, for as long as before`, async () => {
    const doubles = new Doubles()
    doubles.result = () => ({kind: 'deny', message: 'Login request denied.', reason: 'denied'})
    const windowMs = 600_000
    const node = new Node(doubles, {
      policy: {
        pushGuard: {denials: 1, windowMs},
        passwordGuard: {rejectDelayMs: 0, failures: 1, windowMs},
      },
    })
    const push = async () => (await node.decide({password: '1', state: stateOf(await node.decide({password}))})).reason
    const guessed = loginOf({user: 'guessed'})
    await node.parts.guards.passwords.failed(guessed, node.parts.policy.passwordGuard)
    assert.equal(await push(), 'factor-denied')
    assert.equal(await push(), 'push-withheld')
    node.world.jumpWallClock(jumpMs)
    node.world.advance(599_000)
    assert.equal(await push(), 'push-withheld')
    assert.equal(
      (await node.parts.guards.passwords.failed(guessed, node.parts.policy.passwordGuard)).length,
      0,
      'guarded still',
    )
    node.world.advance(windowMs)
    assert.equal(await push(), 'factor-denied')
    assert.equal(
      (await node.parts.guards.passwords.failed(guessed, node.parts.policy.passwordGuard)).length,
      1,
      'counted anew',
    )
  })
}

test('a State of another node, or of before the start, counts as long as the clocks differ by 60 s at most', async () => {
  const doubles = new Doubles()
  for (const [differenceMs, waitedMs, reason] of [
    [60_000, 0, 'approved'],
    [-60_000, 0, 'approved'],
    [60_000, 299_000, 'approved'],
    [60_000, 300_000, 'state-expired'],
    [-60_000, 419_000, 'approved'],
    [-60_000, 420_000, 'state-expired'],
    [-62_000, 0, 'state-expired'],
    [361_000, 0, 'state-expired'],
  ] as const) {
    const one = new Node(doubles)
    const state = stateOf(await one.decide({password}))
    const startMs = one.world.wallMs() + differenceMs + waitedMs
    const other = new Node(doubles, {world: new ManualWorld({seed: `${startMs}`, startMs})})
    const decision = await other.decide({password: '1', state})
    assert.equal(decision.reason, reason, `${differenceMs} ms apart, after ${waitedMs} ms`)
  }
})

test('a push of another node, or of before the start, is found again as long as it may be out by either clock', async () => {
  const one = new Node(new Doubles())
  const request = {password}
  await attemptTrail(one.parts, loginOf(request))?.note('tx', 'push1')
  for (const [differenceMs, isFound] of [
    [70_000, true],
    [-70_000, true],
    [71_000, false],
    [-71_000, false],
  ] as const) {
    const startMs = one.world.wallMs() + differenceMs
    const world = new ManualWorld({seed: `${startMs}`, startMs})
    const other = new Node(new Doubles(), {world, store: one.store})
    const found = await attemptTrail(other.parts, loginOf(request))?.find()
    assert.equal(found !== undefined, isFound, `${differenceMs} ms apart`)
  }
})
