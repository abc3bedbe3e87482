import assert from 'node:assert/strict'
import {test} from 'node:test'
import {PushGuard} from '../../src/core/login/push-guard.ts'
import type {FactorResult} from '../../src/core/login/second-factor.ts'
import {Doubles, Node, stateOf} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'

const password = 'test-password-not-real'
const minuteMs = 60_000
const pushGuard = {denials: 3, windowMs: 10 * minuteMs}

const approved: FactorResult = {kind: 'allow', message: 'Success.'}
const denied: FactorResult = {kind: 'deny', message: 'Login request denied.', reason: 'denied'}
const ignored: FactorResult = {kind: 'deny', message: 'Login timed out.', reason: 'timeout'}
const fraud: FactorResult = {kind: 'deny', message: 'Reported as fraud.', reason: 'fraud'}

/** Logs in and answers the prompt; a push ends as `result` says. */
async function answered(node: Node, doubles: Doubles, result: FactorResult, answer = 'push', user = 'jdoe') {
  doubles.result = () => result
  const state = stateOf(await node.decide({user, password}))
  return node.decide({user, password: answer, state})
}

function guarded(policy = pushGuard) {
  const doubles = new Doubles()
  return {doubles, node: new Node(doubles, {policy: {pushGuard: policy}})}
}

test('after so many denied or unanswered pushes, and calls, only passcodes work, until the time is over', async () => {
  const {doubles, node} = guarded()
  for (const [result, answer] of [
    [denied, 'push'],
    [ignored, 'phone'],
    [denied, '1'],
  ] as const) {
    assert.equal((await answered(node, doubles, result, answer)).kind, 'reject')
  }
  for (const answer of ['push', 'phone1', 'auto']) {
    const withheld = await answered(node, doubles, approved, answer)
    assert.deepEqual([withheld.kind, withheld.reason], ['challenge', 'push-withheld'])
  }
  assert.equal(doubles.beginCalls.length, 3)

  const withheld = await answered(node, doubles, approved)
  doubles.begin = () => ({kind: 'allow', message: 'passcode fine'})
  assert.equal((await node.decide({password: '123456', state: stateOf(withheld)})).kind, 'accept')

  doubles.begin = () => ({kind: 'pending', transactionId: 'tx', notice: undefined})
  node.world.advance(pushGuard.windowMs - 1)
  assert.equal((await answered(node, doubles, approved)).reason, 'push-withheld')
  node.world.advance(1)
  assert.equal((await answered(node, doubles, approved)).kind, 'accept')
})

test('it is said once when it begins, and never for other users', async () => {
  const {doubles, node} = guarded()
  for (let n = 0; n < 5; n++) await answered(node, doubles, denied)
  assert.deepEqual(
    node.events('login.pushes.withheld').map(({level, fields}) => [level, fields.userName, fields.minutes]),
    [['warn', 'jdoe', 10]],
  )
  assert.equal((await answered(node, doubles, approved, 'push', 'other')).kind, 'accept')
})

test('another spelling of the name is the same person', async () => {
  const {doubles, node} = guarded()
  for (const user of ['jdoe', 'JDOE', 'CORP\\jdoe']) await answered(node, doubles, denied, 'push', user)
  const withheld = await answered(node, doubles, approved, 'push', 'jdoe@corp.example')
  assert.equal(withheld.reason, 'push-withheld')
})

test('those of long ago, approvals, and what the person did not do, do not count', async () => {
  const {doubles, node} = guarded()
  await answered(node, doubles, denied)
  node.world.advance(pushGuard.windowMs)
  await answered(node, doubles, denied)
  await answered(node, doubles, denied)
  const others: FactorResult[] = [
    approved,
    {kind: 'unavailable', cause: 'reset'},
    {kind: 'refused', cause: '40301'},
    {kind: 'deny', message: 'locked out', reason: 'locked-out'},
    {kind: 'deny', message: 'other', reason: 'other'},
  ]
  for (const result of others) {
    assert.notEqual((await answered(node, doubles, result)).reason, 'push-withheld', result.kind)
  }
  await answered(node, doubles, denied)
  assert.equal((await answered(node, doubles, approved)).reason, 'push-withheld')
})

test('a wrong passcode is no denied push', async () => {
  const {doubles, node} = guarded()
  doubles.begin = ({choice}) =>
    choice === 'push'
      ? {kind: 'pending', transactionId: 'tx', notice: undefined}
      : {kind: 'deny', message: 'Incorrect passcode.', reason: 'passcode'}
  for (let n = 0; n < 5; n++) await answered(node, doubles, approved, '000000')
  assert.equal((await answered(node, doubles, approved)).kind, 'accept')
})

test('a report of fraud stops pushes at once, for an hour', async () => {
  const {doubles, node} = guarded()
  assert.equal((await answered(node, doubles, fraud)).reason, 'factor-fraud')
  assert.deepEqual(
    node.events('login.pushes.withheld').map(({fields}) => [fields.why, fields.minutes]),
    [['reported as fraud', 60]],
  )
  node.world.advance(60 * minuteMs - 1)
  assert.equal((await answered(node, doubles, approved)).reason, 'push-withheld')
  node.world.advance(1)
  assert.equal((await answered(node, doubles, approved)).kind, 'accept')
})

test('a Verified Push whose result nobody asks for counts as unanswered', async () => {
  const {doubles, node} = guarded()
  doubles.begin = () => ({kind: 'pending', transactionId: 'tx', notice: 'Enter 376'})
  for (let n = 0; n < 3; n++) {
    assert.equal((await answered(node, doubles, approved)).reason, 'verification-code')
    node.world.advance(70_000)
  }
  assert.equal((await answered(node, doubles, approved)).reason, 'push-withheld')
  assert.equal(node.events('login.pushes.withheld').length, 1)
})

test('a Verified Push that is approved does not count', async () => {
  const {doubles, node} = guarded()
  doubles.begin = () => ({kind: 'pending', transactionId: 'tx', notice: 'Enter 376'})
  for (let n = 0; n < 5; n++) {
    const code = await answered(node, doubles, approved)
    assert.equal((await node.decide({password: '', state: stateOf(code)})).kind, 'accept')
  }
})

test('0 turns it off, for fraud as well', async () => {
  const {doubles, node} = guarded({...pushGuard, denials: 0})
  for (const result of [denied, denied, denied, denied, fraud]) await answered(node, doubles, result)
  assert.equal((await answered(node, doubles, approved)).kind, 'accept')
})

test('all sections of an integration share what is known, another integration does not', async () => {
  const {doubles, node} = guarded()
  for (let n = 0; n < 3; n++) await answered(node, doubles, denied)
  const {guards} = node.parts
  const same = new Node(doubles, {world: node.world, guards, policy: {pushGuard, section: 'radius_server_challenge2'}})
  assert.equal((await answered(same, doubles, approved)).reason, 'push-withheld')
  const other = new Node(doubles, {world: node.world, guards, policy: {pushGuard, ikey: 'DITESTTESTTESTTEST02'}})
  assert.equal((await answered(other, doubles, approved)).kind, 'accept')
})

test('persons have a bound', () => {
  const guard = new PushGuard(new ManualWorld(), 3)
  for (const person of ['a', 'b', 'c', 'd', 'e']) {
    guard.sent(person, pushGuard)
    guard.fraud(`fraud ${person}`, pushGuard)
  }
  assert.deepEqual(guard.sizes, {counted: 3, held: 3})
  assert.equal(guard.hold('fraud a', pushGuard), undefined)
  assert.equal(guard.hold('fraud e', pushGuard)?.begins, false)
})
