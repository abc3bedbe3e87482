import {openVendorAttributes} from '../radius/dictionary-lookup.ts'
import {dumpAttributes} from '../radius/dump.ts'
import {
  type Attribute,
  allAttributes,
  attributeType,
  firstAttribute,
  type Packet,
  packetCode,
} from '../radius/packet.ts'
import {verifyReply} from '../radius/verify.ts'
import {replyMessages} from './nas.ts'
import type {ReplyStep} from './scenario.ts'
import {attributeOf, type SentRequest} from './scenario-request.ts'

/** A reply as a scenario has it. */
export type ExpectedPacket = Extract<ReplyStep['expected'], {kind: 'packet'}>

/** What is not as expected in a reply that verifies: code, place of the Message-Authenticator, State, proof, texts, attributes. */
export function differentReply(request: SentRequest, packet: Packet, expected: ExpectedPacket): string | undefined {
  const code = codes[expected.code]
  if (packet.code !== code) return `expected ${expected.code}, got ${describe(packet)}`
  if (packet.attributes[0]?.type !== attributeType.messageAuthenticator) {
    return 'the first attribute of the reply is not a Message-Authenticator'
  }
  const state = firstAttribute(packet.attributes, attributeType.state)
  if ((state !== undefined) !== (code === packetCode.accessChallenge)) {
    return state === undefined ? 'the challenge has no State' : 'a State in a reply that is no challenge'
  }
  return (
    request.proof?.problemOf(packet, request.header.authenticator, request.key) ??
    differentMessages(packet, expected.messages) ??
    differentAttributes(packet, expected.attributes)
  )
}

/** For a person: the code and its texts, or why it does not verify. */
export function describeReply(request: SentRequest, datagram: Buffer): string {
  const verified = verifyReply(datagram, request.header, request.key)
  return verified.ok ? describe(verified.packet) : verified.reason
}

const codes = {
  'Access-Accept': packetCode.accessAccept,
  'Access-Reject': packetCode.accessReject,
  'Access-Challenge': packetCode.accessChallenge,
} as const

/** `...` alone stands for one message of any text, `<?>` for one character. */
function differentMessages(packet: Packet, expected: readonly string[]): string | undefined {
  const messages = replyMessages(packet)
  const any = expected.length === 1 && expected[0] === '...'
  const same = messages.length === expected.length && messages.every((text, at) => fits(text, expected[at] ?? ''))
  if (any ? messages.length === 1 : same) return undefined
  return `expected Reply-Message ${JSON.stringify(expected)}, got ${JSON.stringify(messages)}`
}

function fits(text: string, expected: string): boolean {
  let at = 0
  for (const [index, part] of expected.split('<?>').entries()) {
    if (index > 0) at++
    if (!text.startsWith(part, at)) return false
    at += part.length
  }
  return at === text.length
}

function differentAttributes(packet: Packet, expected: ExpectedPacket['attributes']): string | undefined {
  const wanted: Attribute[] = []
  for (const named of expected) {
    const made = attributeOf(named)
    if (!made.ok) return `line ${named.line}: ${made.reason}`
    wanted.push(made.attribute)
  }
  const got = packet.attributes.filter(
    (attribute) => !checkedElsewhere.has(attribute.type) && !isMsChapProof(attribute),
  )
  const same = got.length === wanted.length && got.every((one, at) => equal(one, wanted[at]))
  if (same) return undefined
  return `expected the attributes ${JSON.stringify(dumpAttributes(wanted))}, got ${JSON.stringify(dumpAttributes(got))}`
}

const checkedElsewhere: ReadonlySet<number> = new Set([
  attributeType.messageAuthenticator,
  attributeType.state,
  attributeType.replyMessage,
])

/** Made of chance, and checked by the NAS's own means (`problemOf`). */
function isMsChapProof(attribute: Attribute): boolean {
  return openVendorAttributes([attribute]).some(({vendor, type}) => vendor === MICROSOFT && msChapProofTypes.has(type))
}

const MICROSOFT = 311
/** MS-CHAP2-Success, MS-MPPE-Send-Key, MS-MPPE-Recv-Key. */
const msChapProofTypes: ReadonlySet<number> = new Set([26, 16, 17])

function equal(one: Attribute, other: Attribute | undefined): boolean {
  return one.type === other?.type && one.value.equals(other.value)
}

function describe(packet: Packet): string {
  const name = Object.entries(codes).find(([, code]) => code === packet.code)?.[0] ?? `code ${packet.code}`
  return `${name} ${JSON.stringify(allAttributes(packet.attributes, attributeType.replyMessage).map(String))}`
}
