import assert from 'node:assert/strict'
import {test} from 'node:test'
import {duoOnlyMode} from '../../src/core/login/duo-only-mode.ts'
import type {LoginPolicy} from '../../src/core/login/parts.ts'
import type {Preauth} from '../../src/core/login/second-factor.ts'
import {choose, Doubles, directPolicy, Node, stateOf} from '../support/login-parts.ts'

function duoOnly(doubles: Doubles, policy: Partial<LoginPolicy> = {}): Node {
  return new Node(doubles, {policy: {...directPolicy, ...policy}, mode: duoOnlyMode})
}

const inGroups = (...groups: string[]): Preauth => ({...(choose.kind === 'choose' ? choose : assert.fail()), groups})

for (const [typed, choice] of [
  ['push', 'push'],
  [' Phone2 ', 'phone2'],
  ['1', 'push1'],
  ['123456', '123456'],
] as const) {
  test(`'${typed}' is the factor ${choice}; no password is checked`, async () => {
    const doubles = new Doubles()
    const decision = await duoOnly(doubles).decide({password: typed})
    assert.deepEqual([decision.kind, decision.kind === 'accept' && decision.attributes.length], ['accept', 0])
    assert.equal(doubles.beginCalls[0]?.choice, choice)
    assert.equal(doubles.primaryCalls.length, 0)
  })
}

test('the first group at Duo becomes the Class of an Accept', async () => {
  const doubles = new Doubles()
  doubles.preauth = () => inGroups('vpn-users', 'staff')
  const decision = await duoOnly(doubles).decide({password: 'push'})
  assert.deepEqual(decision.kind === 'accept' && decision.attributes, [{type: 25, value: Buffer.from('OU=vpn-users;')}])
  doubles.preauth = () => ({kind: 'allow', message: 'Success', groups: ['bypassed']})
  const allowed = await duoOnly(doubles).decide({password: 'push'})
  assert.equal(allowed.kind === 'accept' && allowed.attributes[0]?.value.toString(), 'OU=bypassed;')
})

test('a group whose name does not fit an attribute gives no Class, rather than another group’s', async () => {
  const doubles = new Doubles()
  for (const [octets, count] of [
    [249, 1],
    [250, 0],
  ] as const) {
    doubles.preauth = () => inGroups('g'.repeat(octets))
    const decision = await duoOnly(doubles).decide({password: 'push'})
    assert.equal(decision.kind === 'accept' && decision.attributes.length, count)
  }
})

test('the Class of a Verified Push comes after the code was shown', async () => {
  const doubles = new Doubles()
  doubles.preauth = () => inGroups('vpn-users')
  doubles.begin = () => ({kind: 'pending', transactionId: 'tx-v', notice: 'Enter 376 in Duo Mobile'})
  const node = duoOnly(doubles)
  const last = await node.decide({password: '', state: stateOf(await node.decide({password: 'push'}))})
  assert.equal(last.kind === 'accept' && last.attributes[0]?.value.toString(), 'OU=vpn-users;')
})

test('nothing typed is refused', async () => {
  for (const typed of [undefined, '']) {
    const doubles = new Doubles()
    const decision = await duoOnly(doubles).decide({password: typed})
    assert.deepEqual(
      [decision.kind, decision.kind === 'reject' && decision.message],
      ['reject', 'No password provided'],
    )
    assert.equal(doubles.preauthCalls.length, 0)
  }
})

test('exempt users, fail modes and refusals are those of the other modes', async () => {
  const doubles = new Doubles()
  assert.equal((await duoOnly(doubles, {exemptUsers: new Set(['jdoe'])}).decide({password: 'x'})).reason, 'exempt')
  doubles.preauth = () => ({kind: 'unavailable', cause: 'dns'})
  assert.equal((await duoOnly(doubles, {failMode: 'safe'}).decide({password: 'push'})).reason, 'failmode-safe')
  assert.equal((await duoOnly(doubles, {failMode: 'secure'}).decide({password: 'push'})).reason, 'failmode-secure')
  assert.equal((await duoOnly(doubles, {failMode: 'ignore'}).decide({password: 'push'})).kind, 'ignore')
})
