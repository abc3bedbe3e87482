import type {Secret} from '../secret.ts'
import type {ConfigContext} from './context.ts'
import type {Report, Site} from './diagnostic.ts'
import type {MatchedOption} from './option-names.ts'
import {referenceIn, resolveReference} from './references.ts'
import {type Entry, placeInValue, strip} from './scanner.ts'
import {isSecret, type OptionSpec} from './schema/option.ts'
import {type OptionValue, parseValue, type ValueContext} from './values.ts'

export type Reading = {
  readonly context: ConfigContext
  readonly values: ValueContext
  readonly report: Report
}

/** `absent`: as if the line were not there. A value of undefined is unusable (and reported) or was not to be resolved. */
export type ReadValue = {readonly kind: 'given'; readonly value: OptionValue | undefined} | {readonly kind: 'absent'}

/** Reads the value of one entry. `site` is where the value stands. */
export function readValue(entry: Entry, match: MatchedOption, site: Site, reading: Reading): ReadValue {
  const {spec} = match
  const text = strip(entry.value)
  if (text === '') return readEmpty(entry, spec, site, reading.report)
  if (text.includes('\n') && !severalLines.has(spec.type)) reading.report('multilineValue', site, {key: entry.key})
  if (/^(["']).*\1$/s.test(text) && text.length > 1) reading.report('quotedValue', site, {key: entry.key})
  if (match.isProtected) return given(unprotected(text, entry, spec, site, reading))
  if (isSecret(spec) && referenceIn(text, reading.context.platform) !== undefined) {
    return given(referred(text, entry, spec, site, reading))
  }
  return given(parsed(text, entry, spec, site, reading))
}

/** Types for which an empty value may as well not be there. */
const optionalTypes = new Set<OptionSpec['type']>([
  'text',
  'host',
  'address',
  'networks',
  'path',
  'dn',
  'ldap-filter',
  'attribute',
  'attributes',
  'section',
  'endpoint',
  'syslog-target',
])

/** Types whose values may go on in further lines. */
const severalLines = new Set<OptionSpec['type']>(['text', 'networks', 'attributes', 'choices', 'dn', 'ldap-filter'])

function readEmpty(entry: Entry, spec: OptionSpec, site: Site, report: Report): ReadValue {
  if (spec.default === '') return given('')
  if (spec.required !== true && optionalTypes.has(spec.type)) {
    report('emptyOptional', site, {key: entry.key})
    return {kind: 'absent'}
  }
  report('emptyValue', site, {key: entry.key})
  return given(undefined)
}

function parsed(
  text: string,
  entry: Entry,
  spec: OptionSpec,
  site: Site,
  {values, report}: Reading,
): OptionValue | undefined {
  const result = parseValue(text, spec, entry.key, values)
  const problem = result.ok ? result.remark : result.problem
  if (problem === undefined) return result.ok ? result.value : undefined
  if (!result.ok && !isSecret(spec) && hasCommentBehind(text, spec, entry.key, values)) {
    report('commentInValue', site, {key: entry.key})
    return undefined
  }
  const at = placeInValue(entry, entry.value.indexOf(text) + problem.span.offset)
  problem.tell(report, {...site, ...at, length: text.includes('\n') ? 0 : problem.span.length})
  return result.ok ? result.value : undefined
}

/** Would the value be right without what stands behind a space and a comment sign? */
function hasCommentBehind(text: string, spec: OptionSpec, key: string, values: ValueContext): boolean {
  const cut = /^(\S.*?)\s+[;#]/s.exec(text)?.[1]
  return cut !== undefined && parseValue(cut, spec, key, values).ok
}

function unprotected(
  text: string,
  entry: Entry,
  spec: OptionSpec,
  site: Site,
  reading: Reading,
): OptionValue | undefined {
  if (!reading.context.resolve) return undefined
  const opened = reading.context.unprotect(text)
  if (opened.ok) return fromElsewhere(opened.secret, entry, spec, site, reading)
  reading.report('unreadableProtected', site, {key: entry.key, reason: opened.reason})
  return undefined
}

function referred(text: string, entry: Entry, spec: OptionSpec, site: Site, reading: Reading): OptionValue | undefined {
  if (!reading.context.resolve) return undefined
  const resolved = resolveReference(text, reading.context)
  if (resolved.kind === 'resolved') return fromElsewhere(resolved.secret, entry, spec, site, reading)
  if (resolved.kind === 'unresolved') {
    const {reference, reason} = resolved
    reading.report('unresolvedReference', site, {key: entry.key, reference, reason})
  }
  return undefined
}

/** A secret from elsewhere has the same form as one in the file. */
function fromElsewhere(
  secret: Secret,
  entry: Entry,
  spec: OptionSpec,
  site: Site,
  {values, report}: Reading,
): OptionValue | undefined {
  const result = parseValue(secret.reveal(), spec, entry.key, values)
  if (!result.ok) result.problem.tell(report, site)
  return result.ok ? result.value : undefined
}

function given(value: OptionValue | undefined): ReadValue {
  return {kind: 'given', value}
}
