import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type AutoModeOptions, autoMode} from '../../src/core/login/auto-mode.ts'
import type {LoginPolicy} from '../../src/core/login/parts.ts'
import type {FactorResult, Preauth} from '../../src/core/login/second-factor.ts'
import type {StateStore} from '../../src/core/login/state-store.ts'
import {
  choose,
  Doubles,
  deferred,
  directPolicy,
  factors,
  Node,
  reached,
  stateOf,
  typedPassword,
  untilAborted,
} from '../support/login-parts.ts'
import type {ManualWorld} from '../support/manual-world.ts'

const password = 'test-password-not-real'
const concatenation = {delimiter: ',', passwordLength: 0, order: 'part-first'} as const
const usual: AutoModeOptions = {factors: ['auto'], concatenation}

function auto(
  doubles: Doubles,
  options: Partial<AutoModeOptions> = {},
  more: {policy?: Partial<LoginPolicy>; store?: StateStore; world?: ManualWorld} = {},
): Node {
  return new Node(doubles, {
    ...more,
    policy: {...directPolicy, ...more.policy},
    mode: (parts) => autoMode(parts, {...usual, ...options}),
  })
}

test('password alone: the factor Duo recommends, at once, and the attributes of the primary server', async () => {
  const doubles = new Doubles()
  const decision = await auto(doubles).decide({password})
  assert.deepEqual([decision.kind, decision.reason, decision.factor], ['accept', 'approved', 'push1'])
  assert.equal(decision.kind === 'accept' && decision.attributes[0]?.value.toString(), 'OU=vpn')
  assert.deepEqual(
    doubles.beginCalls.map(({choice}) => choice),
    ['push1'],
  )
})

const withFactors = (...names: string[]): Preauth => ({
  ...(choose.kind === 'choose' ? choose : assert.fail()),
  factors: new Map(
    names.map((name, at) => [name === names[0] && name.startsWith('=') ? 'default' : `${at}`, name.replace('=', '')]),
  ),
})
for (const [listed, has, used] of [
  [['auto'], ['=phone1', 'push1'], 'phone1'],
  [['push', 'phone'], ['phone1', 'push1'], 'push1'],
  [['push', 'phone'], ['phone1', 'sms1'], 'phone1'],
  [['phone', 'push'], ['push1', 'phone2'], 'phone2'],
  [['phone', 'auto'], ['=push1'], 'push1'],
  [['push'], ['verified_push1'], 'verified_push1'],
  [['passcode', 'push'], ['push1'], 'ask'],
  [['push', 'passcode'], ['phone1'], 'ask'],
  [['auto'], [], 'ask'],
  [['auto'], ['sms1'], 'ask'],
  [['push'], ['phone1', 'sms1'], 'none'],
  [['push', 'phone'], [], 'none'],
] as const) {
  test(`factors = ${listed}, and the user has ${has.join(' ') || 'a token'}: ${used}`, async () => {
    const doubles = new Doubles()
    doubles.preauth = () => withFactors(...has)
    const decision = await auto(doubles, {factors: listed}).decide({password})
    if (used === 'ask') assert.deepEqual(decision.kind === 'challenge' && decision.messages, ['Enter passcode:'])
    else if (used === 'none') assert.deepEqual([decision.kind, decision.reason], ['reject', 'no-factor'])
    else assert.equal(doubles.beginCalls[0]?.choice, used)
    if (used === 'ask' || used === 'none') assert.equal(doubles.beginCalls.length, 0)
  })
}

test('a passcode that is asked for is answered with the attributes of the primary server', async () => {
  const doubles = new Doubles()
  doubles.begin = () => ({kind: 'allow', message: 'Success.'})
  const node = auto(doubles, {factors: ['passcode']})
  const question = await node.decide({password})
  const decision = await node.decide({password: ' 123456 ', state: stateOf(question)})
  assert.equal(decision.kind, 'accept')
  assert.equal(decision.kind === 'accept' && decision.attributes[0]?.value.toString(), 'OU=vpn')
  assert.equal(doubles.beginCalls[0]?.choice, '123456')
  assert.equal(doubles.primaryCalls.length, 1)
})

for (const [typed, given, choice] of [
  [`${password},phone`, password, 'phone'],
  [`${password},Push2`, password, 'push2'],
  [`${password},123456`, password, '123456'],
  [`${password},2`, password, 'phone1'],
  ['a,b,sms', 'a,b', 'sms'],
] as const) {
  test(`'${typed}': the primary server is given '${given}', Duo '${choice}'`, async () => {
    const doubles = new Doubles()
    const decision = await auto(doubles).decide({password: typed})
    assert.equal(decision.kind, 'accept')
    assert.deepEqual(doubles.primaryCalls.map(typedPassword), [given])
    assert.equal(doubles.beginCalls[0]?.choice, choice)
  })
}

test('the whole text is tried when the part is not the password, and then no factor was typed', async () => {
  for (const reason of ['wrong-password', 'rejected'] as const) {
    const doubles = new Doubles()
    doubles.primary = (request) =>
      typedPassword(request) === 'pass,123456'
        ? {kind: 'accept', message: '', attributes: []}
        : {kind: 'reject', message: 'no', reason, detail: undefined, attributes: []}
    const node = auto(doubles)
    const decision = await node.decide({password: 'pass,123456'})
    assert.equal(decision.kind, 'accept')
    assert.deepEqual(doubles.primaryCalls.map(typedPassword), ['pass', 'pass,123456'])
    assert.equal(doubles.beginCalls[0]?.choice, 'push1')
    assert.equal(node.events('login.primary.result').length, 1)
    assert.equal(node.events('login.primary.again').length, 1)
    const refused = await node.decide({password: 'wrong,123456'})
    assert.deepEqual([refused.kind, refused.reason], ['reject', `primary-${reason}`])
    assert.equal(doubles.primaryCalls.length, 4)
  }
})

test('nothing more is tried where another text cannot help', async () => {
  for (const reason of ['account-locked', 'no-such-user', 'account-disabled', 'password-expired'] as const) {
    const doubles = new Doubles()
    doubles.primary = () => ({kind: 'reject', message: 'no', reason, detail: undefined, attributes: []})
    await auto(doubles).decide({password: 'pass,123456'})
    assert.equal(doubles.primaryCalls.length, 1, reason)
  }
  const down = new Doubles()
  down.primary = () => ({kind: 'unavailable', message: 'timed out'})
  assert.equal((await auto(down).decide({password: 'pass,123456'})).reason, 'primary-unavailable')
  assert.equal(down.primaryCalls.length, 1)
})

test('whole first: the part is tried when the whole text is not the password', async () => {
  const doubles = new Doubles()
  doubles.primary = (request) =>
    typedPassword(request) === 'pass'
      ? {kind: 'accept', message: '', attributes: []}
      : {kind: 'reject', message: 'no', reason: 'wrong-password', detail: undefined, attributes: []}
  await auto(doubles, {concatenation: {...concatenation, order: 'whole-first'}}).decide({password: 'pass,phone'})
  assert.deepEqual(doubles.primaryCalls.map(typedPassword), ['pass,phone', 'pass'])
  assert.equal(doubles.beginCalls[0]?.choice, 'phone')
})

test('a directory is asked once, with the text that looks like the password', async () => {
  const once = {concatenation: {...concatenation, order: 'once'}} as const
  for (const [typed, given] of [
    ['pass,123456', 'pass'],
    ['pass,word', 'pass,word'],
  ] as const) {
    const doubles = new Doubles()
    doubles.primary = () => ({
      kind: 'reject',
      message: 'no',
      reason: 'wrong-password',
      detail: undefined,
      attributes: [],
    })
    await auto(doubles, once).decide({password: typed})
    assert.deepEqual(doubles.primaryCalls.map(typedPassword), [given])
  }
})

test('without allow_concat nothing is split', async () => {
  const doubles = new Doubles()
  await auto(doubles, {concatenation: undefined}).decide({password: 'pass,phone'})
  assert.deepEqual(doubles.primaryCalls.map(typedPassword), ['pass,phone'])
  assert.equal(doubles.beginCalls[0]?.choice, 'push1')
})

test('SMS codes are sent and the login is refused with the text that says so', async () => {
  for (const sent of [
    {kind: 'sent', message: 'New SMS passcodes sent.'},
    {kind: 'deny', message: 'New SMS passcodes sent.', reason: 'other'},
  ] as const) {
    const doubles = new Doubles()
    doubles.begin = () => sent
    const decision = await auto(doubles).decide({password: `${password},sms`})
    assert.deepEqual([decision.kind, decision.reason, decision.factor], ['reject', 'sms-sent', 'sms'])
    assert.equal(decision.kind === 'reject' && decision.message, 'New SMS passcodes sent.')
  }
})

test('a Verified Push shows its code in a challenge, and any answer waits for the result', async () => {
  const doubles = new Doubles()
  doubles.begin = () => ({kind: 'pending', transactionId: 'tx-v', notice: 'Enter 376 in Duo Mobile'})
  const node = auto(doubles)
  const code = await node.decide({password})
  assert.deepEqual(code.kind === 'challenge' && code.messages, ['Enter 376 in Duo Mobile'])
  const last = await node.decide({password: '', state: stateOf(code)})
  assert.equal(last.kind, 'accept')
  assert.deepEqual(doubles.resultCalls, ['tx-v'])
})

for (const [result, message] of [
  [{kind: 'unavailable', cause: 'reset'}, 'Denied Duo login on auth failure'],
  [{kind: 'refused', cause: '40301'}, 'Denied Duo login on auth failure'],
  [{kind: 'unavailable', cause: 'late', timedOut: true}, 'Denied Duo login due to timeout'],
  [{kind: 'deny', message: 'Login request denied.', reason: 'denied'}, 'Login request denied.'],
] as const) {
  test(`at the factor step nothing but an approval lets in: ${message} (${result.kind})`, async () => {
    for (const failMode of ['safe', 'secure', 'ignore'] as const) {
      for (const where of ['begin', 'result'] as const) {
        const doubles = new Doubles()
        doubles[where] = () => result
        const decision = await auto(doubles, {}, {policy: {failMode}}).decide({password})
        assert.deepEqual([decision.kind, decision.kind === 'reject' && decision.message], ['reject', message])
      }
    }
  })
}

for (const [preauth, failMode, kind, message] of [
  [{kind: 'allow', message: 'Success', groups: []}, 'safe', 'accept', 'Success'],
  [{kind: 'deny', message: 'Account disabled.'}, 'safe', 'reject', 'Account disabled.'],
  [{kind: 'enroll', message: 'Enroll at https://x'}, 'safe', 'reject', 'Enroll at https://x'],
  [{kind: 'unavailable', cause: 'dns'}, 'safe', 'accept', 'Failmode Safe - Allowed Duo login on preauth failure'],
  [{kind: 'unavailable', cause: 'dns'}, 'secure', 'reject', 'Failmode Secure - Denied Duo login on preauth failure'],
  [{kind: 'unavailable', cause: 'dns'}, 'ignore', 'ignore', undefined],
  [{kind: 'refused', cause: '40103'}, 'safe', 'reject', 'Failmode Secure - Denied Duo login on preauth failure'],
] as const) {
  test(`preauth ${preauth.kind} with failmode ${failMode}: ${kind}`, async () => {
    const doubles = new Doubles()
    doubles.preauth = () => preauth
    const decision = await auto(doubles, {}, {policy: {failMode}}).decide({password})
    assert.deepEqual([decision.kind, 'message' in decision ? decision.message : undefined], [kind, message])
    assert.equal(doubles.beginCalls.length, 0)
  })
}

test('an exempt user and break-glass need the password only', async () => {
  const doubles = new Doubles()
  const exempt = auto(doubles, {}, {policy: {exemptUsers: new Set(['jdoe'])}})
  assert.equal((await exempt.decide({password})).reason, 'exempt')
  const glass = auto(doubles)
  glass.primaryOnly = true
  assert.equal((await glass.decide({password})).reason, 'primary-only')
  assert.equal(doubles.preauthCalls.length, 0)
})

test('retries of a login that waits for the phone join it: one try of the password, one push, one decision', async () => {
  const doubles = new Doubles()
  const gate = deferred<FactorResult>()
  doubles.result = () => gate.promise
  const node = auto(doubles)
  const first = node.decide({password})
  await reached(() => doubles.resultCalls.length > 0)
  const retries = [node.decide({password}), node.decide({password})]
  gate.resolve({kind: 'allow', message: 'Success.'})
  const decisions = await Promise.all([first, ...retries])
  assert.ok(decisions.every((decision) => decision === decisions[0] && decision.kind === 'accept'))
  assert.equal(doubles.primaryCalls.length, 1)
  assert.equal(doubles.beginCalls.length, 1)
  assert.equal(node.events('login.joined').length, 2)
})

test('another session, password, factor, NAS or user never joins', async () => {
  for (const other of [
    {session: 's2'},
    {password: 'wrong'},
    {password: `${password},push`},
    {source: '192.0.2.8'},
    {clientEntry: 'radius_ip_2'},
    {user: 'JDOE'},
  ]) {
    const doubles = new Doubles()
    const gate = deferred<FactorResult>()
    doubles.result = () => gate.promise
    doubles.primary = (request) =>
      typedPassword(request) === password
        ? {kind: 'accept', message: '', attributes: []}
        : {kind: 'reject', message: 'no', reason: 'wrong-password', detail: undefined, attributes: []}
    const node = auto(doubles)
    const first = node.decide({password})
    await reached(() => doubles.resultCalls.length > 0)
    const decision = await node.decide({password, ...other})
    assert.equal(decision.kind, 'reject', JSON.stringify(other))
    gate.resolve({kind: 'allow', message: 'Success.'})
    assert.equal((await first).kind, 'accept')
    assert.equal(doubles.beginCalls.length, 1)
  }
})

test('a NAS that names no session gets a login for every request, and no second push', async () => {
  const doubles = new Doubles()
  const gate = deferred<FactorResult>()
  doubles.result = () => gate.promise
  const node = auto(doubles)
  const first = node.decide({password, namesSession: false})
  await reached(() => doubles.resultCalls.length > 0)
  const second = await node.decide({password, namesSession: false})
  assert.deepEqual([second.kind, second.reason], ['reject', 'push-pending-elsewhere'])
  gate.resolve({kind: 'allow', message: 'Success.'})
  assert.equal((await first).kind, 'accept')
  assert.equal(doubles.beginCalls.length, 1)
})

test('after its decision the same session starts a login of its own', async () => {
  const doubles = new Doubles()
  doubles.result = () => ({kind: 'deny', message: 'Login request denied.', reason: 'denied'})
  const node = auto(doubles)
  assert.equal((await node.decide({password})).kind, 'reject')
  doubles.result = () => ({kind: 'allow', message: 'Success.'})
  assert.equal((await node.decide({password})).kind, 'accept')
  assert.equal(doubles.beginCalls.length, 2)
})

test('a killed process, or the other node: a retry finds the push that is out, after its password was checked again', async () => {
  const doubles = new Doubles()
  const hanging = deferred<FactorResult>()
  doubles.result = () => hanging.promise
  const before = auto(doubles)
  const lost = before.decide({password})
  await reached(() => doubles.resultCalls.length > 0)

  doubles.result = () => ({kind: 'allow', message: 'Success.'})
  const after = auto(doubles, {}, {store: before.store, world: before.world})
  const wrong = new Doubles()
  wrong.primary = () => ({kind: 'reject', message: 'no', reason: 'wrong-password', detail: undefined, attributes: []})
  const stranger = auto(wrong, {}, {store: before.store, world: before.world})
  assert.equal((await stranger.decide({password})).kind, 'reject')
  const decision = await after.decide({password})
  assert.deepEqual([decision.kind, decision.reason], ['accept', 'approved'])
  assert.equal(doubles.beginCalls.length, 1)
  assert.equal(doubles.primaryCalls.length, 2)
  hanging.resolve({kind: 'deny', message: '', reason: 'other'})
  await lost
})

test('a killed process: a push that was never named is never sent again, and its user starts over', async () => {
  const doubles = new Doubles()
  const neverNamed = deferred<{kind: 'pending'; transactionId: string; notice: undefined}>()
  doubles.begin = () => neverNamed.promise
  const before = auto(doubles)
  const lost = before.decide({password})
  await reached(() => doubles.beginCalls.length > 0)
  const after = auto(doubles, {}, {store: before.store, world: before.world})
  const decision = await after.decide({password})
  assert.deepEqual([decision.kind, decision.reason], ['reject', 'intent-without-transaction'])
  assert.equal(doubles.beginCalls.length, 1)
  neverNamed.resolve({kind: 'pending', transactionId: 'x', notice: undefined})
  await lost
})

test('a push that is older than a push lives is nobody’s any more', async () => {
  const doubles = new Doubles()
  doubles.result = (_id, signal) => untilAborted(signal)
  const before = auto(doubles)
  const stop = new AbortController()
  const lost = before.decide({password}, stop.signal)
  await reached(() => doubles.resultCalls.length > 0)
  stop.abort()
  assert.equal((await lost).reason, 'stopping')
  before.world.advance(71_000)
  doubles.result = () => ({kind: 'allow', message: 'Success.'})
  const after = auto(doubles, {}, {store: before.store, world: before.world})
  assert.equal((await after.decide({password})).kind, 'accept')
  assert.equal(doubles.beginCalls.length, 2)
})

test('a mistake of ours after the push was asked for ends in a Reject, and in no second push', async () => {
  const doubles = new Doubles()
  doubles.begin = () => {
    throw new Error('a mistake')
  }
  const node = auto(doubles)
  const decision = await node.decide({password})
  assert.deepEqual([decision.kind, decision.reason], ['reject', 'internal-error'])
  assert.equal(node.events('proxy.bug').length, 1)
})

test('a factor typed with the password outlives a question of the primary server', async () => {
  const doubles = new Doubles()
  doubles.primary = ({resume}) =>
    resume === undefined
      ? {kind: 'challenge', messages: ['Token code?'], resume: Buffer.alloc(20, 5), attributes: []}
      : {kind: 'accept', message: 'fine', attributes: []}
  const node = auto(doubles)
  const question = await node.decide({password: `${password},phone`})
  assert.deepEqual(question.kind === 'challenge' && question.messages, ['Token code?'])
  assert.equal((await node.decide({password: '4711', state: stateOf(question)})).kind, 'accept')
  assert.equal(doubles.beginCalls[0]?.choice, 'phone')
})

test('no log record holds what was typed', async () => {
  const doubles = new Doubles()
  doubles.begin = () => ({kind: 'deny', message: 'Incorrect passcode.', reason: 'passcode'})
  const node = auto(doubles)
  await node.decide({password: `${password},987654`})
  const text = JSON.stringify(node.records)
  assert.ok(!text.includes(password) && !text.includes('987654'), text)
  assert.equal(factors.get('default'), 'push1')
})
