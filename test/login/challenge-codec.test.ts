import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {decodeChallenge, encodeChallenge, type PendingChallenge} from '../../src/core/login/challenge-codec.ts'

const loginId = fc.uint8Array({minLength: 6, maxLength: 6}).map((octets) => Buffer.from(octets).toString('hex'))
const octets = (maxLength: number) => fc.uint8Array({maxLength}).map((value) => Buffer.from(value))
const text = fc.string({unit: 'grapheme', maxLength: 60})
const factor = fc.tuple(
  fc.oneof(fc.integer({min: 0, max: 1000}).map(String), fc.constantFrom('default', '', '01', 'a\0b'), text),
  fc.oneof(
    fc
      .tuple(
        fc.constantFrom('push', 'phone', 'sms', 'verified_push', 'token', ''),
        fc.oneof(fc.constant(''), fc.integer({min: 0, max: 120}).map(String)),
      )
      .map(([word, number]) => word + number),
    text,
  ),
)
const attributes = fc.array(plain({type: fc.integer({min: 1, max: 255}), value: octets(253)}), {maxLength: 6})
const challenges: fc.Arbitrary<PendingChallenge> = fc.oneof(
  plain({
    kind: fc.constant('factor' as const),
    loginId,
    factors: fc.array(factor, {maxLength: 12}).map((entries) => new Map(entries)),
    carry: fc.option(text, {nil: undefined}),
    attributes,
  }),
  plain({kind: fc.constant('wait' as const), loginId, transactionId: text, factor: text, attributes}),
  plain({kind: fc.constant('primary' as const), loginId, resume: octets(4000)}),
  plain({kind: fc.constant('enroll' as const), loginId}),
)

test('every challenge comes back as it was, its factors in their order', () => {
  fc.assert(
    fc.property(challenges, (challenge) => {
      const decoded = decodeChallenge(encodeChallenge(challenge))
      assert.deepEqual(decoded, challenge)
      if (decoded?.kind === 'factor' && challenge.kind === 'factor') {
        assert.deepEqual([...decoded.factors], [...challenge.factors])
      }
    }),
    {numRuns: 500},
  )
})

test('what is kept of a challenge while a push is out holds no block of the pool that Buffers are cut from', () => {
  const value = Buffer.from('OU=vpn-users')
  const sealed = encodeChallenge({
    kind: 'wait',
    loginId: '0123456789ab',
    transactionId: 'tx',
    factor: 'push1',
    attributes: [{type: 25, value}],
  })
  const decoded = decodeChallenge(sealed)
  assert.ok(decoded?.kind === 'wait')
  assert.ok(value.buffer.byteLength >= Buffer.poolSize)
  for (const {value: kept} of decoded.attributes) assert.ok(kept.buffer.byteLength <= sealed.length)
  assert.deepEqual(decoded.attributes, [{type: 25, value}])
})

test('decoding any octets never throws, and never reads over a cut', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        octets(400),
        fc.tuple(challenges, fc.nat()).map(([challenge, cut]) => {
          const whole = encodeChallenge(challenge)
          return whole.subarray(0, cut % whole.length)
        }),
      ),
      (any) => {
        const decoded = decodeChallenge(any)
        if (decoded !== undefined) assert.equal(decoded.loginId, any.toString('hex', 1, 7))
      },
    ),
    {numRuns: 1000},
  )
})

for (const [what, hex] of [
  ['nothing', ''],
  ['an unknown kind', '04010203040506'],
  ['half a login id', '030102'],
  ['half a field head', '000102030405060100'],
  ['a field that passes the end', '0001020304050601000401c1'],
  ['a factor without its second octet', '00010203040506010001ff'],
  ['another factor whose key passes its end', '00010203040506020003000941'],
  ['a wait without a transaction', '0101020304050606000470757368'],
  ['a question of the primary server without what it wants back', '02010203040506'],
] as const) {
  test(`refuses ${what}`, () => assert.equal(decodeChallenge(Buffer.from(hex, 'hex')), undefined))
}

test('a factor of a usual name costs two octets', () => {
  const factors = new Map([
    ['1', 'push1'],
    ['2', 'phone1'],
    ['3', 'sms1'],
    ['default', 'push1'],
  ])
  const challenge = {kind: 'factor', loginId: '0102030405ff', factors, carry: undefined, attributes: []} as const
  assert.equal(encodeChallenge(challenge).toString('hex'), '000102030405ff010008010102410381ff01')
})

function plain<T>(model: {[Key in keyof T]: fc.Arbitrary<T[Key]>}): fc.Arbitrary<T> {
  return fc.record<T>(model, {noNullPrototype: true})
}
