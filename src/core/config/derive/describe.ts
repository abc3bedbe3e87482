import {keyText} from '../option-names.ts'
import {type Condition, isSecret, type OptionSpec} from '../schema/option.ts'
import {type Kind, kinds, sectionSpec} from '../schema.ts'

const typeNames: {readonly [Type in OptionSpec['type']]: string} = {
  boolean: 'true or false',
  integer: 'whole number',
  port: 'port, 1 to 65535',
  text: 'text',
  secret: 'secret',
  'store-url': 'redis://, rediss://, redis+sentinel:// or redis+cluster:// with hosts; a secret',
  host: 'host name or IP address',
  address: 'IP address',
  network: 'address, block or range',
  networks: 'addresses, blocks and ranges, separated by commas',
  endpoint: 'address:port',
  'syslog-target': 'udp://, tcp:// or tls:// with host and port',
  path: 'path',
  dn: 'distinguished name',
  'ldap-filter': 'LDAP filter',
  attribute: 'RADIUS attribute',
  attributes: 'RADIUS attributes, separated by commas',
  codec: 'character encoding',
  section: 'section name',
  ikey: 'DI and 18 capital letters and digits',
  skey: 'secret of 40 letters and digits',
  rikey: 'RI and 18 capital letters and digits',
  'api-host': 'host name',
  choice: '',
  choices: '',
}

/** What values an option takes, in a few words. */
export function describeType(spec: OptionSpec): string {
  const {type, choices = [], extensionChoices = [], min, max, unit} = spec
  if (type === 'choice' || type === 'choices') {
    const words = choices.map((choice) => (extensionChoices.includes(choice) ? `${choice} (extension)` : choice))
    return type === 'choice' ? words.join(', ') : `list of ${words.join(', ')}`
  }
  if (type !== 'integer') return typeNames[type]
  const name = unit === undefined ? typeNames.integer : `whole number of ${unit}`
  if (max !== undefined) return `${name}, ${min ?? 0} to ${max}`
  return min === undefined || min === 0 ? name : `${name}, at least ${min}`
}

/** The default, or that there is none. */
export function describeDefault(spec: OptionSpec): string {
  if (spec.defaultDoc !== undefined) return spec.defaultDoc
  if (spec.default === '') return 'empty'
  return spec.default === undefined ? 'none' : String(spec.default)
}

/** How the key is written: host, host_2, ... */
export function describeKey(option: string, spec: OptionSpec): string {
  if (spec.numbered === undefined) return option
  switch (spec.numbered) {
    case 'run':
    case 'sorted':
      return `${option}, ${keyText(option, spec, 2)}, ...`
    case 'counted':
      return `${option}_1, ${option}_2, ...`
    case 'paired':
      return `${option}_N`
  }
}

/** Facts beyond type and default, each a short sentence. */
export function describeNotes(option: string, spec: OptionSpec): string[] {
  const notes: string[] = []
  if (spec.required === true) notes.push('Required.')
  else if (spec.required !== undefined) notes.push(`Required when ${describeCondition(spec.required)}.`)
  if (spec.requires !== undefined) notes.push(`Only when ${describeCondition(spec.requires)}.`)
  if (spec.inheritedFromMain) notes.push('From [main] when the section has none.')
  if (isSecret(spec)) {
    notes.push(
      `May be protected (${keyText(option, spec, spec.numbered && 1, true)}) or a reference (env:NAME, file:/path).`,
    )
  }
  if (spec.aliases !== undefined) notes.push(`Also written ${spec.aliases.join(', ')}.`)
  if (spec.since !== undefined) notes.push(`Since ${spec.since} of the original.`)
  if (spec.atStart) notes.push('A change takes a restart.')
  if (spec.extension) notes.push('Extension.')
  if (spec.deprecated !== undefined) notes.push(`Without effect: ${spec.deprecated}.`)
  if (spec.served === false) notes.push('Not served in this release.')
  return notes
}

function describeCondition({key, is, isNot}: Condition): string {
  if (is !== undefined) return `${key} is ${is.join(' or ')}`
  return isNot === undefined ? `${key} is set` : `${key} is not ${isNot.join(' or ')}`
}

/** The kinds of RADIUS servers that take the common options. */
const commonKinds = ['radius_server_challenge', 'radius_server_auto', 'radius_server_concat'] as const

/** Is it one and the same option in every RADIUS server? */
export function isCommonToServers(kind: Kind, option: string): boolean {
  if (!kind.startsWith('radius_server_')) return false
  const spec = sectionSpec(kind).options[option]
  return commonKinds.every((common) => sectionSpec(common).options[option] === spec)
}

/** Every option that has this name, once for each different meaning, with the kinds of sections it means that in. */
export function meaningsOf(option: string): {readonly spec: OptionSpec; readonly kinds: readonly Kind[]}[] {
  const meanings = new Map<OptionSpec, Kind[]>()
  for (const kind of kinds) {
    const spec = sectionSpec(kind).options[option]
    if (spec !== undefined) meanings.set(spec, [...(meanings.get(spec) ?? []), kind])
  }
  return [...meanings].map(([spec, ofKinds]) => ({spec, kinds: ofKinds}))
}

/** Written as a heading: [ad_client], or [radius_server_*] for all RADIUS servers with the common options. */
export function describeKinds(ofKinds: readonly Kind[]): string {
  const areCommon = commonKinds.every((kind) => ofKinds.includes(kind))
  const names = ofKinds.map((kind) => (areCommon && kind.startsWith('radius_server_') ? 'radius_server_*' : kind))
  return [...new Set(names)].map((name) => `[${name}]`).join(', ')
}
