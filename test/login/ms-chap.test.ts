import assert from 'node:assert/strict'
import {test} from 'node:test'
import {autoMode} from '../../src/core/login/auto-mode.ts'
import {challengeMode} from '../../src/core/login/challenge-mode.ts'
import type {LoginPolicy} from '../../src/core/login/parts.ts'
import type {ChapResponse, PrimaryResult} from '../../src/core/login/primary-authenticator.ts'
import type {FactorResult, Preauth} from '../../src/core/login/second-factor.ts'
import {Doubles, deferred, directPolicy, Node, reached, stateOf} from '../support/login-parts.ts'

const chapOf = (kind: ChapResponse['kind'], seed = 1): ChapResponse => ({
  kind,
  attributes: [
    {type: 26, value: Buffer.alloc(22, 1)},
    {type: 26, value: Buffer.alloc(56, seed)},
  ],
})
const response = chapOf('mschapv2')
const change = chapOf('mschapv2-change')

const success = [{type: 26, value: Buffer.from('success')}]
const error648 = [{type: 26, value: Buffer.from('E=648')}]
const expired: PrimaryResult = {
  kind: 'reject',
  message: 'expired',
  reason: 'password-expired',
  detail: undefined,
  attributes: error648,
}

const modes = {
  auto: (parts: Node['parts']) => autoMode(parts, {factors: ['auto'], concatenation: undefined}),
  challenge: challengeMode,
}

function nodeOf(doubles: Doubles, mode: keyof typeof modes, policy: Partial<LoginPolicy> = {}): Node {
  return new Node(doubles, {policy: {...(mode === 'auto' ? directPolicy : {}), ...policy}, mode: modes[mode]})
}

test('the response goes to the primary server as it is, and its attributes to the Accept', async () => {
  for (const kind of ['chap', 'mschapv2'] as const) {
    const doubles = new Doubles()
    doubles.primary = () => ({kind: 'accept', message: '', attributes: success})
    const decision = await nodeOf(doubles, 'auto').decide({chap: chapOf(kind)})
    assert.deepEqual([decision.kind, decision.kind === 'accept' && decision.attributes], ['accept', success])
    assert.deepEqual(doubles.primaryCalls[0]?.credentials, chapOf(kind))
  }
})

test('two responses of one session are two tries, whatever else is the same', async () => {
  for (const mode of ['auto', 'challenge'] as const) {
    const doubles = new Doubles()
    const gates = [deferred<PrimaryResult>(), deferred<PrimaryResult>()]
    doubles.primary = () => gates[doubles.primaryCalls.length - 1]?.promise ?? assert.fail()
    const node = nodeOf(doubles, mode)
    const right = node.decide({chap: chapOf('mschapv2', 1)})
    const wrong = node.decide({chap: chapOf('mschapv2', 2)})
    await reached(() => doubles.primaryCalls.length === 2)
    gates[1]?.resolve({kind: 'reject', message: 'no', reason: 'wrong-password', detail: undefined, attributes: []})
    gates[0]?.resolve({kind: 'accept', message: '', attributes: []})
    assert.equal((await wrong).kind, 'reject', mode)
    assert.notEqual((await right).kind, 'reject', mode)
  }
})

for (const mode of ['auto', 'challenge'] as const) {
  for (const [preauth, policy, isTold] of [
    [undefined, {}, true],
    [{kind: 'allow', message: 'bypass', groups: []}, {}, true],
    [{kind: 'deny', message: 'no'}, {}, false],
    [{kind: 'enroll', message: 'https://x'}, {}, false],
    [{kind: 'unavailable', cause: 'dns'}, {failMode: 'safe'}, true],
    [{kind: 'unavailable', cause: 'dns'}, {failMode: 'secure'}, false],
    [{kind: 'unavailable', cause: 'dns'}, {failMode: 'ignore'}, false],
    [{kind: 'refused', cause: '40103'}, {failMode: 'safe'}, false],
    [undefined, {exemptUsers: new Set(['jdoe'])}, true],
  ] as const satisfies readonly (readonly [Preauth | undefined, Partial<LoginPolicy>, boolean])[]) {
    const what = `${preauth?.kind ?? 'choose'} ${Object.keys(policy).join()} ${Object.values(policy).join()}`
    test(`${mode}: error 648 after preauth ${what}: ${isTold ? 'told' : 'kept'}, and never let in`, async () => {
      const doubles = new Doubles()
      doubles.primary = () => expired
      if (preauth !== undefined) doubles.preauth = () => preauth
      const decision = await nodeOf(doubles, mode, policy).decide({chap: response})
      assert.notEqual(decision.kind, 'accept')
      assert.deepEqual('attributes' in decision && decision.attributes.length > 0, isTold)
      if (isTold) assert.equal(decision.kind, 'reject')
      assert.equal(doubles.beginCalls.length, 0)
    })
  }
}

test('an expired password that came in the clear is refused without asking Duo', async () => {
  const doubles = new Doubles()
  doubles.primary = () => expired
  assert.equal((await nodeOf(doubles, 'auto').decide({password: 'x'})).kind, 'reject')
  assert.equal(doubles.preauthCalls.length, 0)
})

test('a change: Duo first, then the primary server once, and its attributes for the Accept', async () => {
  const doubles = new Doubles()
  doubles.primary = () => ({kind: 'accept', message: '', attributes: success})
  const gate = deferred<FactorResult>()
  doubles.result = () => gate.promise
  const node = nodeOf(doubles, 'auto')
  const decision = node.decide({chap: change})
  await reached(() => doubles.resultCalls.length > 0)
  assert.equal(doubles.primaryCalls.length, 0)
  const retry = node.decide({chap: change})
  gate.resolve({kind: 'allow', message: 'Success.'})
  const made = await decision
  assert.equal(await retry, made)
  assert.deepEqual(
    [made.kind, made.reason, made.kind === 'accept' && made.message, made.kind === 'accept' && made.attributes],
    ['accept', 'approved', 'Success.', success],
  )
  assert.deepEqual(
    doubles.primaryCalls.map(({credentials}) => credentials),
    [change],
  )
})

test('challenge mode: the change waits sealed in the State, and is made once by whoever opens it', async () => {
  const doubles = new Doubles()
  doubles.primary = () => ({kind: 'accept', message: '', attributes: success})
  const first = nodeOf(doubles, 'challenge')
  const state = stateOf(await first.decide({chap: change}))
  assert.equal(doubles.primaryCalls.length, 0)
  assert.ok(state.length <= 192)
  const other = new Node(doubles, {store: first.store, world: first.world})
  const decision = await other.decide({password: '1', state})
  assert.deepEqual([decision.kind, decision.kind === 'accept' && decision.attributes], ['accept', success])
  assert.deepEqual(doubles.primaryCalls[0]?.credentials, change)
  const replayed = await other.decide({password: '1', state})
  assert.equal(replayed.kind === 'reject' && replayed.message, 'Unknown Challenge')
  assert.equal(doubles.primaryCalls.length, 1)
})

test('a change behind SMS codes and behind a Verified Push', async () => {
  const doubles = new Doubles()
  doubles.primary = () => ({kind: 'accept', message: '', attributes: success})
  doubles.begin = ({choice}) =>
    choice.startsWith('sms')
      ? {kind: 'sent', message: 'sent'}
      : {kind: 'pending', transactionId: 'tx-v', notice: 'Enter 376'}
  const node = nodeOf(doubles, 'challenge')
  const prompt = stateOf(await node.decide({chap: change}))
  const again = stateOf(await node.decide({password: 'sms', state: prompt}))
  const code = stateOf(await node.decide({password: 'push', state: again}))
  assert.equal((await node.decide({password: '', state: code})).kind, 'accept')
  assert.equal(doubles.primaryCalls.length, 1)
})

test('nothing is changed without an approval', async () => {
  for (const result of [
    {kind: 'deny', message: 'no', reason: 'denied'},
    {kind: 'unavailable', cause: 'reset'},
    {kind: 'refused', cause: '40301'},
  ] as const) {
    const doubles = new Doubles()
    doubles.result = () => result
    assert.equal((await nodeOf(doubles, 'auto').decide({chap: change})).kind, 'reject')
    assert.equal(doubles.primaryCalls.length, 0)
  }
  const doubles = new Doubles()
  doubles.preauth = () => ({kind: 'deny', message: 'no'})
  assert.equal((await nodeOf(doubles, 'auto').decide({chap: change})).kind, 'reject')
  assert.equal(doubles.primaryCalls.length, 0)
})

test('a change that the primary server refuses refuses the login, with its attributes', async () => {
  const doubles = new Doubles()
  doubles.primary = () => ({...expired, reason: 'rejected'})
  const decision = await nodeOf(doubles, 'auto').decide({chap: change})
  assert.deepEqual([decision.kind, decision.kind === 'reject' && decision.attributes], ['reject', error648])
})

test('exempt users and the fail mode let a change through to the primary server', async () => {
  const doubles = new Doubles()
  doubles.primary = () => ({kind: 'accept', message: '', attributes: success})
  const exempt = nodeOf(doubles, 'auto', {exemptUsers: new Set(['jdoe'])})
  assert.equal((await exempt.decide({chap: change})).reason, 'exempt')
  doubles.preauth = () => ({kind: 'unavailable', cause: 'dns'})
  assert.equal((await nodeOf(doubles, 'auto').decide({chap: change})).reason, 'failmode-safe')
  assert.equal(doubles.primaryCalls.length, 2)
})
