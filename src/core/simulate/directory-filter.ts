import type {BerReader} from 'ldapts'
import {type DirectoryEntry, type DirectoryTree, dnKey} from './directory-entries.ts'

/** Three values, since a rule or filter nobody knows is neither true nor false (RFC 4511 4.5.1.7). */
type Truth = boolean | undefined

export type DirectoryFilter = (entry: DirectoryEntry, tree: DirectoryTree) => Truth

/** LDAP_MATCHING_RULE_IN_CHAIN ([MS-ADTS] 3.1.1.3.4.4.3). */
const inChainRule = '1.2.840.113556.1.4.1941'

const MAX_DEPTH = 50

/**
 * Reads a filter as a test of entries (RFC 4511 4.5.1). Throws like the reader on what is none. The package's own
 * filter parser is not used: it reads `present` from the wrong place and stumbles over `:dn:`.
 */
export function readFilter(reader: BerReader, depth = 0): DirectoryFilter {
  if (depth > MAX_DEPTH) throw new Error('filters inside one another without end')
  const tag = reader.peek()
  if (tag === 0x87) return isPresent(text(reader, 0x87))
  if (tag === null || reader.readSequence() === null) throw new Error('no filter')
  const end = reader.offset + reader.length
  if (reader.length < 0 || reader.length > reader.remain) throw new Error('a filter longer than its request')
  switch (tag) {
    case 0xa0:
      return all(readList(reader, end, depth))
    case 0xa1:
      return any(readList(reader, end, depth))
    case 0xa2:
      return not(readFilter(reader, depth + 1))
    case 0xa3:
    case 0xa8:
      return compares(text(reader), text(reader), (value, wanted) => value === wanted)
    case 0xa5:
      return compares(text(reader), text(reader), (value, wanted) => value >= wanted)
    case 0xa6:
      return compares(text(reader), text(reader), (value, wanted) => value <= wanted)
    case 0xa4:
      return readSubstrings(reader)
    case 0xa9:
      return readExtensible(reader, end)
    default:
      throw new Error('a filter that is not served')
  }
}

function readList(reader: BerReader, end: number, depth: number): readonly DirectoryFilter[] {
  const parts: DirectoryFilter[] = []
  while (reader.offset < end) parts.push(readFilter(reader, depth + 1))
  return parts
}

function all(parts: readonly DirectoryFilter[]): DirectoryFilter {
  return (entry, tree) => {
    const truths = parts.map((part) => part(entry, tree))
    if (truths.includes(false)) return false
    return truths.includes(undefined) ? undefined : true
  }
}

function any(parts: readonly DirectoryFilter[]): DirectoryFilter {
  return (entry, tree) => {
    const truths = parts.map((part) => part(entry, tree))
    if (truths.includes(true)) return true
    return truths.includes(undefined) ? undefined : false
  }
}

function not(part: DirectoryFilter): DirectoryFilter {
  return (entry, tree) => {
    const truth = part(entry, tree)
    return truth === undefined ? undefined : !truth
  }
}

function isPresent(attribute: string): DirectoryFilter {
  return (entry) => values(entry, attribute).length > 0
}

function compares(
  attribute: string,
  wanted: string,
  holds: (value: string, wanted: string) => boolean,
): DirectoryFilter {
  const other = folded(attribute, wanted)
  return (entry) => values(entry, attribute).some((value) => holds(value, other))
}

function readSubstrings(reader: BerReader): DirectoryFilter {
  const attribute = text(reader)
  let pattern = ''
  let final = ''
  reader.readSequence()
  const end = reader.offset + reader.length
  while (reader.offset < end) {
    const tag = reader.peek() ?? 0
    const part = text(reader, tag).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    if (tag === 0x80) pattern = part
    else if (tag === 0x81) pattern += `.*${part}`
    else final = part
  }
  const shape = new RegExp(`^${pattern}.*${final}$`, 'isu')
  return (entry) => values(entry, attribute).some((value) => shape.test(value))
}

function readExtensible(reader: BerReader, end: number): DirectoryFilter {
  const parts = new Map<number, string>()
  while (reader.offset < end) {
    const tag = reader.peek() ?? 0
    parts.set(tag, text(reader, tag))
  }
  const [rule, wanted = ''] = [parts.get(0x81), parts.get(0x83)]
  return rule === inChainRule ? (entry, tree) => tree.isInChain(entry.dn, wanted) : () => undefined
}

function values(entry: DirectoryEntry, attribute: string): readonly string[] {
  const name = attribute.toLowerCase()
  return (entry.attributes.get(name)?.values ?? []).map((value) => folded(name, value.toString('utf8')))
}

/** Case does not count; DNs have several spellings. */
function folded(attribute: string, value: string): string {
  return /^(memberof|distinguishedname|member)$/i.test(attribute) ? dnKey(value) : value.toLowerCase()
}

function text(reader: BerReader, tag = 0x04): string {
  const value = reader.readString(tag)
  if (value === null) throw new Error('a filter that is cut')
  return value
}
