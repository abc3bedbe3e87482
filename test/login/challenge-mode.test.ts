import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {FactorResult, Preauth} from '../../src/core/login/second-factor.ts'
import {texts} from '../../src/core/login/texts.ts'
import {choose, Doubles, deferred, Node, reached, stateOf, typedPassword} from '../support/login-parts.ts'

const password = 'test-password-not-real'

async function challenged(node: Node, request: {user?: string; source?: string} = {}): Promise<Buffer> {
  return stateOf(await node.decide({...request, password}))
}

test('password, prompt, push, accept with the attributes of the primary server', async () => {
  const doubles = new Doubles()
  const node = new Node(doubles)
  const first = await node.decide({password})
  assert.equal(first.kind, 'challenge')
  assert.deepEqual(first.kind === 'challenge' && first.messages, [choose.kind === 'choose' ? choose.prompt : ''])
  const last = await node.decide({password: '1', state: stateOf(first)})
  assert.equal(last.kind, 'accept')
  assert.equal(last.kind === 'accept' && last.message, 'Success.')
  assert.equal(last.kind === 'accept' && last.attributes[0]?.value.toString(), 'OU=vpn')
  assert.deepEqual(doubles.beginCalls, [
    {userName: 'jdoe', clientAddress: '198.51.100.9', choice: 'push1', carry: undefined},
  ])
})

test('a wrong password is refused before Duo is asked', async () => {
  const doubles = new Doubles()
  doubles.primary = () => ({
    kind: 'reject',
    message: 'User Authentication Failed',
    reason: 'account-locked',
    detail: 'data 775',
    attributes: [],
  })
  const node = new Node(doubles)
  const decision = await node.decide({password})
  assert.deepEqual(
    [decision.kind, decision.reason, decision.kind === 'reject' && decision.message],
    ['reject', 'primary-account-locked', 'User Authentication Failed'],
  )
  assert.equal(doubles.preauthCalls.length, 0)
  const detailed = await new Node(doubles, {policy: {primaryRejectDetail: true}}).decide({password})
  assert.equal(detailed.kind === 'reject' && detailed.message, 'User Authentication Failed (the account is locked)')
})

test('a primary that does not answer refuses, whatever the fail mode', async () => {
  const doubles = new Doubles()
  doubles.primary = () => ({kind: 'unavailable', message: 'RADIUS auth request timed out'})
  for (const failMode of ['safe', 'secure', 'ignore'] as const) {
    const decision = await new Node(doubles, {policy: {failMode}}).decide({password})
    assert.deepEqual([decision.kind, decision.reason], ['reject', 'primary-unavailable'])
  }
  doubles.primary = () => ({kind: 'unavailable', message: 'Too many logins wait', isBusy: true})
  for (const failMode of ['safe', 'secure', 'ignore'] as const) {
    const decision = await new Node(doubles, {policy: {failMode}}).decide({password})
    assert.deepEqual([decision.kind, decision.reason], ['reject', 'primary-busy'])
  }
})

const unavailable: Preauth = {kind: 'unavailable', cause: 'no route'}
const refused: Preauth = {kind: 'refused', cause: '40103'}
for (const [failure, failMode, kind, message] of [
  [unavailable, 'safe', 'accept', 'Failmode Safe - Allowed Duo login on preauth failure'],
  [unavailable, 'secure', 'reject', 'Failmode Secure - Denied Duo login on preauth failure'],
  [unavailable, 'ignore', 'ignore', undefined],
  [refused, 'safe', 'reject', 'Failmode Secure - Denied Duo login on preauth failure'],
  [refused, 'secure', 'reject', 'Failmode Secure - Denied Duo login on preauth failure'],
  [refused, 'ignore', 'reject', 'Failmode Secure - Denied Duo login on preauth failure'],
] as const) {
  test(`preauth ${failure.kind} with failmode ${failMode}: ${kind}`, async () => {
    const doubles = new Doubles()
    doubles.preauth = () => failure
    const decision = await new Node(doubles, {policy: {failMode}}).decide({password})
    assert.equal(decision.kind, kind)
    assert.equal('message' in decision ? decision.message : undefined, message)
  })
}

test('at the factor step nothing but an approval lets in, whatever the fail mode', async () => {
  const results: FactorResult[] = [
    {kind: 'unavailable', cause: 'reset'},
    {kind: 'refused', cause: '40301'},
    {kind: 'sent', message: 'sent'},
    {kind: 'deny', message: 'Login request denied.', reason: 'denied'},
    {kind: 'deny', message: 'Login timed out.', reason: 'timeout'},
    {kind: 'deny', message: 'fraud', reason: 'fraud'},
  ]
  for (const failMode of ['safe', 'secure', 'ignore'] as const) {
    for (const result of results) {
      const doubles = new Doubles()
      doubles.result = () => result
      const node = new Node(doubles, {policy: {failMode}})
      const decision = await node.decide({password: '1', state: await challenged(node)})
      assert.equal(decision.kind, 'reject', `${failMode} ${result.kind}`)
    }
  }
})

test('an answer of more than 2000 characters is refused and does not go to Duo', async () => {
  const doubles = new Doubles()
  doubles.begin = () => ({kind: 'deny', message: 'Incorrect passcode.', reason: 'passcode'})
  const node = new Node(doubles, {policy: {failMode: 'safe'}})
  const long = await node.decide({password: '1'.repeat(2001), state: await challenged(node)})
  assert.deepEqual(
    [long.kind, long.reason, long.kind === 'reject' && long.message],
    ['reject', 'answer-too-long', 'Failmode Secure - Denied Duo login on preauth failure'],
  )
  assert.equal(doubles.beginCalls.length, 0)
  const fits = await node.decide({password: '1'.repeat(2000), state: await challenged(node)})
  assert.equal(fits.reason, 'wrong-passcode')
  assert.equal(doubles.beginCalls[0]?.choice.length, 2000)
})

test('every request that brings the same State and answer shares one push and one decision', async () => {
  const doubles = new Doubles()
  const gate = deferred<FactorResult>()
  doubles.result = () => gate.promise
  const node = new Node(doubles)
  const state = await challenged(node)
  const waiting = [1, 2, 3].map(() => node.decide({password: 'push', state}))
  const other = await node.decide({password: '2', state})
  assert.deepEqual([other.kind, other.reason], ['reject', 'answer-differs'])
  gate.resolve({kind: 'allow', message: 'Success.'})
  const decisions = await Promise.all(waiting)
  assert.ok(decisions.every((decision) => decision === decisions[0] && decision.kind === 'accept'))
  assert.equal(doubles.beginCalls.length, 1)
  const replayed = await node.decide({password: 'push', state})
  assert.deepEqual([replayed.kind, replayed.reason], ['reject', 'state-used'])
  assert.equal(replayed.kind === 'reject' && replayed.message, 'Unknown Challenge')
  assert.equal(doubles.beginCalls.length, 1)
})

test('a State opens for the NAS, the client entry and the user it was made for, and for 300 s', async () => {
  const doubles = new Doubles()
  const node = new Node(doubles)
  const state = await challenged(node)
  for (const stranger of [{user: 'jdoe2'}, {source: '192.0.2.8'}, {clientEntry: 'radius_ip_2'}]) {
    const decision = await node.decide({password: '1', state, ...stranger})
    assert.deepEqual([decision.kind, decision.reason], ['reject', 'state-unknown'])
  }
  node.world.jumpWallClock(-3_600_000)
  node.world.advance(299_000)
  assert.equal((await node.decide({password: '1', state: await challenged(node)})).kind, 'accept')
  node.world.advance(2_000)
  const late = await node.decide({password: '1', state})
  assert.deepEqual([late.kind, late.reason], ['reject', 'state-expired'])
})

test('another process with the same key finishes the login; after its expiry it does not', async () => {
  const doubles = new Doubles()
  const first = new Node(doubles)
  const state = await challenged(first)
  assert.equal((await new Node(doubles).decide({password: '1', state})).kind, 'accept')
  const late = new Node(doubles)
  late.world.jumpWallClock(362_000)
  assert.equal((await late.decide({password: '1', state})).reason, 'state-expired')
  const otherKey = new Node(doubles, {keys: [Buffer.alloc(32, 8)]})
  assert.equal((await otherKey.decide({password: '1', state})).reason, 'state-unknown')
  const rotated = new Node(doubles, {keys: [Buffer.alloc(32, 8), Buffer.alloc(32, 7)]})
  assert.equal((await rotated.decide({password: '1', state})).kind, 'accept')
})

test('a killed process: the push that was named goes on, the one that was not is never sent again', async () => {
  const doubles = new Doubles()
  const hanging = deferred<FactorResult>()
  doubles.result = () => hanging.promise
  const before = new Node(doubles)
  const state = await challenged(before)
  const lost = before.decide({password: '1', state})
  await reached(() => doubles.resultCalls.length > 0)

  doubles.result = () => ({kind: 'allow', message: 'Success.'})
  const after = new Node(doubles, {store: before.store, world: before.world})
  assert.equal((await after.decide({password: '1', state})).kind, 'accept')
  assert.equal(doubles.beginCalls.length, 1)
  assert.equal((await after.decide({password: '1', state})).reason, 'state-used')
  hanging.resolve({kind: 'deny', message: '', reason: 'other'})
  await lost

  const neverNamed = deferred<{kind: 'pending'; transactionId: string; notice: undefined}>()
  doubles.begin = () => neverNamed.promise
  const second = await challenged(after, {user: 'other'})
  const interrupted = after.decide({user: 'other', password: '1', state: second})
  await reached(() => doubles.beginCalls.length === 2)
  const third = new Node(doubles, {store: before.store, world: before.world})
  const decision = await third.decide({user: 'other', password: '1', state: second})
  assert.deepEqual([decision.kind, decision.reason], ['reject', 'intent-without-transaction'])
  assert.equal(doubles.beginCalls.length, 2)
  neverNamed.resolve({kind: 'pending', transactionId: 'x', notice: undefined})
  await interrupted
})

test('SMS: codes are sent and the prompt comes again with a new State', async () => {
  for (const typed of ['3', 'sms', 'sms1', ' SMS1 ']) {
    const doubles = new Doubles()
    doubles.begin = (request) =>
      request.choice.startsWith('sms')
        ? {kind: 'sent', message: 'New SMS passcodes sent.'}
        : {kind: 'allow', message: 'ok'}
    const node = new Node(doubles)
    const state = await challenged(node)
    const again = await node.decide({password: typed, state})
    assert.equal(again.kind === 'challenge' && again.messages[0], choose.kind === 'choose' && choose.prompt, typed)
    assert.notDeepEqual(stateOf(again), state)
    const last = await node.decide({password: ' 123456 ', state: stateOf(again)})
    assert.equal(last.kind, 'accept')
    assert.equal(doubles.beginCalls.at(-1)?.choice, '123456')
    assert.equal(last.kind === 'accept' && last.attributes.length, 1)
  }
})

test('while a push of a user is pending, another login of that user is asked again instead of pushing', async () => {
  const doubles = new Doubles()
  const gate = deferred<FactorResult>()
  doubles.result = () => gate.promise
  const node = new Node(doubles)
  const [first, second] = [await challenged(node), await challenged(node)]
  const pending = node.decide({password: '1', state: first})
  await reached(() => doubles.resultCalls.length > 0)
  const again = await node.decide({password: '1', state: second, session: 's2'})
  assert.deepEqual([again.kind, again.reason], ['challenge', 'push-pending-elsewhere'])
  assert.equal(doubles.beginCalls.length, 1)
  doubles.begin = () => ({kind: 'allow', message: 'passcode fine'})
  assert.equal((await node.decide({password: '123456', state: stateOf(again)})).kind, 'accept')
  gate.resolve({kind: 'deny', message: 'Login request denied.', reason: 'denied'})
  assert.equal((await pending).kind, 'reject')
  doubles.begin = () => ({kind: 'pending', transactionId: 'tx-2', notice: undefined})
  doubles.result = () => ({kind: 'allow', message: 'Success.'})
  assert.equal((await node.decide({password: '1', state: await challenged(node)})).kind, 'accept')
})

test('when no more pushes can go out the user is asked for a passcode, and holds no place', async () => {
  const doubles = new Doubles()
  doubles.begin = () => ({kind: 'full'})
  const node = new Node(doubles)
  const again = await node.decide({password: '1', state: await challenged(node)})
  assert.deepEqual([again.kind, again.reason], ['challenge', 'pushes-full'])
  assert.deepEqual(again.kind === 'challenge' && again.messages, [texts.pushesFull])
  doubles.begin = () => ({kind: 'pending', transactionId: 'tx-1', notice: undefined})
  assert.equal((await node.decide({password: '1', state: stateOf(again)})).kind, 'accept')
})

test('a Verified Push shows its code in a second challenge, and any answer waits for the result', async () => {
  const doubles = new Doubles()
  doubles.begin = () => ({kind: 'pending', transactionId: 'tx-v', notice: 'Enter 376 in Duo Mobile'})
  const node = new Node(doubles)
  const code = await node.decide({password: '1', state: await challenged(node)})
  assert.deepEqual(code.kind === 'challenge' && code.messages, ['Enter 376 in Duo Mobile'])
  const last = await node.decide({password: '', state: stateOf(code)})
  assert.equal(last.kind, 'accept')
  assert.deepEqual(doubles.resultCalls, ['tx-v'])
  assert.equal(last.kind === 'accept' && last.attributes[0]?.value.toString(), 'OU=vpn')
})

test('enrolment: as a challenge or as a reject, and no answer to it lets in', async () => {
  const doubles = new Doubles()
  doubles.preauth = () => ({kind: 'enroll', message: 'Please enroll at https://api.example/enroll'})
  const node = new Node(doubles)
  const shown = await node.decide({password})
  const answered = await node.decide({password: 'done', state: stateOf(shown)})
  assert.equal(answered.kind === 'reject' && answered.message, 'Please complete the enrollment process and login again')
  const asReject = await new Node(doubles, {policy: {enrollChallenge: false}}).decide({password})
  assert.equal(asReject.kind === 'reject' && asReject.message, 'Please enroll at https://api.example/enroll')
})

test('an exempt user needs the password only; primary-only mode obeys the fail mode', async () => {
  const doubles = new Doubles()
  const exempt = new Node(doubles, {policy: {exemptUsers: new Set(['jdoe'])}})
  const decision = await exempt.decide({password})
  assert.deepEqual([decision.kind, decision.reason], ['accept', 'exempt'])
  assert.equal((await exempt.decide({user: 'JDOE', password})).kind, 'challenge')
  const bypassed = 'Primary Only Mode - Secondary authentication bypassed'
  const denied = 'Failmode Secure - Denied Duo login on preauth failure'
  for (const [failMode, kind, message] of [
    ['safe', 'accept', bypassed],
    ['secure', 'reject', denied],
    ['ignore', 'reject', denied],
  ] as const) {
    const node = new Node(doubles, {policy: {failMode}})
    node.primaryOnly = true
    const decided = await node.decide({password})
    assert.deepEqual([decided.kind, 'message' in decided && decided.message], [kind, message])
  }
  assert.equal(doubles.preauthCalls.length, 1)
})

test('a question of the primary server is shown, its answer goes back once, then Duo follows', async () => {
  const doubles = new Doubles()
  doubles.primary = ({resume}) =>
    resume === undefined
      ? {kind: 'challenge', messages: ['Token code?'], resume: Buffer.alloc(200, 5), attributes: []}
      : {kind: 'accept', message: 'fine', attributes: []}
  const node = new Node(doubles)
  const question = await node.decide({password})
  assert.deepEqual(question.kind === 'challenge' && question.messages, ['Token code?'])
  const prompt = await node.decide({password: '4711', state: stateOf(question)})
  assert.equal(prompt.reason, 'prompt')
  assert.equal(typedPassword(doubles.primaryCalls[1]), '4711')
  assert.ok(doubles.primaryCalls[1]?.resume?.equals(Buffer.alloc(200, 5)))
  const replayed = await node.decide({password: '4711', state: stateOf(question)})
  assert.equal(replayed.kind === 'reject' && replayed.message, 'Unknown Challenge')
  assert.equal(doubles.primaryCalls.length, 2)
})

test('identical requests without State share one try of the password while it is under way', async () => {
  const doubles = new Doubles()
  const gate = deferred<void>()
  doubles.primary = async () => {
    await gate.promise
    return {kind: 'reject', message: 'no', reason: 'wrong-password', detail: undefined, attributes: []}
  }
  const node = new Node(doubles)
  const same = [node.decide({password}), node.decide({password})]
  const others = [node.decide({password: 'other'}), node.decide({password, session: 's2'})]
  gate.resolve()
  await Promise.all([...same, ...others])
  assert.equal(doubles.primaryCalls.length, 3)
})

test('a mistake of ours after the intent is a Reject and the State stays used', async () => {
  const doubles = new Doubles()
  doubles.begin = () => {
    throw new Error('bug')
  }
  const node = new Node(doubles)
  const state = await challenged(node)
  const decision = await node.decide({password: '1', state})
  assert.deepEqual([decision.kind, decision.reason], ['reject', 'internal-error'])
  assert.equal(node.events('proxy.bug').length, 1)
  assert.equal((await node.decide({password: '1', state})).kind, 'reject')
  assert.equal(doubles.beginCalls.length, 1)
})

test('attributes too large for the State survive in the store; without the record the login is refused', async () => {
  const doubles = new Doubles()
  const big = Buffer.alloc(253, 0x41)
  doubles.primary = () => ({
    kind: 'accept',
    message: '',
    attributes: Array.from({length: 12}, () => ({type: 25, value: big})),
  })
  const node = new Node(doubles)
  const state = await challenged(node)
  assert.ok(state.length <= 192)
  const elsewhere = await new Node(doubles).decide({password: '1', state})
  assert.deepEqual([elsewhere.kind, elsewhere.reason], ['reject', 'state-unknown'])
  const decision = await node.decide({password: '1', state})
  assert.equal(decision.kind === 'accept' && decision.attributes.length, 12)
  assert.ok(
    decision.kind === 'accept' && decision.attributes.every(({type, value}) => type === 25 && value.equals(big)),
  )
})
