import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {concatenated, type TryOrder, tryOfParts} from '../../src/core/login/password-tries.ts'
import {type Concatenation, splitPassword} from '../../src/core/login/split-password.ts'
import {loginOf} from '../support/login-parts.ts'

const comma = {delimiter: ',', passwordLength: 0}

for (const [typed, password, factor, concatenation = comma] of [
  ['secret,push', 'secret', 'push'],
  ['se,cr,et,123456', 'se,cr,et', '123456'],
  ['secret,', 'secret', ''],
  [',push', '', 'push'],
  [',', '', ''],
  ['secret::push', 'secret', 'push', {delimiter: '::', passwordLength: 0}],
  ['secret:::push', 'secret:', 'push', {delimiter: '::', passwordLength: 0}],
  ['secretpush', 'secret', 'push', {delimiter: ',', passwordLength: 6}],
  ['secret,push', 'secret', 'push', {delimiter: ',', passwordLength: 6}],
  ['secret,,push', 'secret', ',push', {delimiter: ',', passwordLength: 6}],
  ['s,cret,push', 's,cret', 'push', {delimiter: ',', passwordLength: 6}],
  ['secret,', 'secret', '', {delimiter: ',', passwordLength: 6}],
  ['pä€😀ss123456', 'pä€😀ss', '123456', {delimiter: ',', passwordLength: 6}],
  ['secret123456', 'secret', '123456', {delimiter: '', passwordLength: 6}],
] as const) {
  test(`'${typed}' is '${password}' and '${factor}' (${JSON.stringify(concatenation)})`, () => {
    assert.deepEqual(splitPassword(typed, concatenation), {password, factor})
  })
}

for (const [typed, concatenation] of [
  ['secret', comma],
  ['', comma],
  ['secret,push', {delimiter: '', passwordLength: 0}],
  ['secret', {delimiter: ',', passwordLength: 6}],
  ['s,cret', {delimiter: ',', passwordLength: 6}],
  ['s,', {delimiter: ',', passwordLength: 6}],
] as const) {
  test(`'${typed}' is not split (${JSON.stringify(concatenation)})`, () => {
    assert.equal(splitPassword(typed, concatenation), undefined)
  })
}

test('whatever is typed, the parts and what stood between them make it up again', () => {
  const delimiters = fc.constantFrom(',', '::', '', ' ', '😀')
  fc.assert(
    fc.property(fc.string({unit: 'grapheme'}), delimiters, fc.nat(12), (typed, delimiter, passwordLength) => {
      const split = splitPassword(typed, {delimiter, passwordLength})
      if (split === undefined) return
      const {password, factor} = split
      assert.ok(typed === password + factor || typed === password + delimiter + factor)
      if (passwordLength > 0) assert.equal(Array.from(password).length, passwordLength)
    }),
  )
})

function tried(typed: string, order: TryOrder, concatenation: Concatenation = comma): unknown[] {
  return concatenated(
    concatenation,
    order,
  )(loginOf({password: typed})).map((attempt) =>
    attempt?.credentials.kind === 'password' ? [attempt.credentials.password.reveal(), attempt.choice] : attempt,
  )
}

const whole = (typed: string) => [typed, undefined]
for (const [typed, partFirst, wholeFirst, once] of [
  ['secret', [whole('secret')], [whole('secret')], [whole('secret')]],
  [',push', [whole(',push')], [whole(',push')], [whole(',push')]],
  [
    'secret,push',
    [['secret', 'push'], whole('secret,push')],
    [whole('secret,push'), ['secret', 'push']],
    [['secret', 'push']],
  ],
  [
    'secret,word',
    [['secret', 'word'], whole('secret,word')],
    [whole('secret,word'), ['secret', 'word']],
    [whole('secret,word')],
  ],
  ['secret,', [['secret', undefined], whole('secret,')], [whole('secret,'), ['secret', undefined]], [whole('secret,')]],
] as const) {
  test(`'${typed}' is tried part first, whole first, or once`, () => {
    assert.deepEqual(tried(typed, 'part-first'), partFirst)
    assert.deepEqual(tried(typed, 'whole-first'), wholeFirst)
    assert.deepEqual(tried(typed, 'once'), once)
  })
}

test('what is asked once is split where the rest is a factor or a passcode', () => {
  const factors = [
    'push',
    'Push2',
    'phone',
    'sms1',
    'auto',
    '123456',
    ' 1234567 ',
    'cccccccccccbcjdtkvirhufikdkelubdnuurirciicbu',
  ]
  for (const factor of factors) assert.deepEqual(tried(`secret,${factor}`, 'once'), [['secret', factor]])
  for (const other of ['pushy', 'token', '12 34', 'x', '€', '123456!', 'cccc']) {
    assert.deepEqual(tried(`secret,${other}`, 'once'), [whole(`secret,${other}`)])
  }
})

test('one login is never tried more than once against a directory', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(8), (typed, passwordLength) => {
      assert.equal(tried(typed, 'once', {delimiter: ',', passwordLength}).length, 1)
    }),
  )
})

test('a CHAP response is never split', () => {
  const chap = {kind: 'chap', attributes: [{type: 3, value: Buffer.alloc(17)}]} as const
  const login = loginOf({chap})
  assert.deepEqual(concatenated(comma, 'part-first')(login), [{credentials: chap, choice: undefined}])
  assert.equal(tryOfParts(login, comma), undefined)
})

test('both parts must be there where only the first is ever the password', () => {
  for (const typed of ['secret', 'secret,', ',push', ',', '']) {
    assert.equal(tryOfParts(loginOf({password: typed}), comma), undefined, typed)
  }
  assert.equal(tryOfParts(loginOf({password: 'a,b,push'}), comma)?.choice, 'push')
})
