import {
  ATTRIBUTE_HEADER_OCTETS,
  AUTHENTICATOR_OCTETS,
  AUTHENTICATOR_OFFSET,
  type EncodedPacket,
  encodePacket,
} from './codec.ts'
import {type Attribute, attributeType, MIN_PACKET_OCTETS, type Packet} from './packet.ts'
import type {SharedKey} from './shared-key.ts'

/**
 * Writes a request: Access-Request, or Status-Server. `authenticator` is 16 unpredictable octets (RFC 2865 3), and
 * User-Password is already hidden. The Message-Authenticator comes first, where a forger cannot put anything before it
 * (CVE-2024-3596).
 */
export function encodeRequest(
  request: Packet,
  key: SharedKey,
  options: {messageAuthenticator: boolean},
): EncodedPacket {
  if (!options.messageAuthenticator) return encodePacket(request)
  const encoded = encodePacket({...request, attributes: [unsignedMessageAuthenticator, ...request.attributes]})
  if (encoded.ok) signFirstAttribute(encoded.datagram, key)
  return encoded
}

/** What a reply says; all else of it follows from its request. */
export type ReplyDraft = {readonly code: number; readonly attributes: readonly Attribute[]}

/**
 * Writes the reply to `request`: Message-Authenticator, State, Reply-Message, the other attributes as given, and every
 * Proxy-State of the request (RFC 2865 5.33). Message-Authenticator and Proxy-State in the draft belong to another hop
 * and are left out, and so is a value without octets, which RFC 2865 5 forbids to send.
 */
export function encodeReply(
  draft: ReplyDraft,
  request: Packet,
  key: SharedKey,
  options: {messageAuthenticator: boolean} = {messageAuthenticator: true},
): EncodedPacket {
  const attributes: Attribute[] = options.messageAuthenticator ? [unsignedMessageAuthenticator] : []
  for (const attribute of draft.attributes) if (attribute.type === attributeType.state) keep(attribute, attributes)
  for (const attribute of draft.attributes)
    if (attribute.type === attributeType.replyMessage) keep(attribute, attributes)
  for (const attribute of draft.attributes) if (!isPlaced(attribute.type)) keep(attribute, attributes)
  for (const attribute of request.attributes)
    if (attribute.type === attributeType.proxyState) attributes.push(attribute)

  const {identifier, authenticator} = request
  const encoded = encodePacket({code: draft.code, identifier, authenticator, attributes})
  if (!encoded.ok) return encoded
  const {datagram} = encoded
  // The Message-Authenticator is made over the Request Authenticator, the Response Authenticator over both.
  if (options.messageAuthenticator) signFirstAttribute(datagram, key)
  key.responseAuthenticator(datagram, datagram.length, authenticator, datagram, AUTHENTICATOR_OFFSET)
  return encoded
}

const unsignedMessageAuthenticator: Attribute = {
  type: attributeType.messageAuthenticator,
  value: Buffer.alloc(AUTHENTICATOR_OCTETS),
}

/** `datagram` starts with a Message-Authenticator and has the Request Authenticator in its header. */
function signFirstAttribute(datagram: Buffer, key: SharedKey): void {
  const valueOffset = MIN_PACKET_OCTETS + ATTRIBUTE_HEADER_OCTETS
  const authenticator = datagram.subarray(AUTHENTICATOR_OFFSET, MIN_PACKET_OCTETS)
  key.messageAuthenticator(datagram, datagram.length, authenticator, valueOffset, datagram, valueOffset)
}

function keep(attribute: Attribute, attributes: Attribute[]): void {
  if (attribute.value.length > 0) attributes.push(attribute)
}

/** Attributes whose place in the reply is not the draft's to choose. */
function isPlaced(type: number): boolean {
  return (
    type === attributeType.state ||
    type === attributeType.replyMessage ||
    type === attributeType.messageAuthenticator ||
    type === attributeType.proxyState
  )
}
