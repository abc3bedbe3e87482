import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {decodePacket} from '../../src/core/radius/codec.ts'
import {attributeType, type Packet, packetCode} from '../../src/core/radius/packet.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeReply, encodeRequest} from '../../src/core/radius/sign.ts'
import {checkMessageAuthenticator, verifyReply} from '../../src/core/radius/verify.ts'
import {Secret} from '../../src/core/secret.ts'
import {anyPacket, attribute, decoded, encoded, exchange, exchanges, hex, otherKey, testKey} from './support.ts'

const request: Packet = {
  code: packetCode.accessRequest,
  identifier: 7,
  authenticator: hex('000102030405060708090a0b0c0d0e0f'),
  attributes: [attribute(1, 'jdoe'), attribute(33, 'first hop'), attribute(32, 'vpn'), attribute(33, 'second hop')],
}

test('every reply the RFCs print is accepted, and refused for another secret', () => {
  for (const {source, secret, request, reply} of exchanges) {
    const asked = decoded(hex(request))
    const verified = verifyReply(hex(reply), asked, sharedKey(new Secret(secret)))
    assert.ok(verified.ok, source)
    assert.equal(verified.messageAuthenticator, 'absent')
    assert.deepEqual(verifyReply(hex(reply), asked, otherKey), {ok: false, reason: 'bad-response-authenticator'})
  }
})

test('replies are written as the RFCs print them', () => {
  for (const source of ['RFC 2865 7.1', 'RFC 2865 7.2', 'RFC 2865 7.3, answer', 'RFC 5997 6.1']) {
    const {secret, request, reply} = exchange(source)
    const key = sharedKey(new Secret(secret))
    const written = encodeReply(decoded(hex(reply)), decoded(hex(request)), key, {messageAuthenticator: false})
    assert.equal(encoded(written).toString('hex'), reply, source)
  }
})

test('the Status-Server of RFC 5997 6.1 has a valid Message-Authenticator and is written the same', () => {
  const {secret, request} = exchange('RFC 5997 6.1')
  const key = sharedKey(new Secret(secret))
  const packet = decoded(hex(request))
  assert.equal(checkMessageAuthenticator(hex(request), packet, key), 'valid')
  const written = encodeRequest({...packet, attributes: []}, key, {messageAuthenticator: true})
  assert.equal(encoded(written).toString('hex'), request)
})

test('a signed request is valid for its secret alone', () => {
  const datagram = encoded(encodeRequest(request, testKey, {messageAuthenticator: true}))
  const packet = decoded(datagram)
  assert.equal(packet.attributes[0]?.type, attributeType.messageAuthenticator)
  assert.deepEqual(packet.attributes.slice(1), request.attributes)
  assert.equal(checkMessageAuthenticator(datagram, packet, testKey), 'valid')
  assert.equal(checkMessageAuthenticator(datagram, packet, otherKey), 'wrong')
})

test('padding behind a signed request does not matter', () => {
  const signed = encoded(encodeRequest(request, testKey, {messageAuthenticator: true}))
  const datagram = Buffer.concat([signed, Buffer.from('padding')])
  assert.equal(checkMessageAuthenticator(datagram, decoded(datagram), testKey), 'valid')
})

test('a Message-Authenticator that is absent, short or repeated is told apart', () => {
  const check = (...values: Buffer[]) => {
    const attributes = [...request.attributes, ...values.map((value) => attribute(80, value))]
    const datagram = encoded(encodeRequest({...request, attributes}, testKey, {messageAuthenticator: false}))
    return checkMessageAuthenticator(datagram, decoded(datagram), testKey)
  }
  assert.equal(check(), 'absent')
  assert.equal(check(Buffer.alloc(15)), 'bad-length')
  assert.equal(check(Buffer.alloc(17)), 'bad-length')
  assert.equal(check(Buffer.alloc(0)), 'bad-length')
  assert.equal(check(Buffer.alloc(16)), 'wrong')
  assert.equal(check(Buffer.alloc(16), Buffer.alloc(16)), 'repeated')
})

test('every flipped bit of a signed request is refused', () => {
  const signed = encoded(encodeRequest(request, testKey, {messageAuthenticator: true}))
  forEveryFlippedBit(signed, (datagram, bit) => {
    const flipped = decodePacket(datagram)
    if (!flipped.ok) return
    assert.notEqual(checkMessageAuthenticator(datagram, flipped.packet, testKey), 'valid', `bit ${bit}`)
  })
})

test('every flipped bit of a reply is refused', () => {
  const reply = encoded(encodeReply({code: 2, attributes: [attribute(25, 'OU=Staff;')]}, request, testKey))
  assert.ok(verifyReply(reply, request, testKey).ok)
  forEveryFlippedBit(reply, (datagram, bit) => {
    assert.equal(verifyReply(datagram, request, testKey).ok, false, `bit ${bit}`)
  })
})

test('a reply with a forged Message-Authenticator and a right Response Authenticator is refused', () => {
  const forge = (...values: Buffer[]) => {
    const packet = {...request, code: 2, attributes: values.map((value) => attribute(80, value))}
    const datagram = encoded(encodeRequest(packet, testKey, {messageAuthenticator: false}))
    testKey.responseAuthenticator(datagram, datagram.length, request.authenticator, datagram, 4)
    return verifyReply(datagram, request, testKey)
  }
  assert.deepEqual(forge(Buffer.alloc(16)), {ok: false, reason: 'message-authenticator-wrong'})
  assert.deepEqual(forge(Buffer.alloc(3)), {ok: false, reason: 'message-authenticator-bad-length'})
  assert.deepEqual(forge(Buffer.alloc(16), Buffer.alloc(16)), {ok: false, reason: 'message-authenticator-repeated'})
})

test('a reply to another request is refused, and a malformed one too', () => {
  const reply = encoded(encodeReply({code: 3, attributes: []}, request, testKey))
  assert.deepEqual(verifyReply(reply, {...request, identifier: 8}, testKey), {ok: false, reason: 'other-identifier'})
  const other = {...request, authenticator: Buffer.alloc(16, 9)}
  assert.deepEqual(verifyReply(reply, other, testKey), {ok: false, reason: 'bad-response-authenticator'})
  assert.deepEqual(verifyReply(reply.subarray(0, 30), request, testKey), {ok: false, reason: 'truncated', offset: 30})
})

test('a reply stands in order: Message-Authenticator, State, Reply-Message, the others, Proxy-State', () => {
  const draft = {
    code: packetCode.accessChallenge,
    attributes: [
      attribute(25, 'class one'),
      attribute(18, 'line one'),
      attribute(33, 'a Proxy-State of another hop'),
      attribute(80, Buffer.alloc(16)),
      attribute(24, 'state'),
      attribute(25, 'class two'),
      attribute(18, 'line two'),
      attribute(11, ''),
    ],
  }
  const datagram = encoded(encodeReply(draft, request, testKey))
  const verified = verifyReply(datagram, request, testKey)
  assert.ok(verified.ok)
  assert.equal(verified.messageAuthenticator, 'valid')
  assert.equal(verified.packet.code, packetCode.accessChallenge)
  assert.deepEqual(verified.packet.attributes.slice(1), [
    attribute(24, 'state'),
    attribute(18, 'line one'),
    attribute(18, 'line two'),
    attribute(25, 'class one'),
    attribute(25, 'class two'),
    attribute(33, 'first hop'),
    attribute(33, 'second hop'),
  ])
  assert.equal(verified.packet.attributes[0]?.type, attributeType.messageAuthenticator)
})

test('a thousand Proxy-States come back in order', () => {
  const proxyStates = Array.from({length: 1000}, (_, i) => attribute(33, Buffer.of(i & 255)))
  const datagram = encoded(encodeReply({code: 3, attributes: []}, {...request, attributes: proxyStates}, testKey))
  assert.deepEqual(decoded(datagram).attributes.slice(1), proxyStates)
})

test('a reply that does not fit is a reason, not an exception', () => {
  const long = {code: 2, attributes: [attribute(18, Buffer.alloc(254, 65))]}
  assert.deepEqual(encodeReply(long, request, testKey), {ok: false, reason: 'attribute-too-long', type: 18})
  const many = {code: 2, attributes: Array(17).fill(attribute(25, Buffer.alloc(253)))}
  const result = encodeReply(many, request, testKey)
  assert.deepEqual(result, {ok: false, reason: 'packet-too-long', octets: 20 + 18 + 17 * 255 + 11 + 12})
})

test('whatever a request and a draft hold, a reply that fits is verified by the asker', () => {
  fc.assert(
    fc.property(anyPacket, anyPacket, (asked, draft) => {
      const reply = encodeReply(draft, asked, testKey)
      if (!reply.ok) return
      const verified = verifyReply(reply.datagram, asked, testKey)
      assert.ok(verified.ok && verified.messageAuthenticator === 'valid')
    }),
  )
})

function forEveryFlippedBit(datagram: Buffer, check: (flipped: Buffer, bit: number) => void): void {
  for (let bit = 0; bit < datagram.length * 8; bit++) {
    const flipped = Buffer.from(datagram)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    check(flipped, bit)
  }
}
