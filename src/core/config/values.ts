import {posix, win32} from 'node:path'
import {parseSyslogTarget} from '../log/syslog.ts'
import {canonicalAddress, type Network, parseAddress, parseNetwork} from '../network.ts'
import {Secret} from '../secret.ts'
import {LONGEST_TIMER_MS} from '../world.ts'
import type {FindingFields, FindingName} from './codes.ts'
import type {Vocabulary} from './context.ts'
import type {Report, Site} from './diagnostic.ts'
import {dnProblem} from './dn.ts'
import type {OptionSpec} from './schema/option.ts'
import {closest} from './suggest.ts'

/** Any value an option can have. */
export type OptionValue =
  | boolean
  | number
  | string
  | Secret
  | Network
  | readonly Network[]
  | readonly string[]
  | {readonly host: string; readonly port: number}

/** What is wrong with a value: the part of it that is meant, and how to report it once its place is known. */
export type ValueProblem = {readonly span: Span; readonly tell: (report: Report, site: Site) => void}

type Span = {readonly offset: number; readonly length: number}

export type ParsedValue =
  | {readonly ok: true; readonly value: OptionValue; readonly remark?: ValueProblem}
  | {readonly ok: false; readonly problem: ValueProblem}

export type ValueContext = {
  readonly vocabulary: Vocabulary
  readonly platform: string
  /** The folder of the configuration file. */
  readonly confDir: string
}

type Parser = (text: string, spec: OptionSpec, key: string, context: ValueContext) => ParsedValue

/** Reads a value that is not empty, as its option's type wants it. Secrets are checked after references are followed. */
export function parseValue(text: string, spec: OptionSpec, key: string, context: ValueContext): ParsedValue {
  return parsers[spec.type](text, spec, key, context)
}

/** The default of an option, in the form that its values have. */
export function defaultValue(spec: OptionSpec, context: ValueContext): OptionValue | undefined {
  if (spec.default === undefined) return undefined
  if (spec.type === 'path') return absolutePath(String(spec.default), spec, context)
  if (spec.type === 'choices') return [String(spec.default)]
  return spec.default
}

const parsers: {readonly [Type in OptionSpec['type']]: Parser} = {
  boolean: (text, _spec, key) => {
    const word = text.toLowerCase()
    if (word === 'true' || word === 'false') return good(word === 'true')
    const number = integer(text)
    return number === undefined ? bad('notBoolean', {key, shown: shown(text)}, text) : good(number !== 0)
  },
  integer: (text, spec, key) => {
    const number = integer(text)
    if (number === undefined) return bad('notInteger', {key, shown: shown(text), unit: spec.unit ?? ''}, text)
    const {min = 0, max = longestOf(spec.unit)} = spec
    if (number < min || number > max) return bad('outOfBounds', {key, shown: shown(text), min, max}, text)
    return good(number)
  },
  port: (text, _spec, key) => {
    const number = integer(text)
    if (number === undefined || number < 1 || number > 65_535) return bad('notPort', {key, shown: shown(text)}, text)
    return good(number)
  },
  text: (text) => good(text),
  secret: (text) => good(new Secret(text)),
  'store-url': (text, _spec, key, {vocabulary}) =>
    vocabulary.isStoreUrl(text) ? good(new Secret(text)) : bad('notStoreUrl', {key}, text),
  skey: (text, _spec, key) =>
    /^[A-Za-z0-9]{40}$/.test(text) ? good(new Secret(text)) : bad('badSecretKey', {key, length: text.length}, text),
  ikey: (text, _spec, key) => integrationKey(text, key, 'DI'),
  rikey: (text, _spec, key) => integrationKey(text, key, 'RI'),
  host: (text, _spec, key) =>
    isHost(text) ? good(text) : bad('notHost', {key, shown: shown(text), advice: hostAdvice(text)}, text),
  'api-host': (text, _spec, key) => {
    if (!isHost(text)) return bad('notHost', {key, shown: shown(text), advice: hostAdvice(text)}, text)
    const host = text.toLowerCase()
    if (/\.(duosecurity|duofederal)\.com$/.test(host)) return {ok: true, value: text}
    return {ok: true, value: text, remark: problem('oddApiHost', {shown: shown(text)}, whole(text))}
  },
  address: (text, _spec, key) => {
    const canonical = canonicalAddress(text)
    if (canonical === undefined) return bad('notAddress', {key, shown: shown(text)}, text)
    // Two spellings of one address are one socket; without its zone a link-local one cannot be bound.
    return good(text.includes('%') ? text : canonical)
  },
  network: (text, _spec, key) => {
    const parsed = parseNetwork(text)
    return parsed.ok ? good(parsed.network) : bad('notNetwork', {key, shown: shown(text), reason: parsed.reason}, text)
  },
  networks: (text, _spec, key) => {
    const networks: Network[] = []
    for (const item of items(text)) {
      const parsed = parseNetwork(item.text)
      if (!parsed.ok) return badPart('notNetwork', {key, shown: shown(item.text), reason: parsed.reason}, item)
      networks.push(parsed.network)
    }
    return good(networks)
  },
  endpoint: (text, _spec, key) => {
    const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d+)$/.exec(text)
    const host = match?.[1] ?? match?.[2]
    const port = Number(match?.[3])
    if (host === undefined || !isHost(host) || port < 1 || port > 65_535) {
      return bad('notEndpoint', {key, shown: shown(text)}, text)
    }
    return good({host, port})
  },
  'syslog-target': (text, _spec, key) =>
    parseSyslogTarget(text).ok ? good(text) : bad('notSyslogTarget', {key, shown: shown(text)}, text),
  path: (text, spec, _key, context) => good(absolutePath(text, spec, context)),
  dn: (text, _spec, key) => {
    const found = dnProblem(text)
    if (found === undefined) return good(text)
    const span = {offset: found.offset, length: text.length - found.offset}
    return {ok: false, problem: problem('notDn', {key, reason: found.reason}, span)}
  },
  'ldap-filter': (text, _spec, key, {vocabulary}) => {
    const found = vocabulary.ldapFilterProblem(text)
    if (found === undefined) return good(text)
    const span = {offset: found.offset, length: 1}
    return {ok: false, problem: problem('badFilter', {key, reason: found.message}, span)}
  },
  attribute: (text, _spec, key, {vocabulary}) => {
    const name = text.toLowerCase() === 'paloalto' ? 'PaloAlto-Client-Source-IP' : text
    return vocabulary.isAttributeName(name) ? good(name) : bad('unknownAttribute', {key, shown: shown(text)}, text)
  },
  attributes: (text, _spec, key, {vocabulary}) => {
    const names = items(text)
    const unknown = names.find((item) => !vocabulary.isAttributeName(item.text))
    if (unknown !== undefined) return badPart('unknownAttribute', {key, shown: shown(unknown.text)}, unknown)
    const value = names.map((item) => item.text)
    const idle = names.find((item) => vocabulary.staysOnHop(item.text))
    if (idle === undefined) return good(value)
    return {ok: true, value, remark: problem('attributeStays', {key, shown: shown(idle.text)}, spanOf(idle))}
  },
  codec: (text, _spec, key, {vocabulary}) =>
    vocabulary.isCodec(text) ? good(text) : bad('unknownCodec', {key, shown: shown(text)}, text),
  section: (text) => good(text.toLowerCase()),
  choice: (text, spec, key) => {
    const choice = spec.choices?.find((candidate) => candidate.toLowerCase() === text.toLowerCase())
    return choice === undefined ? badChoice(text, spec, key, whole(text)) : good(choice)
  },
  choices: (text, spec, key) => {
    const chosen: string[] = []
    for (const item of items(text)) {
      const word = item.text.toLowerCase()
      if (!spec.choices?.includes(word)) return badChoice(item.text, spec, key, spanOf(item))
      if (chosen.includes(word)) return badPart('repeatedChoice', {key, shown: word}, item)
      chosen.push(word)
    }
    return good(chosen)
  },
}

/** A host name (RFC 1123, underscores allowed as directories have them) or an IP address without brackets. */
function isHost(text: string): boolean {
  if (parseAddress(text) !== undefined) return true
  if (text.length > 253 || /^[\d.]+$/.test(text)) return false
  return /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?$/.test(text)
}

function hostAdvice(text: string): string {
  if (/^[a-z]+:\/\//i.test(text)) return 'write the host alone, without scheme and path'
  if (/^[^:]+:\d+$/.test(text)) return 'write the host alone; the port has an option of its own'
  if (/[,;\s]/.test(text)) return 'write one host; further ones are host_2, host_3 and so on'
  return 'write one host name or IP address'
}

/** Python's int(): a sign, digits, and single underscores between digits. */
function integer(text: string): number | undefined {
  if (!/^[+-]?\d+(_\d+)*$/.test(text)) return undefined
  const number = Number(text.replaceAll('_', ''))
  return Number.isSafeInteger(number) ? number : undefined
}

/** A time beyond what a timer can count would be over at once. */
function longestOf(unit: OptionSpec['unit']): number {
  if (unit === 'seconds') return Math.floor(LONGEST_TIMER_MS / 1000)
  return unit === 'minutes' ? Math.floor(LONGEST_TIMER_MS / 60_000) : Number.MAX_SAFE_INTEGER
}

function integrationKey(text: string, key: string, prefix: 'DI' | 'RI'): ParsedValue {
  if (new RegExp(`^${prefix}[A-Z0-9]{18}$`).test(text)) return good(text)
  const shape = `${prefix} and 18 capital letters and digits`
  return bad('badIntegrationKey', {key, shape, length: text.length}, text)
}

function absolutePath(text: string, spec: OptionSpec, {platform, confDir}: ValueContext): string {
  const path = platform === 'win32' ? win32 : posix
  const isConf = path.basename(confDir).toLowerCase() === 'conf'
  const base = spec.relativeTo === 'install' && isConf ? path.dirname(confDir) : confDir
  return path.resolve(base, text)
}

type Item = {readonly text: string; readonly offset: number}

/** The parts of a list separated by commas, stripped, without empty ones. */
function items(text: string): Item[] {
  const found: Item[] = []
  let offset = 0
  for (const part of text.split(',')) {
    const stripped = part.trim()
    if (stripped !== '') found.push({text: stripped, offset: offset + part.indexOf(stripped)})
    offset += part.length + 1
  }
  return found
}

function badChoice(text: string, {choices = []}: OptionSpec, key: string, span: Span): ParsedValue {
  const fields = {key, shown: shown(text), choices, suggestion: closest(text.toLowerCase(), choices)}
  return {ok: false, problem: problem('notChoice', fields, span)}
}

/**
 * A value in a message: not longer than a person wants to read, and its first line only. What slipped into it with an
 * indented line may be an option of its own, with a secret in it.
 */
function shown(text: string): string {
  const [first = '', ...others] = text.split(/[\n\r\u2028\u2029]+/u)
  const line = first.replace(/\p{Cc}+/gu, ' ')
  return line.length > 60 || others.length > 0 ? `${line.slice(0, 57)}...` : line
}

function good(value: OptionValue): ParsedValue {
  return {ok: true, value}
}

function whole(text: string): Span {
  return {offset: 0, length: text.length}
}

function spanOf(item: Item): Span {
  return {offset: item.offset, length: item.text.length}
}

function problem<Name extends FindingName>(name: Name, fields: FindingFields<Name>, span: Span): ValueProblem {
  return {span, tell: (report, site) => report(name, site, fields)}
}

function bad<Name extends FindingName>(name: Name, fields: FindingFields<Name>, text: string): ParsedValue {
  return {ok: false, problem: problem(name, fields, whole(text))}
}

function badPart<Name extends FindingName>(name: Name, fields: FindingFields<Name>, item: Item): ParsedValue {
  return {ok: false, problem: problem(name, fields, spanOf(item))}
}
