import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {openVendorAttributes, vendorAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {msChapErrorCode, readChapResponse, withMsChapError} from '../../src/core/radius/ms-chap.ts'
import {type Attribute, attributeType, packetCode} from '../../src/core/radius/packet.ts'

const microsoft = (type: number, value: Buffer) => vendorAttribute(311, type, value)
const authenticator = Buffer.alloc(16, 0xaa)
const read = (attributes: readonly Attribute[]) =>
  readChapResponse({code: packetCode.accessRequest, identifier: 1, authenticator, attributes})

const chapPassword = {type: attributeType.chapPassword, value: Buffer.alloc(17, 7)}
const chapChallenge = {type: attributeType.chapChallenge, value: Buffer.alloc(16, 3)}
const challenge = microsoft(11, Buffer.alloc(16, 1))
const response = microsoft(25, Buffer.from([9, 0, ...Buffer.alloc(48, 2)]))
const change = microsoft(27, Buffer.from([7, 8, ...Buffer.alloc(66, 2)]))
const pieces = [243, 243, 42].map((octets) => microsoft(6, Buffer.alloc(octets, octets)))

test('CHAP with a challenge of its own, and with the Request Authenticator as challenge', () => {
  assert.deepEqual(read([chapPassword, chapChallenge]), {
    kind: 'chap',
    identifier: 7,
    attributes: [chapPassword, chapChallenge],
  })
  assert.deepEqual(read([chapPassword])?.attributes[1], {type: attributeType.chapChallenge, value: authenticator})
})

test('MS-CHAPv2, also with both attributes in one Vendor-Specific', () => {
  const apart = read([challenge, response])
  assert.deepEqual(apart, {kind: 'mschapv2', identifier: 9, attributes: [challenge, response]})
  const together = Buffer.concat([challenge.value, response.value.subarray(4)])
  assert.deepEqual(read([{type: attributeType.vendorSpecific, value: together}]), apart)
})

test('a password change, before the response that failed', () => {
  const expected = {kind: 'mschapv2-change', identifier: 8, attributes: [challenge, change, ...pieces]}
  assert.deepEqual(read([challenge, change, ...pieces]), expected)
  assert.deepEqual(read([challenge, response, change, ...pieces]), expected)
})

for (const [what, attributes] of Object.entries({
  'nothing of the kind': [],
  'a CHAP-Password of another length': [{...chapPassword, value: Buffer.alloc(16)}],
  'a CHAP-Challenge that is too short': [chapPassword, {...chapChallenge, value: Buffer.alloc(4)}],
  'an MS-CHAP2-Response without a challenge': [response],
  'a challenge of MS-CHAPv1': [microsoft(11, Buffer.alloc(8)), response],
  'an MS-CHAP-Response of MS-CHAPv1': [challenge, microsoft(1, Buffer.alloc(50))],
  'an MS-CHAP2-Response of another length': [challenge, microsoft(25, Buffer.alloc(49))],
  'a change without the new password': [challenge, change],
  'a change with half of the new password': [challenge, change, ...pieces.slice(0, 2)],
  'a change of another length': [challenge, microsoft(27, Buffer.alloc(69)), ...pieces],
})) {
  test(`${what} is no response`, () => assert.equal(read(attributes), undefined))
}

test('whatever the attributes hold, reading them ends in a response of the right lengths or in none', () => {
  const octets = fc.uint8Array({maxLength: 247}).map((bytes) => Buffer.from(bytes))
  const attribute = fc.oneof(
    fc.record({type: fc.constantFrom(3, 60, 26), value: octets.map((value) => value.subarray(0, 253))}),
    fc.tuple(fc.constantFrom(1, 2, 6, 11, 25, 26, 27), octets).map(([type, value]) => microsoft(type, value)),
    fc.constantFrom<Attribute>(challenge, response, change, ...pieces),
  )
  fc.assert(
    fc.property(fc.array(attribute, {maxLength: 8}), (attributes) => {
      const found = read(attributes)
      const lengths = openVendorAttributes(found?.attributes ?? []).map(({value}) => value.length)
      if (found?.kind === 'chap') assert.equal(lengths[0], 17)
      if (found?.kind === 'mschapv2') assert.deepEqual(lengths, [16, 50])
      if (found?.kind === 'mschapv2-change') assert.deepEqual(lengths.slice(0, 2), [16, 68])
    }),
  )
})

test('a Reject of MS-CHAPv2 gets an MS-CHAP-Error with the Ident of the response, where it has none', () => {
  const asked = read([challenge, response])
  assert.ok(asked !== undefined)
  const text = Buffer.from('\x09E=691 R=0 V=3', 'latin1')
  const reject = {code: packetCode.accessReject, attributes: []}
  assert.deepEqual(withMsChapError(reject, asked), [microsoft(2, text)])
  const own = microsoft(2, Buffer.from('\x09E=648 R=0 V=3 M=Password expired', 'latin1'))
  assert.deepEqual(withMsChapError({...reject, attributes: [own]}, asked), [own])
  assert.deepEqual(withMsChapError({code: packetCode.accessAccept, attributes: []}, asked), [])
  assert.deepEqual(withMsChapError(reject, {...asked, kind: 'chap'}), [])
})

test('the number of an MS-CHAP-Error', () => {
  const code = (text: string) => msChapErrorCode([microsoft(2, Buffer.from(text, 'latin1'))])
  assert.equal(code('\0E=648 R=0 V=3'), 648)
  assert.equal(code('\nE=691 R=1 C=00112233445566778899aabbccddeeff V=3 M=no'), 691)
  assert.equal(code('E=647 R=0'), 647)
  for (const text of ['', '\0', '\0E=', '\0E=x', '\0R=0 E=648', '\0E=6480000000 ']) assert.equal(code(text), undefined)
  assert.equal(msChapErrorCode([]), undefined)
})
