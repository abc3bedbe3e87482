import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {
  findAttribute,
  findAttributes,
  openVendorAttributes,
  splitVendorAttribute,
  vendorAttribute,
} from '../../src/core/radius/dictionary-lookup.ts'
import {decodeValue, encodeValue, tagOf} from '../../src/core/radius/dictionary-value.ts'

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

function encoded(name: string, text: string): string {
  const result = encodeValue(name, text)
  return result.ok ? `${result.attribute.type}:${result.attribute.value.toString('hex')}` : result.reason
}

test('values are encoded by their type', () => {
  assert.equal(encoded('User-Name', 'jörg'), '1:6ac3b67267')
  assert.equal(encoded('NAS-Port', '17'), '5:00000011')
  assert.equal(encoded('service-type', 'login-user'), '6:00000001')
  assert.equal(encoded('Framed-IP-Address', '192.0.2.1'), '8:c0000201')
  assert.equal(encoded('NAS-IPv6-Address', '2001:db8::1'), '95:20010db8000000000000000000000001')
  assert.equal(encoded('NAS-IPv6-Address', '::ffff:192.0.2.1'), '95:00000000000000000000ffffc0000201')
  assert.equal(encoded('Framed-IPv6-Prefix', '2001:db8:ffff::/33'), '97:002120010db880')
  assert.equal(encoded('Framed-Interface-Id', '0:0:0:1'), '96:0000000000000001')
  assert.equal(encoded('Event-Timestamp', '1970-01-02T00:00:00Z'), '55:00015180')
  assert.equal(encoded('Event-Timestamp', '86400'), '55:00015180')
  assert.equal(encoded('Class', '0x00FF'), '25:00ff')
  assert.equal(encoded('Class', 'staff'), '25:7374616666')
  assert.equal(encoded('MIP6-Feature-Vector', '18446744073709551615'), '124:ffffffffffffffff')
  assert.equal(encoded('PaloAlto-Client-Source-IP', '192.0.2.9'), '26:00006375070b3139322e302e322e39')
  assert.equal(encoded('Attr-200', '0x01'), '200:01')
})

test('a tag is set where the type has one', () => {
  assert.equal(encoded('Tunnel-Type:1', 'L2TP'), '64:01000003')
  assert.equal(encoded('Tunnel-Type', 'VLAN'), '64:0000000d')
  assert.equal(encoded('Tunnel-Client-Endpoint', '192.0.2.1'), '66:3139322e302e322e31')
  assert.equal(encoded('Tunnel-Client-Endpoint:0', '192.0.2.1'), '66:003139322e302e322e31')
  assert.match(encoded('User-Name:1', 'x'), /takes no tag/)
  assert.match(encoded('Tunnel-Type:32', 'L2TP'), /0 to 31/)
  assert.match(encoded('Tunnel-Preference:1', '16777216'), /24 bits/)
})

test('what cannot be encoded is refused with a reason', () => {
  assert.match(encoded('No-Such-Thing', 'x'), /no attribute named "No-Such-Thing"/)
  assert.match(encoded('User-Password', 'x'), /travels hidden/)
  assert.match(encoded('MS-MPPE-Send-Key', 'x'), /travels hidden/)
  assert.match(encoded('NAS-Port', '4294967296'), /32 bits/)
  assert.match(encoded('NAS-Port', '-1'), /32 bits/)
  assert.match(encoded('NAS-Port', 'Ethernet'), /32 bits/)
  assert.match(encoded('Framed-IP-Address', '2001:db8::1'), /IPv4/)
  assert.match(encoded('Framed-IP-Address', '::ffff:192.0.2.1'), /IPv4/)
  assert.match(encoded('NAS-IPv6-Address', '192.0.2.1'), /IPv6/)
  assert.match(encoded('Framed-IPv6-Prefix', '2001:db8::/129'), /prefix/)
  assert.match(encoded('Framed-IPv6-Prefix', '2001:db8::'), /prefix/)
  assert.match(encoded('Event-Timestamp', 'yesterday'), /ISO/)
  assert.match(encoded('Event-Timestamp', '2300-01-01'), /ISO/)
  assert.match(encoded('Class', '0x0'), /hexadecimal/)
  assert.match(encoded('Class', ''), /empty/)
  assert.match(encoded('Class', 'x'.repeat(254)), /253 octets/)
  assert.match(encoded('Cisco-AVPair', 'x'.repeat(248)), /247 octets/)
})

test('values print by their type, and as hexadecimal digits when they do not fit it', () => {
  assert.equal(decodeValue({type: 1, value: Buffer.from('a\nb\\c\u202e\u2028')}), 'a\\x0ab\\\\c\\u{202e}\\u{2028}')
  assert.equal(decodeValue({type: 1, value: hex('ff61')}), '0xff61')
  assert.equal(decodeValue({type: 6, value: hex('00000001')}), 'Login-User')
  assert.equal(decodeValue({type: 5, value: hex('ffffffff')}), '4294967295')
  assert.equal(decodeValue({type: 5, value: hex('ff')}), '0xff')
  assert.equal(decodeValue({type: 4, value: hex('c0000201')}), '192.0.2.1')
  assert.equal(decodeValue({type: 4, value: hex('c00002')}), '0xc00002')
  assert.equal(decodeValue({type: 95, value: hex('20010db8000000000000000000000001')}), '2001:db8::1')
  assert.equal(decodeValue({type: 97, value: hex('002020010db8')}), '2001:db8::/32')
  assert.equal(decodeValue({type: 55, value: hex('00015180')}), '1970-01-02T00:00:00.000Z')
  assert.equal(decodeValue({type: 25, value: Buffer.from('staff')}), '0x7374616666')
  assert.equal(decodeValue({type: 7, vendor: 25461, value: Buffer.from('192.0.2.9')}), '192.0.2.9')
  assert.equal(decodeValue({type: 250, value: hex('')}), '0x')
})

test('the tag is taken off, also where only the first octet tells that it is one', () => {
  const tagged = {type: 66, vendor: undefined, value: hex('003139322e302e322e31')}
  const bare = {type: 66, vendor: undefined, value: hex('3139322e302e322e31')}
  assert.deepEqual([decodeValue(tagged), tagOf(tagged)], ['192.0.2.1', 0])
  assert.deepEqual([decodeValue(bare), tagOf(bare)], ['192.0.2.1', undefined])
  const number = {type: 64, vendor: undefined, value: hex('0100000d')}
  assert.deepEqual([decodeValue(number), tagOf(number)], ['VLAN', 1])
})

test('what travels hidden does not print', () => {
  assert.equal(decodeValue({type: 2, value: hex('0102')}), '*****')
  assert.equal(decodeValue({type: 69, value: hex('0102')}), '*****')
  assert.equal(decodeValue({type: 17, vendor: 311, value: hex('0102')}), '*****')
})

test('an attribute is found in the packet and inside vendor attributes', () => {
  const first = vendorAttribute(25461, 7, Buffer.from('192.0.2.9'))
  const pair = {
    type: 26,
    value: Buffer.concat([hex('00000009'), hex('0103'), Buffer.from('a'), hex('0103'), Buffer.from('b')]),
  }
  const attributes = [{type: 1, value: Buffer.from('jdoe')}, pair, first]
  assert.equal(findAttribute(attributes, 'user-name')?.value.toString(), 'jdoe')
  assert.equal(findAttribute(attributes, 'paloalto')?.value.toString(), '192.0.2.9')
  assert.deepEqual(
    findAttributes(attributes, 'Cisco-AVPair').map((a) => a.value.toString()),
    ['a', 'b'],
  )
  assert.equal(findAttribute(attributes, 'Class'), undefined)
  assert.equal(findAttribute(attributes, 'Nonsense'), undefined)
  assert.equal(findAttributes(attributes, 'Vendor-Specific').length, 2)
})

test('a vendor attribute of another layout stays whole', () => {
  for (const value of [
    '',
    '00',
    '00000009',
    '0000000901',
    '000000090100',
    '000000090101',
    '00000009010461',
    '0000000901036102',
  ]) {
    assert.equal(splitVendorAttribute(hex(value)), undefined, value)
    assert.deepEqual(openVendorAttributes([{type: 26, value: hex(value)}]), [
      {type: 26, vendor: undefined, value: hex(value)},
    ])
  }
})

const anyAttribute = fc.record({
  type: fc.integer({min: 0, max: 255}),
  value: fc.uint8Array({maxLength: 253}).map((octets) => Buffer.from(octets)),
})

test('any octets of any type print, on one line', () => {
  fc.assert(
    fc.property(anyAttribute, fc.constantFrom(undefined, 9, 311, 2636, 3076, 3375), ({type, value}, vendor) => {
      const text = decodeValue({type, vendor, value})
      assert.doesNotMatch(text, /[\p{C}\u2028\u2029]/u)
    }),
  )
})

test('opening vendor attributes loses no octet and never throws', () => {
  const vendorSpecific = fc.uint8Array({maxLength: 40}).map((octets) => ({type: 26, value: Buffer.from(octets)}))
  fc.assert(
    fc.property(fc.array(fc.oneof(anyAttribute, vendorSpecific), {maxLength: 8}), (attributes) => {
      for (const attribute of attributes) {
        const split = attribute.type === 26 ? splitVendorAttribute(attribute.value) : undefined
        if (split === undefined) continue
        const inner = split.attributes.map((a) => Buffer.concat([Buffer.from([a.type, a.value.length + 2]), a.value]))
        assert.deepEqual(Buffer.concat([attribute.value.subarray(0, 4), ...inner]), attribute.value)
      }
      assert.ok(openVendorAttributes(attributes).length >= attributes.length)
    }),
  )
})

test('what is encoded from text prints as that text again', () => {
  const address = fc.ipV4()
  const integer = fc.integer({min: 0, max: 0xffff_ffff}).map(String)
  fc.assert(
    fc.property(address, integer, fc.string({minLength: 1, maxLength: 60}), (ip, number, text) => {
      const cases = [
        ['Framed-IP-Address', ip],
        ['NAS-Port', number],
        ['Filter-Id', text],
        ['Fortinet-Group-Name', text],
      ] as const
      for (const [name, written] of cases) {
        const result = encodeValue(name, written)
        assert.ok(result.ok)
        const found = findAttribute([result.attribute], name)
        assert.ok(found)
        if (name === 'Filter-Id' || name === 'Fortinet-Group-Name')
          assert.equal(found.value.toString(), Buffer.from(written).toString())
        else assert.equal(decodeValue(found), written)
      }
    }),
  )
})
