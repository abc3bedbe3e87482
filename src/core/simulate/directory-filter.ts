import {
  AndFilter,
  ApproximateFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  GreaterThanEqualsFilter,
  LessThanEqualsFilter,
  NotFilter,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from 'ldapts'
import {type DirectoryEntry, type DirectoryTree, dnKey} from './directory-entries.ts'

/** LDAP_MATCHING_RULE_IN_CHAIN ([MS-ADTS] 3.1.1.3.4.4.3). */
const inChainRule = '1.2.840.113556.1.4.1941'

/** Three values, since a rule or filter nobody knows is neither true nor false (RFC 4511 4.5.1.7). */
type Truth = boolean | undefined

export function matches(filter: Filter, entry: DirectoryEntry, tree: DirectoryTree): boolean {
  return evaluate(filter, entry, tree) === true
}

function evaluate(filter: Filter, entry: DirectoryEntry, tree: DirectoryTree): Truth {
  if (filter instanceof AndFilter) return all(filter.filters.map((part) => evaluate(part, entry, tree)))
  if (filter instanceof OrFilter) return any(filter.filters.map((part) => evaluate(part, entry, tree)))
  if (filter instanceof NotFilter) {
    const inner = evaluate(filter.filter, entry, tree)
    return inner === undefined ? undefined : !inner
  }
  if (filter instanceof PresenceFilter) return values(entry, filter.attribute).length > 0
  if (filter instanceof EqualityFilter || filter instanceof ApproximateFilter) {
    const wanted = folded(filter.attribute, Buffer.from(filter.value).toString('utf8'))
    return values(entry, filter.attribute).includes(wanted)
  }
  if (filter instanceof GreaterThanEqualsFilter) {
    return values(entry, filter.attribute).some((value) => value >= folded(filter.attribute, filter.value))
  }
  if (filter instanceof LessThanEqualsFilter) {
    return values(entry, filter.attribute).some((value) => value <= folded(filter.attribute, filter.value))
  }
  if (filter instanceof SubstringFilter) return values(entry, filter.attribute).some((value) => hasParts(value, filter))
  if (filter instanceof ExtensibleFilter && filter.rule === inChainRule) return tree.isInChain(entry.dn, filter.value)
  return undefined
}

function all(parts: readonly Truth[]): Truth {
  if (parts.includes(false)) return false
  return parts.includes(undefined) ? undefined : true
}

function any(parts: readonly Truth[]): Truth {
  if (parts.includes(true)) return true
  return parts.includes(undefined) ? undefined : false
}

function values(entry: DirectoryEntry, attribute: string): readonly string[] {
  const name = attribute.toLowerCase()
  return (entry.attributes.get(name) ?? []).map((value) => folded(name, value.toString('utf8')))
}

/** Case does not count; DNs have several spellings. */
function folded(attribute: string, value: string): string {
  return /^(memberof|distinguishedname|member)$/i.test(attribute) ? dnKey(value) : value.toLowerCase()
}

function hasParts(value: string, filter: SubstringFilter): boolean {
  const [initial, final] = [filter.initial.toLowerCase(), filter.final.toLowerCase()]
  if (!value.startsWith(initial)) return false
  let at = initial.length
  for (const part of filter.any) {
    const found = value.indexOf(part.toLowerCase(), at)
    if (found < 0) return false
    at = found + part.length
  }
  return value.length - final.length >= at && value.endsWith(final)
}
