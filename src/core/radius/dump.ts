import {decodePacket} from './codec.ts'
import {attributeByType, isKnownType, nameOf, vendorName} from './dictionary.ts'
import {type FoundAttribute, openVendorAttributes} from './dictionary-lookup.ts'
import {decodeValue, MASK, tagOf} from './dictionary-value.ts'
import {type Attribute, attributeType, type Packet, packetCode} from './packet.ts'

/**
 * A packet for people, one line a part: the code and identifier, then `name = value` for each attribute.
 * Safe to log and to show: passwords, keys and whatever lets them be guessed are masked, State is shortened, attributes
 * that no dictionary knows tell only their length, control characters are escaped, and neither the number of lines nor
 * their length grows without bound.
 */
export function dumpPacket({code, identifier, attributes}: Packet): string[] {
  const count = `${attributes.length} attribute${attributes.length === 1 ? '' : 's'}`
  return [`${codeName(code)} id ${identifier}, ${count}`, ...dumpAttributes(attributes)]
}

/** The attribute lines alone; vendor attributes are opened. */
export function dumpAttributes(attributes: readonly Attribute[]): string[] {
  const opened = openVendorAttributes(attributes)
  const lines = opened.slice(0, MAX_LINES).map((attribute) => `${label(attribute)} = ${shown(attribute)}`)
  return opened.length > MAX_LINES ? [...lines, `... and ${opened.length - MAX_LINES} more`] : lines
}

/** What a reply of ours tells: the attributes but for those that every reply to such a request has. */
export function dumpReply(datagram: Buffer): string[] {
  const decoded = decodePacket(datagram)
  if (!decoded.ok) return []
  const {messageAuthenticator, proxyState} = attributeType
  return dumpAttributes(
    decoded.packet.attributes.filter(({type}) => type !== messageAuthenticator && type !== proxyState),
  )
}

/** The name of a packet code (RFC 2865 3), such as `Access-Challenge`. */
export function codeName(code: number): string {
  return codeNames.get(code) ?? `code ${code}`
}

const MAX_LINES = 100
const MAX_VALUE_CHARACTERS = 300
const STATE_OCTETS_SHOWN = 8

const codeNames: ReadonlyMap<number, string> = new Map([
  [packetCode.accessRequest, 'Access-Request'],
  [packetCode.accessAccept, 'Access-Accept'],
  [packetCode.accessReject, 'Access-Reject'],
  [packetCode.accountingRequest, 'Accounting-Request'],
  [packetCode.accountingResponse, 'Accounting-Response'],
  [packetCode.accessChallenge, 'Access-Challenge'],
  [packetCode.statusServer, 'Status-Server'],
])

/** Besides what the dictionary knows as hidden: responses a password can be guessed from, and EAP, which may hold one. */
const masked: ReadonlySet<string> = new Set([
  'CHAP-Password',
  'CHAP-Challenge',
  'EAP-Message',
  'EAP-Key-Name',
  'Message-Authenticator',
  'ARAP-Password',
  'ARAP-Challenge-Response',
  'ARAP-Security-Data',
  'Digest-Response',
  'MS-CHAP-Response',
  'MS-CHAP-CPW-1',
  'MS-CHAP-CPW-2',
  'MS-CHAP-LM-Enc-PW',
  'MS-CHAP-NT-Enc-PW',
  'MS-CHAP-Challenge',
  'MS-Old-ARAP-Password',
  'MS-New-ARAP-Password',
  'MS-CHAP2-Response',
  'MS-CHAP2-Success',
  'MS-CHAP2-CPW',
  'Cisco-Subscriber-Password',
  'ASA-WebVPN-Storage-Key',
])

function label(attribute: FoundAttribute): string {
  const tag = tagOf(attribute)
  const name = nameOf(attribute.type, attribute.vendor)
  return tag === undefined ? name : `${name}:${tag}`
}

function shown(attribute: FoundAttribute): string {
  const {type, vendor, value} = attribute
  const definition = attributeByType(type, vendor)
  if (masked.has(definition.name)) return MASK
  if (vendor === undefined && type === attributeType.state) return shortened(value)
  if (vendor === undefined && type === attributeType.vendorSpecific) return unopened(value)
  if (!isKnownType(type, vendor)) return `(${value.length} octets of an attribute that is not known)`
  const text = definition.name === 'Cisco-AVPair' ? maskPair(decodeValue(attribute)) : decodeValue(attribute)
  return text.length > MAX_VALUE_CHARACTERS ? `${text.slice(0, MAX_VALUE_CHARACTERS)}...` : text
}

/** Whoever holds a State may answer its challenge, so that it is never shown whole. */
function shortened(value: Buffer): string {
  if (value.length <= STATE_OCTETS_SHOWN) return `${MASK} (${value.length} octets)`
  return `0x${value.toString('hex', 0, STATE_OCTETS_SHOWN)}... (${value.length} octets)`
}

/** What stands in a layout we cannot read may be a key. */
function unopened(value: Buffer): string {
  const vendor = value.length < 4 ? 'no vendor' : `vendor ${vendorName(value.readUInt32BE(0))}`
  return `(${vendor}, ${value.length} octets that cannot be read)`
}

/** Some of Cisco's text pairs are keys: "psk=...", "leap:session-key=...". */
function maskPair(pair: string): string {
  const [, name] = /^([^=*]*(?:key|psk|passw|secret)[^=*]*[=*])/i.exec(pair) ?? []
  return name === undefined ? pair : `${name}${MASK}`
}
