import {adClient, duoOnlyClient, radiusClient} from './schema/clients.ts'
import {main} from './schema/main.ts'
import type {OptionSpec, OptionsOf, SectionSpec} from './schema/option.ts'
import {cloud, httpProxy, sso} from './schema/others.ts'
import {
  ldapServerAuto,
  radiusServerAuto,
  radiusServerChallenge,
  radiusServerConcat,
  radiusServerDuoOnly,
  radiusServerEap,
  radiusServerIframe,
} from './schema/servers.ts'

/** Every section of authproxy.cfg: the one truth from which types, parsing, checks, docs, schema and sample are derived. */
export const schema = {
  main,
  ad_client: adClient,
  radius_client: radiusClient,
  duo_only_client: duoOnlyClient,
  radius_server_challenge: radiusServerChallenge,
  radius_server_auto: radiusServerAuto,
  radius_server_concat: radiusServerConcat,
  radius_server_duo_only: radiusServerDuoOnly,
  radius_server_eap: radiusServerEap,
  radius_server_iframe: radiusServerIframe,
  ldap_server_auto: ldapServerAuto,
  http_proxy: httpProxy,
  cloud,
  sso,
} as const satisfies {readonly [kind: string]: SectionSpec}

type Schema = typeof schema

export type Kind = keyof Schema

export type SectionKind = Exclude<Kind, 'main'>

export type MainOptions = OptionsOf<Schema['main']['options']>

/** One section of the file: `name` is as written in the brackets, lower-cased, `line` is where it begins. */
export type SectionOf<Kind extends SectionKind> = {
  readonly kind: Kind
  readonly name: string
  readonly line: number
  readonly options: OptionsOf<Schema[Kind]['options']>
}

export type Section = {[Kind in SectionKind]: SectionOf<Kind>}[SectionKind]

/** A file that was read and checked: no error in it, defaults and the push-downs of [main] applied, clients resolved. */
export type Config = {readonly path: string; readonly main: MainOptions; readonly sections: readonly Section[]}

/** All kinds, in the order of the docs. */
export const kinds: readonly Kind[] = Object.keys(schema).filter(isKind)

/** The schema of a section kind, without its literal types. */
export function sectionSpec(kind: Kind): SectionSpec {
  return schema[kind]
}

/** The section kind that a name in brackets stands for: the name without its trailing number. */
export function kindOf(sectionName: string): Kind | undefined {
  const kind = sectionName.replace(/\d+$/, '')
  return isKind(kind) ? kind : undefined
}

export function isKind(text: string): text is Kind {
  return Object.hasOwn(schema, text)
}

type Options = readonly (readonly [key: string, spec: OptionSpec])[]

// Listed once: checking a file asks for them for every section.
const optionLists = new Map<Kind, Options>(kinds.map((kind) => [kind, Object.entries(sectionSpec(kind).options)]))

/** The options of a kind in the order of the docs. */
export function optionsOf(kind: Kind): Options {
  return optionLists.get(kind) ?? []
}
