import type {BerWriter} from 'ldapts'

/**
 * A search filter as data (RFC 4511 4.5.1). Values are octets and are never put into filter text, so that no user
 * name can change what is searched.
 */
export type SearchFilter =
  | {readonly kind: 'and' | 'or'; readonly filters: readonly SearchFilter[]}
  | {readonly kind: 'not'; readonly filter: SearchFilter}
  | {
      readonly kind: 'equal' | 'greater-or-equal' | 'less-or-equal' | 'approximate'
      readonly attribute: string
      readonly value: Buffer
    }
  | {readonly kind: 'present'; readonly attribute: string}
  | {
      readonly kind: 'substrings'
      readonly attribute: string
      readonly initial: Buffer | undefined
      readonly any: readonly Buffer[]
      readonly final: Buffer | undefined
    }
  | {
      readonly kind: 'extensible'
      readonly attribute: string | undefined
      readonly rule: string | undefined
      readonly dnAttributes: boolean
      readonly value: Buffer
    }

export function and(...filters: readonly (SearchFilter | undefined)[]): SearchFilter {
  return {kind: 'and', filters: filters.filter((filter) => filter !== undefined)}
}

export function or(...filters: readonly (SearchFilter | undefined)[]): SearchFilter {
  return {kind: 'or', filters: filters.filter((filter) => filter !== undefined)}
}

export function equal(attribute: string, value: string): SearchFilter {
  return {kind: 'equal', attribute, value: Buffer.from(value, 'utf8')}
}

export const present = (attribute: string): SearchFilter => ({kind: 'present', attribute})

/** LDAP_MATCHING_RULE_IN_CHAIN: Active Directory follows the whole chain of groups ([MS-ADTS] 3.1.1.3.4.4.3). */
export function inChain(attribute: string, dn: string): SearchFilter {
  return {
    kind: 'extensible',
    attribute,
    rule: '1.2.840.113556.1.4.1941',
    dnAttributes: false,
    value: Buffer.from(dn, 'utf8'),
  }
}

/** Context tags of the filter choice (RFC 4511 4.5.1). */
const filterTag = {
  and: 0xa0,
  or: 0xa1,
  not: 0xa2,
  equal: 0xa3,
  substrings: 0xa4,
  'greater-or-equal': 0xa5,
  'less-or-equal': 0xa6,
  present: 0x87,
  approximate: 0xa8,
  extensible: 0xa9,
} as const

const octetString = 0x04

export function writeFilter(writer: BerWriter, filter: SearchFilter): void {
  if (filter.kind === 'present') {
    writer.writeString(filter.attribute, filterTag.present)
    return
  }
  writer.startSequence(filterTag[filter.kind])
  switch (filter.kind) {
    case 'and':
    case 'or':
      for (const part of filter.filters) writeFilter(writer, part)
      break
    case 'not':
      writeFilter(writer, filter.filter)
      break
    case 'substrings':
      writer.writeString(filter.attribute)
      writer.startSequence()
      if (filter.initial) writer.writeBuffer(filter.initial, 0x80)
      for (const part of filter.any) writer.writeBuffer(part, 0x81)
      if (filter.final) writer.writeBuffer(filter.final, 0x82)
      writer.endSequence()
      break
    case 'extensible':
      if (filter.rule !== undefined) writer.writeString(filter.rule, 0x81)
      if (filter.attribute !== undefined) writer.writeString(filter.attribute, 0x82)
      writer.writeBuffer(filter.value, 0x83)
      if (filter.dnAttributes) writer.writeBoolean(true, 0x84)
      break
    default:
      writer.writeString(filter.attribute)
      writer.writeBuffer(filter.value, octetString)
  }
  writer.endSequence()
}
