import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {readAnswer} from '../../src/core/login/answer-text.ts'
import {loggedFactor} from '../../src/core/login/use-factor.ts'

const factors = new Map([
  ['1', 'push1'],
  ['2', 'phone1'],
  ['3', 'sms1'],
  ['4', 'verified_push2'],
  ['5', 'token1'],
  ['default', 'push1'],
])

for (const [typed, kind, choice, logged] of [
  ['1', 'push', 'push1', 'push1'],
  [' 2\r\n', 'phone', 'phone1', 'phone1'],
  ['3', 'sms', 'sms1', 'sms1'],
  ['4', 'push', 'verified_push2', 'verified_push2'],
  ['5', 'passcode', 'token1', 'passcode'],
  ['6', 'passcode', '6', 'passcode'],
  ['default', 'push', 'push1', 'push1'],
  ['DEFAULT', 'push', 'push1', 'push1'],
  ['auto', 'push', 'push1', 'push1'],
  ['push', 'push', 'push', 'push'],
  ['Push ', 'push', 'push', 'push'],
  ['PUSH1', 'push', 'push1', 'push1'],
  ['push12', 'push', 'push12', 'push12'],
  ['phone', 'phone', 'phone', 'phone'],
  ['Phone2', 'phone', 'phone2', 'phone2'],
  ['sms', 'sms', 'sms', 'sms'],
  ['SMS2', 'sms', 'sms2', 'sms2'],
  ['verified_push1', 'push', 'verified_push1', 'verified_push1'],
  ['push 1', 'passcode', 'push 1', 'passcode'],
  ['push1x', 'passcode', 'push1x', 'passcode'],
  ['push123456', 'passcode', 'push123456', 'passcode'],
  ['123456', 'passcode', '123456', 'passcode'],
  [' 123456 ', 'passcode', '123456', 'passcode'],
  ['aBcDeF', 'passcode', 'aBcDeF', 'passcode'],
  ['', 'passcode', '', 'passcode'],
  ['__proto__', 'passcode', '__proto__', 'passcode'],
] as const) {
  test(`'${JSON.stringify(typed).slice(1, -1)}' is ${kind} ${choice}, logged as ${logged}`, () => {
    const answer = readAnswer(typed, factors)
    assert.deepEqual(answer, {kind, choice})
    assert.equal(loggedFactor(answer), logged)
  })
}

test('without a default, auto and default are passcodes as typed', () => {
  assert.deepEqual(readAnswer('Auto', new Map()), {kind: 'passcode', choice: 'Auto'})
  assert.deepEqual(readAnswer('default', new Map()), {kind: 'passcode', choice: 'default'})
})

test('what is logged never holds four digits in a row', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc
          .tuple(fc.constantFrom('push', 'sms', 'phone', ' Push', ''), fc.integer({min: 0}))
          .map(([word, n]) => `${word}${n}`),
      ),
      (typed) => assert.doesNotMatch(loggedFactor(readAnswer(typed, factors)), /\d{4}/),
    ),
  )
})
