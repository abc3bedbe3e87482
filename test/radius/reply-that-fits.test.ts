import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {type Attribute, attributeType, type Packet, packetCode} from '../../src/core/radius/packet.ts'
import {type FittedReply, replyThatFits} from '../../src/core/radius/reply-that-fits.ts'
import {verifyReply} from '../../src/core/radius/verify.ts'
import {anyPacket, attribute, testKey} from './support.ts'

const {accessAccept, accessReject, accessChallenge} = packetCode
const {replyMessage, state, proxyState, messageAuthenticator} = attributeType
const classes = Array.from({length: 17}, (_, i) => attribute(25, Buffer.alloc(253, i + 1)))

const request: Packet = {
  code: 1,
  identifier: 5,
  authenticator: Buffer.alloc(16, 3),
  attributes: [attribute(1, 'jdoe'), attribute(2, Buffer.alloc(16, 9)), attribute(33, 'hop')],
}

test('what fits is sent as drafted', () => {
  const attributes = [attribute(replyMessage, 'welcome'), attribute(25, 'class')]
  const reply = sent(replyThatFits({code: accessAccept, attributes}, request, testKey), request)
  assert.equal(reply.problem, undefined)
  assert.equal(reply.code, accessAccept)
  assert.deepEqual(reply.attributes, [...attributes, attribute(33, 'hop')])
})

test('a text of too many octets is cut between two characters, all else stays', () => {
  const attributes = [attribute(replyMessage, 'ü'.repeat(200)), attribute(25, 'class')]
  for (const code of [accessAccept, accessReject, accessChallenge]) {
    const reply = sent(replyThatFits({code, attributes}, request, testKey), request)
    assert.equal(reply.code, code)
    assert.deepEqual(reply.attributes, [
      attribute(replyMessage, 'ü'.repeat(60)),
      attribute(25, 'class'),
      attribute(33, 'hop'),
    ])
    assert.equal(reply.problem, 'attribute 18 has more than 253 octets')
  }
  const odd = sent(
    replyThatFits({code: 3, attributes: [attribute(replyMessage, `a${'ü'.repeat(200)}`)]}, request, testKey),
    request,
  )
  assert.equal(odd.attributes[0]?.value.toString(), `a${'ü'.repeat(59)}`)
})

test('a text that is split over many attributes is cut to its first', () => {
  const lines = Array.from({length: 20}, () => attribute(replyMessage, 'x'.repeat(253)))
  const draft = {code: accessChallenge, attributes: [...lines, attribute(state, 'the state')]}
  const reply = sent(replyThatFits(draft, request, testKey), request)
  assert.deepEqual(reply.attributes.slice(0, 2), [
    attribute(state, 'the state'),
    attribute(replyMessage, 'x'.repeat(120)),
  ])
})

test('a Challenge and a Reject lose attributes that do not fit, never State or text', () => {
  const attributes = [attribute(replyMessage, 'choose'), attribute(state, 'the state'), ...classes]
  const challenge = sent(replyThatFits({code: accessChallenge, attributes}, request, testKey), request)
  assert.equal(challenge.code, accessChallenge)
  assert.deepEqual(challenge.attributes, [
    attribute(state, 'the state'),
    attribute(replyMessage, 'choose'),
    attribute(33, 'hop'),
  ])
  const reject = sent(
    replyThatFits({code: accessReject, attributes: [attribute(18, 'no'), ...classes]}, request, testKey),
    request,
  )
  assert.equal(reject.code, accessReject)
  assert.deepEqual(reject.attributes, [attribute(18, 'no'), attribute(33, 'hop')])
})

test('an Accept whose attributes do not fit is a Reject, for less might let the user into more', () => {
  const draft = {code: accessAccept, attributes: [attribute(replyMessage, 'welcome'), ...classes]}
  const reply = sent(replyThatFits(draft, request, testKey), request)
  assert.equal(reply.code, accessReject)
  assert.equal(reply.attributes[0]?.type, replyMessage)
  assert.match(reply.problem ?? '', /^it would have \d+ octets, and 4096 is the most$/)
})

test('an Accept that fits without its text keeps all its attributes', () => {
  const room = 4096 - 20 - 18 - 5 - 15 * 255 - 2
  const attributes = [attribute(replyMessage, 'welcome'), ...classes.slice(0, 15), attribute(25, Buffer.alloc(room, 1))]
  const reply = sent(replyThatFits({code: accessAccept, attributes}, request, testKey), request)
  assert.equal(reply.code, accessAccept)
  assert.deepEqual(reply.attributes, [...attributes.slice(1), attribute(33, 'hop')])
})

test('a login whose Proxy-States fill the packet still gets a Reject', () => {
  const full = {...request, attributes: [...request.attributes.slice(0, 2), ...proxyStates(4096 - 20 - 6 - 18)]}
  const draft = {code: accessAccept, attributes: [attribute(replyMessage, 'welcome'), attribute(25, 'class')]}
  const reply = sent(replyThatFits(draft, full, testKey), full)
  assert.equal(reply.code, accessReject)
  assert.deepEqual(reply.attributes, full.attributes.slice(2))
})

test('a packet of nothing but Proxy-States gets a reason, not an exception', () => {
  const full = {...request, attributes: proxyStates(4096 - 20)}
  const reply = replyThatFits({code: accessReject, attributes: []}, full, testKey)
  assert.equal(reply.ok, false)
})

test('whatever is drafted, what is sent is valid and never better than the draft', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(accessAccept, accessReject, accessChallenge),
      anyPacket,
      anyPacket,
      (code, draft, asked) => {
        const attributes = [...draft.attributes, ...draft.attributes]
        const fitted = replyThatFits({code, attributes}, asked, testKey)
        if (!fitted.ok) return
        const reply = sent(fitted, asked)
        assert.ok(reply.code === code || reply.code === accessReject)
      },
    ),
  )
})

function sent(
  reply: FittedReply,
  asked: Packet,
): {code: number; problem: string | undefined; attributes: readonly Attribute[]} {
  assert.ok(reply.ok)
  const verified = verifyReply(reply.datagram, asked, testKey)
  assert.ok(verified.ok)
  assert.equal(verified.packet.code, reply.code)
  const [first, ...attributes] = verified.packet.attributes
  assert.equal(first?.type, messageAuthenticator)
  return {code: reply.code, problem: reply.problem, attributes}
}

function proxyStates(octets: number): Attribute[] {
  const attributes: Attribute[] = []
  for (let left = octets; left >= 2; ) {
    const length = Math.min(left - 2, 253)
    attributes.push(attribute(proxyState, Buffer.alloc(length, 7)))
    left -= length + 2
  }
  return attributes
}
