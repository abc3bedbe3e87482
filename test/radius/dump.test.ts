import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {vendorAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {codeName, dumpAttributes, dumpPacket} from '../../src/core/radius/dump.ts'

const secret = Buffer.from('cleartext-not-for-logs')

test('a packet reads as one line an attribute', () => {
  const packet = {
    code: 1,
    identifier: 7,
    authenticator: Buffer.alloc(16, 0xaa),
    attributes: [
      {type: 80, value: Buffer.alloc(16, 1)},
      {type: 1, value: Buffer.from('jdoe\r\nx')},
      {type: 2, value: secret},
      {type: 4, value: Buffer.from([192, 0, 2, 1])},
      {type: 66, value: Buffer.from('\u0000192.0.2.7')},
      {type: 24, value: Buffer.from('0123456789abcdef')},
      vendorAttribute(25461, 7, Buffer.from('192.0.2.9')),
      {type: 250, value: Buffer.from([1, 2])},
    ],
  }
  assert.deepEqual(dumpPacket(packet), [
    'Access-Request id 7, 8 attributes',
    'Message-Authenticator = *****',
    'User-Name = jdoe\\x0d\\x0ax',
    'User-Password = *****',
    'NAS-IP-Address = 192.0.2.1',
    'Tunnel-Client-Endpoint:0 = 192.0.2.7',
    'State = 0x3031323334353637... (16 octets)',
    'PaloAlto-Client-Source-IP = 192.0.2.9',
    'Attr-250 = (2 octets of an attribute that is not known)',
  ])
})

test('nothing that is a password, a key or a hash of one is shown', () => {
  const vendorTypes = [1, 3, 4, 5, 6, 11, 12, 16, 17, 19, 20, 25, 26, 27]
  const attributes = [
    ...[2, 3, 60, 69, 70, 79, 80, 84].map((type) => ({type, value: secret})),
    ...vendorTypes.map((type) => vendorAttribute(311, type, secret)),
    {type: 26, value: Buffer.concat([Buffer.from([0, 0, 1, 0x37]), secret])},
    vendorAttribute(9, 1, Buffer.concat([Buffer.from('leap:session-key='), secret])),
    vendorAttribute(9, 249, secret),
    vendorAttribute(9, 213, secret),
    {type: 250, value: secret},
  ]
  const text = dumpAttributes(attributes).join('\n')
  assert.ok(!text.includes(secret.toString()))
  assert.ok(!text.includes(secret.toString('hex').slice(0, 12)))
  assert.match(text, /Vendor-Specific = \(vendor Microsoft, 26 octets that cannot be read\)/)
  assert.match(text, /Cisco-AVPair = leap:session-key=\*{5}/)
  assert.deepEqual(dumpAttributes([vendorAttribute(9, 1, Buffer.from('shell:priv-lvl=15'))]), [
    'Cisco-AVPair = shell:priv-lvl=15',
  ])
})

test('a short State is not shown whole either', () => {
  assert.deepEqual(dumpAttributes([{type: 24, value: Buffer.from('12345678')}]), ['State = ***** (8 octets)'])
})

test('many attributes and long values are cut', () => {
  const lines = dumpAttributes(Array.from({length: 500}, () => ({type: 250, value: Buffer.alloc(253, 1)})))
  assert.equal(lines.length, 101)
  assert.equal(lines[100], '... and 400 more')
  assert.ok((lines[0]?.length ?? 0) < 330)
})

test('an unknown code is named by its number', () => {
  assert.deepEqual([codeName(2), codeName(99)], ['Access-Accept', 'code 99'])
})

test('any attributes dump without a throw, without control characters', () => {
  const attribute = fc.record({
    type: fc.oneof(fc.integer({min: 0, max: 255}), fc.constant(26)),
    value: fc.uint8Array({maxLength: 60}).map((octets) => Buffer.from(octets)),
  })
  fc.assert(
    fc.property(fc.array(attribute, {maxLength: 20}), fc.integer({min: 0, max: 255}), (attributes, code) => {
      const lines = dumpPacket({code, identifier: 0, authenticator: Buffer.alloc(16), attributes})
      for (const line of lines) assert.doesNotMatch(line, /[\p{C}\u2028\u2029]/u)
    }),
  )
})
