import {isIPv4, isIPv6} from 'node:net'

/** An address as a number: 32 bits of family 4, 128 bits of family 6. IPv4-mapped IPv6 never occurs, it is the IPv4 address. */
export type IpAddress = {readonly family: 4 | 6; readonly value: bigint}

/** The addresses from `first` to `last`, both included. `text` is what was written, trimmed. */
export type Network = {
  readonly family: 4 | 6
  readonly first: bigint
  readonly last: bigint
  readonly text: string
}

export type ParsedNetwork =
  | {readonly ok: true; readonly network: Network}
  /** `reason` is a sentence part for a person: "the prefix length of an IPv4 network is 0 to 32". */
  | {readonly ok: false; readonly reason: string}

/** Reads an IPv4 or IPv6 address. A zone id ("%eth0") is left out; "::ffff:192.0.2.1" is 192.0.2.1. */
export function parseAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return {family: 4, value: ipv4Value(text)}
  // Asked first: compiling Node's pattern for IPv6 takes 5 ms of a start.
  if (!text.includes(':') || !isIPv6(text)) return undefined
  const zone = text.indexOf('%')
  const value = ipv6Value(zone === -1 ? text : text.slice(0, zone))
  return isMapped(value) ? {family: 4, value: value & IPV4_MASK} : {family: 6, value}
}

/** The canonical text: dotted for IPv4, RFC 5952 for IPv6. */
export function formatAddress({family, value}: IpAddress): string {
  return family === 4 ? ipv4Text(value) : ipv6Text(value)
}

/** The canonical text of an address that may be written otherwise; undefined for anything else. */
export function canonicalAddress(text: string): string | undefined {
  // Node takes no leading zeros: there is one way to write an IPv4 address, and nothing to read and write again.
  if (isIPv4(text)) return text
  const address = parseAddress(text)
  return address && formatAddress(address)
}

/** "192.0.2.1:1812" or "[2001:db8::1]:1812". */
export function formatEndpoint({address, port}: {readonly address: string; readonly port: number}): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/**
 * Reads an address ("192.0.2.1"), a network with a prefix length ("192.0.2.0/24") or a mask ("192.0.2.0/255.255.255.0",
 * also the inverted mask 0.0.0.255), or a range ("192.0.2.10-192.0.2.20"), of either family.
 * Host bits behind the prefix are cleared: "192.0.2.7/24" is 192.0.2.0/24, as Python's non-strict networks have it.
 */
export function parseNetwork(input: string): ParsedNetwork {
  const text = input.trim()
  const slash = text.indexOf('/')
  if (slash !== -1) return parsePrefix(text, text.slice(0, slash).trim(), text.slice(slash + 1).trim())
  const dash = text.indexOf('-')
  if (dash !== -1) return parseRange(text, text.slice(0, dash).trim(), text.slice(dash + 1).trim())
  const address = parseAddress(text)
  if (address === undefined) return notAnAddress(text)
  return {ok: true, network: {family: address.family, first: address.value, last: address.value, text}}
}

export function contains(network: Network, address: IpAddress): boolean {
  return network.family === address.family && network.first <= address.value && address.value <= network.last
}

/** Sorts the network with fewer addresses before the one with more: the first that contains an address is its most specific. */
export function compareSpecificity(a: Network, b: Network): number {
  const difference = a.last - a.first - (b.last - b.first)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

const IPV4_MASK = 0xffff_ffffn
const ALL_ONES = {4: IPV4_MASK, 6: (1n << 128n) - 1n} as const
const WIDTH = {4: 32, 6: 128} as const
const MAPPED_PREFIX_BITS = 96

function parsePrefix(text: string, base: string, suffix: string): ParsedNetwork {
  const address = parseAddress(base)
  if (address === undefined) return notAnAddress(base)
  const {family} = address
  const prefix = /^\d{1,3}$/.test(suffix) ? prefixLength(Number(suffix), base, family) : maskLength(suffix, family)
  if (!prefix.ok) return prefix
  const hostBits = ALL_ONES[family] >> BigInt(prefix.length)
  const first = address.value & ~hostBits
  return {ok: true, network: {family, first, last: first | hostBits, text}}
}

type PrefixLength = {ok: true; length: number} | {ok: false; reason: string}

function prefixLength(written: number, base: string, family: 4 | 6): PrefixLength {
  const mapped = family === 4 && base.includes(':')
  const length = mapped ? written - MAPPED_PREFIX_BITS : written
  if (length >= 0 && length <= WIDTH[family]) return {ok: true, length}
  if (mapped) return {ok: false, reason: 'the prefix length of an IPv4-mapped network is 96 to 128'}
  return {ok: false, reason: `the prefix length of an IPv${family} network is 0 to ${WIDTH[family]}`}
}

function maskLength(suffix: string, family: 4 | 6): PrefixLength {
  const mask = parseAddress(suffix)
  if (mask === undefined) return {ok: false, reason: `${quoted(suffix)} is neither a prefix length nor a netmask`}
  if (mask.family !== family) return {ok: false, reason: 'the address and the netmask are of different IP versions'}
  const length = leadingOnes(mask.value, family) ?? leadingOnes(mask.value ^ ALL_ONES[family], family)
  if (length === undefined) return {ok: false, reason: `${suffix} is not a netmask: its one bits are not in one run`}
  return {ok: true, length}
}

function leadingOnes(mask: bigint, family: 4 | 6): number | undefined {
  const hostBits = mask ^ ALL_ONES[family]
  if ((hostBits & (hostBits + 1n)) !== 0n) return undefined
  return hostBits === 0n ? WIDTH[family] : WIDTH[family] - hostBits.toString(2).length
}

function parseRange(text: string, from: string, to: string): ParsedNetwork {
  const first = parseAddress(from)
  if (first === undefined) return notAnAddress(from)
  const last = parseAddress(to)
  if (last === undefined) return notAnAddress(to)
  if (first.family !== last.family) return {ok: false, reason: 'the ends of the range are of different IP versions'}
  if (first.value > last.value) return {ok: false, reason: 'the range ends before it starts'}
  return {ok: true, network: {family: first.family, first: first.value, last: last.value, text}}
}

function notAnAddress(text: string): {ok: false; reason: string} {
  return {ok: false, reason: text === '' ? 'an IP address is missing' : `${quoted(text)} is not an IP address`}
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text)
}

function isMapped(value: bigint): boolean {
  return value >> 32n === 0xffffn
}

function ipv4Value(text: string): bigint {
  let value = 0
  for (const octet of text.split('.')) value = value * 256 + Number(octet)
  return BigInt(value)
}

/** `text` is a valid IPv6 address without zone. */
function ipv6Value(text: string): bigint {
  const gap = text.indexOf('::')
  const head = ipv6Groups(gap === -1 ? text : text.slice(0, gap))
  const tail = ipv6Groups(gap === -1 ? '' : text.slice(gap + 2))
  const missing = Array<number>(8 - head.length - tail.length).fill(0)
  let value = 0n
  for (const group of [...head, ...missing, ...tail]) value = (value << 16n) | BigInt(group)
  return value
}

function ipv6Groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const dotted = Number(ipv4Value(group))
    return [Math.floor(dotted / 0x1_0000), dotted % 0x1_0000]
  })
}

function ipv4Text(value: bigint): string {
  const number = Number(value)
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.')
}

function ipv6Text(value: bigint): string {
  const groups = Array.from({length: 8}, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  const run = longestZeroRun(groups)
  if (run.length < 2) return groups.join(':')
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`
}

function longestZeroRun(groups: readonly string[]): {start: number; length: number} {
  let best = {start: 0, length: 0}
  let start = 0
  for (const [i, group] of groups.entries()) {
    if (group !== '0') start = i + 1
    else if (i + 1 - start > best.length) best = {start, length: i + 1 - start}
  }
  return best
}
