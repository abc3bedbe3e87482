import {timingSafeEqual} from 'node:crypto'
import {
  ATTRIBUTE_HEADER_OCTETS,
  AUTHENTICATOR_OCTETS,
  decodePacket,
  type MalformedReason,
  packetOctets,
} from './codec.ts'
import {attributeType, MIN_PACKET_OCTETS, type Packet} from './packet.ts'
import type {SharedKey} from './shared-key.ts'

export type MessageAuthenticatorCheck =
  | 'valid'
  | 'absent'
  /** Not made with this secret: another secret, or a forgery. */
  | 'wrong'
  /** More than one, which RFC 3579 3.3 does not allow. */
  | 'repeated'
  /** Its value has not 16 octets. */
  | 'bad-length'

/**
 * Checks the Message-Authenticator (RFC 3579 3.2) of `packet`, which was decoded from `datagram`.
 * `authenticator` is the Request Authenticator: the packet's own for a request, that of its request for a reply.
 */
export function checkMessageAuthenticator(
  datagram: Buffer,
  packet: Packet,
  key: SharedKey,
  authenticator: Buffer = packet.authenticator,
): MessageAuthenticatorCheck {
  let offset = MIN_PACKET_OCTETS
  let found: Buffer | undefined
  let valueOffset = 0
  for (const {type, value} of packet.attributes) {
    if (type === attributeType.messageAuthenticator) {
      if (found !== undefined) return 'repeated'
      found = value
      valueOffset = offset + ATTRIBUTE_HEADER_OCTETS
    }
    offset += ATTRIBUTE_HEADER_OCTETS + value.length
  }
  if (found === undefined) return 'absent'
  if (found.length !== AUTHENTICATOR_OCTETS) return 'bad-length'
  key.messageAuthenticator(datagram, offset, authenticator, valueOffset, expected)
  return timingSafeEqual(expected, found) ? 'valid' : 'wrong'
}

export type VerifiedReply =
  | {readonly ok: true; readonly packet: Packet; readonly messageAuthenticator: 'valid' | 'absent'}
  | {readonly ok: false; readonly reason: MalformedReason; readonly offset: number}
  /** Not an answer to this request, or not made by someone who knows the secret. Drop it and go on waiting. */
  | {
      readonly ok: false
      readonly reason:
        | 'other-identifier'
        | 'bad-response-authenticator'
        | `message-authenticator-${MessageAuthenticatorFailure}`
    }

type MessageAuthenticatorFailure = Exclude<MessageAuthenticatorCheck, 'valid' | 'absent'>

/** Checks a reply against the request it claims to answer: Identifier, Response Authenticator, Message-Authenticator. */
export function verifyReply(
  datagram: Buffer,
  request: {readonly identifier: number; readonly authenticator: Buffer},
  key: SharedKey,
): VerifiedReply {
  const decoded = decodePacket(datagram)
  if (!decoded.ok) return decoded
  const {packet} = decoded
  if (packet.identifier !== request.identifier) return {ok: false, reason: 'other-identifier'}
  key.responseAuthenticator(datagram, packetOctets(packet), request.authenticator, expected)
  if (!timingSafeEqual(expected, packet.authenticator)) return {ok: false, reason: 'bad-response-authenticator'}
  const messageAuthenticator = checkMessageAuthenticator(datagram, packet, key, request.authenticator)
  if (messageAuthenticator !== 'valid' && messageAuthenticator !== 'absent') {
    return {ok: false, reason: `message-authenticator-${messageAuthenticator}`}
  }
  return {ok: true, packet, messageAuthenticator}
}

/** Where digests to compare with are written: used up before any other call can come in between. */
const expected = Buffer.alloc(AUTHENTICATOR_OCTETS)
