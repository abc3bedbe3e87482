import {type Attribute, MAX_ATTRIBUTE_OCTETS, MAX_PACKET_OCTETS, MIN_PACKET_OCTETS, type Packet} from './packet.ts'

/** Why a datagram is no packet (RFC 2865 3 and 5). */
export type MalformedReason =
  /** The datagram has less than 20 octets. */
  | 'too-short'
  /** The datagram has more than 4096 octets. */
  | 'too-long'
  /** The Length field is below 20, or above 4096. */
  | 'bad-length'
  /** The Length field is above what arrived. */
  | 'truncated'
  /** An attribute's length is 0 or 1, which leaves no room for its own type and length. */
  | 'bad-attribute-length'
  /** An attribute reaches past the end of the packet. */
  | 'attribute-overrun'

export type DecodedPacket =
  | {readonly ok: true; readonly packet: Packet}
  /** `offset` is the octet of the datagram where it broke. */
  | {readonly ok: false; readonly reason: MalformedReason; readonly offset: number}

/**
 * Reads a datagram as a packet. Octets behind its Length are padding (RFC 2865 3). The packet's values are views
 * of the datagram, which must therefore not be written again.
 */
export function decodePacket(datagram: Buffer): DecodedPacket {
  const received = datagram.length
  if (received < MIN_PACKET_OCTETS) return {ok: false, reason: 'too-short', offset: received}
  if (received > MAX_PACKET_OCTETS) return {ok: false, reason: 'too-long', offset: MAX_PACKET_OCTETS}
  const length = datagram.readUInt16BE(LENGTH_OFFSET)
  if (length < MIN_PACKET_OCTETS || length > MAX_PACKET_OCTETS) {
    return {ok: false, reason: 'bad-length', offset: LENGTH_OFFSET}
  }
  if (length > received) return {ok: false, reason: 'truncated', offset: received}

  const attributes: Attribute[] = []
  for (let offset = MIN_PACKET_OCTETS; offset < length; ) {
    const left = length - offset
    if (left < ATTRIBUTE_HEADER_OCTETS) return {ok: false, reason: 'attribute-overrun', offset}
    const octets = datagram.readUInt8(offset + 1)
    if (octets < ATTRIBUTE_HEADER_OCTETS) return {ok: false, reason: 'bad-attribute-length', offset: offset + 1}
    if (octets > left) return {ok: false, reason: 'attribute-overrun', offset: offset + 1}
    const value = datagram.subarray(offset + ATTRIBUTE_HEADER_OCTETS, offset + octets)
    attributes.push({type: datagram.readUInt8(offset), value})
    offset += octets
  }
  return {
    ok: true,
    packet: {
      code: datagram.readUInt8(0),
      identifier: datagram.readUInt8(1),
      authenticator: datagram.subarray(AUTHENTICATOR_OFFSET, MIN_PACKET_OCTETS),
      attributes,
    },
  }
}

export type EncodedPacket =
  | {readonly ok: true; readonly datagram: Buffer}
  | {readonly ok: false; readonly reason: 'attribute-too-long'; readonly type: number}
  | {readonly ok: false; readonly reason: 'packet-too-long'; readonly octets: number}

/** Writes a packet as it is, its attributes in the given order. Signs nothing: see sign.ts. */
export function encodePacket(packet: Packet): EncodedPacket {
  let length = MIN_PACKET_OCTETS
  for (const {type, value} of packet.attributes) {
    if (value.length > MAX_ATTRIBUTE_OCTETS) return {ok: false, reason: 'attribute-too-long', type}
    length += ATTRIBUTE_HEADER_OCTETS + value.length
  }
  if (length > MAX_PACKET_OCTETS) return {ok: false, reason: 'packet-too-long', octets: length}

  const datagram = Buffer.allocUnsafe(length)
  datagram[0] = packet.code
  datagram[1] = packet.identifier
  datagram.writeUInt16BE(length, LENGTH_OFFSET)
  datagram.set(packet.authenticator, AUTHENTICATOR_OFFSET)
  let offset = MIN_PACKET_OCTETS
  for (const {type, value} of packet.attributes) {
    datagram[offset] = type
    datagram[offset + 1] = ATTRIBUTE_HEADER_OCTETS + value.length
    datagram.set(value, offset + ATTRIBUTE_HEADER_OCTETS)
    offset += ATTRIBUTE_HEADER_OCTETS + value.length
  }
  return {ok: true, datagram}
}

/** The octets a packet has on the wire, without padding. */
export function packetOctets(packet: Packet): number {
  let length = MIN_PACKET_OCTETS
  for (const {value} of packet.attributes) length += ATTRIBUTE_HEADER_OCTETS + value.length
  return length
}

export const ATTRIBUTE_HEADER_OCTETS = 2
const LENGTH_OFFSET = 2
export const AUTHENTICATOR_OFFSET = 4
export const AUTHENTICATOR_OCTETS = 16
