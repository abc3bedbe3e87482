import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {decodePacket, encodePacket, packetOctets} from '../../src/core/radius/codec.ts'
import {anyPacket, attribute, decoded, encoded, exchange, exchanges, hex, octets} from './support.ts'

const header = '01 2a 00 14 000102030405060708090a0b0c0d0e0f'

test('the request of RFC 2865 7.1 is read octet by octet', () => {
  assert.deepEqual(decoded(hex(exchange('RFC 2865 7.1').request)), {
    code: 1,
    identifier: 0,
    authenticator: hex('0f403f9473978057bd83d5cb98f4227a'),
    attributes: [
      attribute(1, 'nemo'),
      attribute(2, hex('0dbe708d93d413ce3196e43f782a0aee')),
      attribute(4, hex('c0a80110')),
      attribute(5, hex('00000003')),
    ],
  })
})

test('every packet of the RFCs is written as it was read', () => {
  for (const {source, request, reply} of exchanges) {
    for (const text of [request, reply]) {
      assert.equal(encoded(encodePacket(decoded(hex(text)))).toString('hex'), text, source)
    }
  }
})

test('malformed datagrams say where they broke', () => {
  const cases = [
    ['', 'too-short', 0],
    [header.slice(0, -2), 'too-short', 19],
    ['01 2a 00 13 000102030405060708090a0b0c0d0e0f', 'bad-length', 2],
    ['01 2a 00 00 000102030405060708090a0b0c0d0e0f', 'bad-length', 2],
    ['01 2a 10 01 000102030405060708090a0b0c0d0e0f', 'bad-length', 2],
    ['01 2a ff ff 000102030405060708090a0b0c0d0e0f', 'bad-length', 2],
    ['01 2a 00 15 000102030405060708090a0b0c0d0e0f', 'truncated', 20],
    ['01 2a 00 15 000102030405060708090a0b0c0d0e0f 01', 'attribute-overrun', 20],
    ['01 2a 00 16 000102030405060708090a0b0c0d0e0f 01 00', 'bad-attribute-length', 21],
    ['01 2a 00 16 000102030405060708090a0b0c0d0e0f 01 01', 'bad-attribute-length', 21],
    ['01 2a 00 16 000102030405060708090a0b0c0d0e0f 01 03 61', 'attribute-overrun', 21],
    ['01 2a 00 19 000102030405060708090a0b0c0d0e0f 01 03 61 02 ff', 'attribute-overrun', 24],
    ['01 2a 00 18 000102030405060708090a0b0c0d0e0f 01 03 61 02', 'attribute-overrun', 23],
  ] as const
  for (const [text, reason, offset] of cases) {
    assert.deepEqual(decodePacket(hex(text)), {ok: false, reason, offset}, text)
  }
  assert.deepEqual(decodePacket(Buffer.alloc(4097)), {ok: false, reason: 'too-long', offset: 4096})
})

test('octets behind the Length are padding', () => {
  const packet = decoded(hex(`${header} 01 03 61`))
  assert.deepEqual(packet.attributes, [])
  assert.equal(packet.identifier, 42)
})

test('an attribute without octets is read as such', () => {
  assert.deepEqual(decoded(hex('01 2a 00 16 000102030405060708090a0b0c0d0e0f 12 02')).attributes, [attribute(18, '')])
})

test('a packet of 4096 octets is the longest', () => {
  const full = {
    code: 1,
    identifier: 1,
    authenticator: Buffer.alloc(16, 1),
    attributes: [...Array(15).fill(attribute(33, Buffer.alloc(253, 2))), attribute(33, Buffer.alloc(249, 3))],
  }
  assert.equal(packetOctets(full), 4096)
  const datagram = encoded(encodePacket(full))
  assert.equal(datagram.length, 4096)
  assert.deepEqual(decoded(datagram), full)
  const longer = {...full, attributes: [...full.attributes, attribute(1, '')]}
  assert.deepEqual(encodePacket(longer), {ok: false, reason: 'packet-too-long', octets: 4098})
  const wide = {...full, attributes: [attribute(18, Buffer.alloc(254))]}
  assert.deepEqual(encodePacket(wide), {ok: false, reason: 'attribute-too-long', type: 18})
})

test('any octets are a packet or a reason with an offset inside them', () => {
  // A right Length and code now and then, so that the walk over the attributes is reached.
  const plausible = octets({minLength: 20, maxLength: 120}).map((datagram) => {
    datagram.writeUInt16BE(datagram.length, 2)
    return datagram
  })
  fc.assert(
    fc.property(fc.oneof(octets({maxLength: 60}), plausible), (datagram) => {
      const result = decodePacket(datagram)
      if (result.ok) assert.ok(packetOctets(result.packet) <= datagram.length)
      else assert.ok(result.offset >= 0 && result.offset <= datagram.length)
    }),
    {numRuns: 2000},
  )
})

test('reading what was written gives the same packet', () => {
  fc.assert(fc.property(anyPacket, (packet) => assert.deepEqual(decoded(encoded(encodePacket(packet))), packet)))
})
