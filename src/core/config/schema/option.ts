import type {Network} from '../../network.ts'
import type {Secret} from '../../secret.ts'

/** What a value of each option type becomes. Choices are not here: they keep their own literals. */
export type ValueTypes = {
  boolean: boolean
  integer: number
  port: number
  text: string
  secret: Secret
  /** Where a shared store is; a password may stand in it. */
  'store-url': Secret
  /** A host name or an IP address. */
  host: string
  /** One IP address. */
  address: string
  /** One address, block, netmask or range. */
  network: Network
  networks: readonly Network[]
  /** An address and port this process listens on. */
  endpoint: {readonly host: string; readonly port: number}
  /** Where syslog is sent: udp://, tcp:// or tls:// with a host. */
  'syslog-target': string
  /** A file or folder, made absolute. */
  path: string
  /** A distinguished name (RFC 4514). */
  dn: string
  /** A search filter (RFC 4515). */
  'ldap-filter': string
  /** A RADIUS attribute by its dictionary name, or the alias paloalto. */
  attribute: string
  attributes: readonly string[]
  codec: string
  /** The name of another section. */
  section: string
  ikey: string
  skey: Secret
  rikey: string
  'api-host': string
}

/** Types whose values never appear anywhere. */
const secretTypes = new Set<OptionType>(['secret', 'skey', 'store-url'])

export function isSecret({type}: OptionSpec): boolean {
  return secretTypes.has(type)
}

export type OptionType = keyof ValueTypes | 'choice' | 'choices'

/**
 * How a key is numbered: `run` is key (or key_1), key_2, key_3 without a gap; `sorted` is the same with gaps allowed;
 * `counted` is key_1, key_2 without a gap; `paired` is key_N together with its partner of the same number.
 */
export type Numbering = 'run' | 'sorted' | 'counted' | 'paired'

/** Another option of the section, and the values of it that the rule is about; no values: given at all. */
export type Condition = {readonly key: string; readonly is?: readonly string[]; readonly isNot?: readonly string[]}

/** One option of the configuration file: everything that is known about it, as data. */
export type OptionSpec = {
  readonly type: OptionType
  /** What it does, one to three sentences. */
  readonly doc: string
  readonly default?: string | number | boolean
  /** For the docs, when the default is worked out from other options. */
  readonly defaultDoc?: string
  /** Worked out while loading when the file does not say it, so that it is always there. */
  readonly inferred?: true
  readonly required?: true | Condition
  readonly example?: string
  readonly choices?: readonly string[]
  /** Choices which the original does not have. */
  readonly extensionChoices?: readonly string[]
  /** For `section`: what kind of section it names; client where absent. */
  readonly ofRole?: 'client' | 'server'
  readonly min?: number
  /** Where absent, and the number a time: what a timer can count, 24 days. */
  readonly max?: number
  readonly unit?: 'seconds' | 'minutes' | 'octets'
  readonly numbered?: Numbering
  /** The numbers are those of this option, and every one of them that is missing has the default. */
  readonly follows?: string
  /** For `paired`: the option of the same number that must stand beside it. */
  readonly partner?: string
  /** The release of the original that brought it, where it is known; absent: 5.0 or earlier. */
  readonly since?: string
  /** Has an effect only when this holds. */
  readonly requires?: Condition
  /** Other spellings of the same option. */
  readonly aliases?: readonly string[]
  /** Read at the start of the process only: a reload takes no notice of it. */
  readonly atStart?: true
  /** Ours: the original does not know it. */
  readonly extension?: true
  /** Takes the value of [main] when the section has none of its own. */
  readonly inheritedFromMain?: true
  /** Read and checked, but without effect in this release. */
  readonly served?: false
  /** Without effect for good: what to do instead. */
  readonly deprecated?: string
  /** What to know about safety before it is changed. */
  readonly security?: string
  /** Relative paths start at the folder of the configuration file, or at the folder above it. */
  readonly relativeTo?: 'conf' | 'install'
}

export type OptionSpecs = {readonly [key: string]: OptionSpec}

export type SectionRole = 'main' | 'client' | 'server' | 'other'

export type SectionSpec = {
  readonly doc: string
  readonly role: SectionRole
  /** Read and checked, but nothing runs for it in this release. */
  readonly served?: false
  /** Why it will not be served, or what to use instead. */
  readonly notServedDoc?: string
  /** May stand only once, and without a number. */
  readonly single?: true
  readonly extension?: true
  readonly options: OptionSpecs
}

/** A RADIUS client entry: `network` from radius_ip_N, `secret` from radius_secret_N. */
export type ClientEntry = {readonly number: number; readonly network: Network; readonly secret: Secret}

type One<O extends OptionSpec> = O extends {type: 'choice'; choices: readonly (infer C)[]}
  ? C
  : O extends {type: 'choices'; choices: readonly (infer C)[]}
    ? readonly C[]
    : O['type'] extends keyof ValueTypes
      ? ValueTypes[O['type']]
      : never

type Present = {required: true} | {default: string | number | boolean} | {inferred: true}

/** The value an option has in the typed Config. */
export type ValueOf<O extends OptionSpec> = O extends {numbered: 'paired'}
  ? readonly ClientEntry[]
  : O extends {numbered: Numbering}
    ? readonly One<O>[]
    : O extends Present
      ? One<O>
      : One<O> | undefined

/** Options as they are in the typed Config: the secrets of client entries are inside their networks' entries. */
export type OptionsOf<S extends OptionSpecs> = {
  readonly [K in keyof S as S[K] extends {type: 'secret'; numbered: 'paired'} ? never : K]: ValueOf<S[K]>
}
