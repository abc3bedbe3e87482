import {formatAddress, parseAddress} from '../network.ts'
import {type AttributeDefinition, attributeByName, attributeByType} from './dictionary.ts'
import {type FoundAttribute, MAX_VENDOR_VALUE_OCTETS, vendorAttribute} from './dictionary-lookup.ts'
import {type Attribute, MAX_ATTRIBUTE_OCTETS} from './packet.ts'

export type Encoded =
  | {readonly ok: true; readonly attribute: Attribute}
  /** `reason` is a sentence for a person. */
  | {readonly ok: false; readonly reason: string}

export const MASK = '*****'

/**
 * A value as printable text: text with its control characters escaped, a number or the name it has, an address,
 * an ISO date, or `0x` and hexadecimal digits for anything that does not fit its type. Hidden values are masked.
 * A tag (RFC 2868 3) is left out.
 */
export function decodeValue({
  type,
  vendor,
  value,
}: Pick<FoundAttribute, 'type' | 'value'> & {vendor?: number | undefined}): string {
  const definition = attributeByType(type, vendor)
  if (definition.hiding !== 'none') return MASK
  const {content} = splitTag(definition, value)
  return readers[definition.kind](content, definition) ?? `0x${content.toString('hex')}`
}

/** The tag of a value whose type has one and which carries it, 0 to 31. */
export function tagOf({type, vendor, value}: FoundAttribute): number | undefined {
  return splitTag(attributeByType(type, vendor), value).tag
}

/**
 * An attribute from the text a person writes: `encodeValue('Framed-IP-Address', '192.0.2.1')`. `name:2` sets a tag.
 * Octets are `0x` and hexadecimal digits, or else the text itself. Values that travel hidden are refused here:
 * they need the secret and the authenticator of a packet.
 */
export function encodeValue(name: string, text: string): Encoded {
  const [, bareName = name, tagText] = /^(.*):(\d{1,2})$/.exec(name) ?? []
  const definition = attributeByName(bareName)
  if (definition === undefined) return refused(`there is no attribute named ${JSON.stringify(bareName)}`)
  if (definition.hiding !== 'none') return refused(`${definition.name} travels hidden, so it cannot be given as text`)
  const tag = tagText === undefined ? undefined : Number(tagText)
  if (tag !== undefined && !definition.tagged) return refused(`${definition.name} takes no tag`)
  if (tag !== undefined && tag > MAX_TAG) return refused(`a tag is 0 to ${MAX_TAG}`)
  const content = writers[definition.kind](text, definition)
  if (content === undefined) return refused(`${definition.name} takes ${expectations[definition.kind]}`)
  const value = withTag(definition, content, tag)
  if (value === undefined) return refused(`${definition.name} takes a number of at most 24 bits beside its tag`)
  const limit = definition.vendor === undefined ? MAX_ATTRIBUTE_OCTETS : MAX_VENDOR_VALUE_OCTETS
  if (value.length > limit) return refused(`${definition.name} holds at most ${limit} octets`)
  if (value.length === 0) return refused(`${definition.name} must not be empty`)
  const {type, vendor} = definition
  return {ok: true, attribute: vendor === undefined ? {type, value} : vendorAttribute(vendor, type, value)}
}

/** Text on one line: control, formatting and unassigned characters become escapes, so that nothing can pose as another line. */
function printable(text: string): string {
  return text.replace(/[\\\p{C}\u2028\u2029]/gu, (c) => {
    if (c === '\\') return '\\\\'
    const code = c.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

type Kind = AttributeDefinition['kind']
const MAX_TAG = 0x1f
const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true})

const readers: {readonly [K in Kind]: (value: Buffer, definition: AttributeDefinition) => string | undefined} = {
  text: (value) => {
    try {
      return printable(utf8.decode(value))
    } catch {
      return undefined
    }
  },
  octets: () => undefined,
  // A tagged integer is left with three octets (RFC 2868 3.1).
  integer: (value, {values, tagged}) => {
    if (value.length !== (tagged ? 3 : 4)) return undefined
    const number = value.readUIntBE(0, value.length)
    for (const [name, named] of values) if (named === number) return name
    return `${number}`
  },
  integer64: (value) => (value.length === 8 ? `${value.readBigUInt64BE(0)}` : undefined),
  short: (value) => (value.length === 2 ? `${value.readUInt16BE(0)}` : undefined),
  byte: (value) => (value.length === 1 ? `${value.readUInt8(0)}` : undefined),
  date: (value) => (value.length === 4 ? new Date(value.readUInt32BE(0) * 1000).toISOString() : undefined),
  ipaddr: (value) => (value.length === 4 ? formatAddress({family: 4, value: bits(value)}) : undefined),
  ipv6addr: (value) => (value.length === 16 ? formatAddress({family: 6, value: bits(value)}) : undefined),
  ipv6prefix: (value) => {
    const [, length] = value
    if (length === undefined || length > 128 || value.length > 18) return undefined
    const prefix = Buffer.alloc(16)
    value.copy(prefix, 0, 2)
    return `${formatAddress({family: 6, value: bits(prefix)})}/${length}`
  },
  ifid: (value) => (value.length === 8 ? groups(value, 2) : undefined),
  ether: (value) => (value.length === 6 ? groups(value, 1) : undefined),
}

const writers: {readonly [K in Kind]: (text: string, definition: AttributeDefinition) => Buffer | undefined} = {
  text: (text) => Buffer.from(text, 'utf8'),
  octets: (text) => {
    if (!/^0x/i.test(text)) return Buffer.from(text, 'utf8')
    return /^0x(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text.slice(2), 'hex') : undefined
  },
  integer: (text, {values}) => unsigned(namedNumber(text, values) ?? text, 4),
  integer64: (text) => unsigned(text, 8),
  short: (text) => unsigned(text, 2),
  byte: (text) => unsigned(text, 1),
  date: (text) => {
    if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)) return unsigned(text, 4)
    const seconds = Math.floor(Date.parse(text) / 1000)
    return Number.isNaN(seconds) ? undefined : unsigned(`${seconds}`, 4)
  },
  ipaddr: (text) => {
    const address = parseAddress(text)
    return address?.family === 4 && !text.includes(':') ? octets(address.value, 4) : undefined
  },
  ipv6addr: ipv6Octets,
  ipv6prefix: (text) => {
    const [, addressText = '', lengthText] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
    const address = ipv6Octets(addressText)
    const length = Number(lengthText)
    if (address === undefined || !(length <= 128)) return undefined
    return Buffer.concat([Buffer.from([0, length]), clearHostBits(address, length)])
  },
  ifid: (text) => groupedOctets(text, 4, 4),
  ether: (text) => groupedOctets(text, 6, 2),
}

const expectations: {readonly [K in Kind]: string} = {
  text: 'text',
  octets: '0x and an even number of hexadecimal digits, or text',
  integer: 'a number of 32 bits or the name of a value',
  integer64: 'a number of 64 bits',
  short: 'a number of 16 bits',
  byte: 'a number of 8 bits',
  date: 'an ISO date with its time zone, or seconds since 1970',
  ipaddr: 'an IPv4 address',
  ipv6addr: 'an IPv6 address',
  ipv6prefix: 'an IPv6 prefix such as 2001:db8::/32',
  ifid: 'four groups of four hexadecimal digits',
  ether: 'six groups of two hexadecimal digits',
}

function refused(reason: string): Encoded {
  return {ok: false, reason}
}

/** In text a first octet above 0x1f is no tag but the text (RFC 2868 3.3); an integer always has one (3.1). */
function splitTag(definition: AttributeDefinition, value: Buffer): {tag: number | undefined; content: Buffer} {
  const [first] = value
  if (!definition.tagged || first === undefined) return {tag: undefined, content: value}
  if (definition.kind === 'integer') {
    return value.length === 4 ? {tag: first, content: value.subarray(1)} : {tag: undefined, content: value}
  }
  return first <= MAX_TAG ? {tag: first, content: value.subarray(1)} : {tag: undefined, content: value}
}

function withTag({tagged, kind}: AttributeDefinition, content: Buffer, tag: number | undefined): Buffer | undefined {
  if (!tagged) return content
  if (kind === 'integer') {
    if (content[0] !== 0) return undefined
    return Buffer.concat([Buffer.from([tag ?? 0]), content.subarray(1)])
  }
  return tag === undefined ? content : Buffer.concat([Buffer.from([tag]), content])
}

function namedNumber(text: string, values: ReadonlyMap<string, number>): string | undefined {
  const wanted = text.toLowerCase()
  for (const [name, number] of values) if (name.toLowerCase() === wanted) return `${number}`
  return undefined
}

function unsigned(text: string, size: number): Buffer | undefined {
  if (!/^(?:\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text)) return undefined
  const number = BigInt(text)
  return number >> BigInt(8 * size) === 0n ? octets(number, size) : undefined
}

function bits(value: Buffer): bigint {
  return BigInt(`0x${value.toString('hex')}`)
}

function octets(number: bigint, size: number): Buffer {
  return Buffer.from(number.toString(16).padStart(size * 2, '0'), 'hex')
}

function ipv6Octets(text: string): Buffer | undefined {
  const address = parseAddress(text)
  if (address === undefined || !text.includes(':')) return undefined
  return octets(address.family === 4 ? 0xffff_0000_0000n | address.value : address.value, 16)
}

/** RFC 3162 2.3: bits behind the prefix are zero, and octets behind it may be left out. */
function clearHostBits(address: Buffer, prefixLength: number): Buffer {
  const kept = octets((bits(address) >> BigInt(128 - prefixLength)) << BigInt(128 - prefixLength), 16)
  return kept.subarray(0, Math.ceil(prefixLength / 8))
}

function groups(value: Buffer, size: number): string {
  return (value.toString('hex').match(new RegExp(`.{${size * 2}}`, 'g')) ?? []).join(':')
}

function groupedOctets(text: string, count: number, digits: number): Buffer | undefined {
  const parts = text.split(/[:-]/)
  if (parts.length !== count || !parts.every((p) => /^[0-9a-f]+$/i.test(p) && p.length <= digits)) return undefined
  return Buffer.from(parts.map((p) => p.padStart(digits, '0')).join(''), 'hex')
}
