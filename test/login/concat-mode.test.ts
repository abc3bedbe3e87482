import assert from 'node:assert/strict'
import {test} from 'node:test'
import {concatMode} from '../../src/core/login/concat-mode.ts'
import type {FactorResult} from '../../src/core/login/second-factor.ts'
import {Doubles, deferred, directPolicy, Node, reached, typedPassword} from '../support/login-parts.ts'

function concat(doubles: Doubles, concatenation = {delimiter: ',', passwordLength: 0}): Node {
  return new Node(doubles, {policy: directPolicy, mode: (parts) => concatMode(parts, concatenation)})
}

test('password and factor: each goes to who can check it', async () => {
  for (const [typed, given, choice] of [
    ['pass,push', 'pass', 'push'],
    ['pa,ss,123456', 'pa,ss', '123456'],
  ] as const) {
    const doubles = new Doubles()
    const decision = await concat(doubles).decide({password: typed})
    assert.equal(decision.kind, 'accept')
    assert.deepEqual(doubles.primaryCalls.map(typedPassword), [given])
    assert.equal(doubles.beginCalls[0]?.choice, choice)
  }
})

test('a fixed length of the password', async () => {
  const doubles = new Doubles()
  await concat(doubles, {delimiter: ',', passwordLength: 4}).decide({password: 'p,ss123456'})
  assert.deepEqual(doubles.primaryCalls.map(typedPassword), ['p,ss'])
  assert.equal(doubles.beginCalls[0]?.choice, '123456')
})

for (const [typed, message] of [
  [undefined, 'No password provided'],
  ['', 'No password provided'],
  ['pass', 'Invalid Password'],
  ['pass,', 'Invalid Password'],
  [',push', 'Invalid Password'],
] as const) {
  test(`${typed === undefined ? 'no password' : `'${typed}'`} is refused before anybody is asked: ${message}`, async () => {
    const doubles = new Doubles()
    const decision = await concat(doubles).decide({password: typed})
    assert.deepEqual([decision.kind, decision.kind === 'reject' && decision.message], ['reject', message])
    assert.equal(doubles.primaryCalls.length, 0)
    assert.equal(doubles.preauthCalls.length, 0)
  })
}

test('the whole text is never tried as the password', async () => {
  const doubles = new Doubles()
  doubles.primary = () => ({kind: 'reject', message: 'no', reason: 'wrong-password', detail: undefined, attributes: []})
  assert.equal((await concat(doubles).decide({password: 'pass,push'})).reason, 'primary-wrong-password')
  assert.equal(doubles.primaryCalls.length, 1)
})

test('retries join, as in the other modes without a prompt', async () => {
  const doubles = new Doubles()
  const gate = deferred<FactorResult>()
  doubles.result = () => gate.promise
  const node = concat(doubles)
  const first = node.decide({password: 'pass,push'})
  await reached(() => doubles.resultCalls.length > 0)
  const second = node.decide({password: 'pass,push'})
  gate.resolve({kind: 'allow', message: 'Success.'})
  assert.equal(await first, await second)
  assert.equal(doubles.beginCalls.length, 1)
})
