import {keyText} from '../../src/core/config/option-names.ts'
import {isSecret, type OptionSpec, type OptionType} from '../../src/core/config/schema/option.ts'
import {type Kind, kinds, optionsOf} from '../../src/core/config/schema.ts'
import {Secret} from '../../src/core/secret.ts'
import {type Mark, markOf} from './marks.ts'

/** How a secret can be given. */
export const ways = ['clear', 'protected', 'env', 'file'] as const
export type Way = (typeof ways)[number]

/** Where values that are not written into the file go, and how one is protected. */
export type Places = {
  readonly env: Map<string, string>
  /** Writes a file and gives its absolute path. */
  readonly file: (name: string, content: string) => string
  readonly protect: (secret: Secret) => string
}

/** Values that have to fit the surroundings; `key` of every section or `kind.key` of one. */
export type Values = Readonly<Record<string, string>>

/** The mark that a secret option of a kind has; `generation` tells a rotated secret from the one before. */
export function markOfOption(kind: Kind, option: string, number = 1, generation = 1): Mark {
  return markOf(`[${kind}] ${option} ${number} (${generation})`)
}

/** How many of a numbered option are written. */
const NUMBERS = [1, 2] as const

/** Every secret option of these kinds, as the file has them. */
export function secretsOf(of: readonly Kind[]): readonly {kind: Kind; option: string; number: number | undefined}[] {
  return of.flatMap((kind) =>
    optionsOf(kind)
      .filter(([, spec]) => isSecret(spec))
      .flatMap(([option, spec]) => numbersOf(spec).map((number) => ({kind, option, number}))),
  )
}

/** A file with every section of these kinds and every option in it, made from the schema: none can be forgotten. */
export function markedConfig(
  of: readonly Kind[],
  way: Way,
  {values, places, generation = 1}: {values: Values; places: Places; generation?: number},
): string {
  const lines: string[] = []
  for (const kind of of) {
    lines.push(`[${kind}]`)
    for (const [option, spec] of optionsOf(kind)) {
      for (const number of numbersOf(spec)) {
        const wanted = values[`${kind}.${keyText(option, spec, number)}`] ?? values[keyText(option, spec, number)]
        const fixed = wanted ?? ordinaryValue(spec, number)
        if (fixed === '') continue
        if (!isSecret(spec)) lines.push(`${keyText(option, spec, number)} = ${fixed}`)
        else {
          const mark = markOfOption(kind, option, number, generation).text
          const secret = fixed.replace(MARK, mark)
          lines.push(secretLine(option, spec, {number, way, secret, places}))
        }
      }
    }
  }
  return `${lines.join('\n')}\n`
}

/** Kinds which may stand together in one file. */
export const kindsTogether: readonly Kind[] = kinds.filter((kind) => kind !== 'http_proxy')

/** Stands in a value for the mark of its option. */
const MARK = '<mark>'

function numbersOf({numbered}: OptionSpec): readonly (number | undefined)[] {
  return numbered === undefined ? [undefined] : NUMBERS
}

function secretLine(
  option: string,
  spec: OptionSpec,
  {number, way, secret, places}: {number: number | undefined; way: Way; secret: string; places: Places},
): string {
  const key = keyText(option, spec, number)
  if (way === 'clear') return `${key} = ${secret}`
  if (way === 'protected') {
    return `${keyText(option, spec, number, true)} = ${places.protect(new Secret(secret))}`
  }
  if (way === 'file')
    return `${key} = file:${places.file(`secret-${places.env.size}-${secret.slice(-8)}`, `${secret}\n`)}`
  const variable = `AUTHPROXY_TEST_${places.env.size}`
  places.env.set(variable, secret)
  return `${key} = env:${variable}`
}

/** Something valid for every type: a new type has to be thought of here. */
const ofType: {readonly [Type in OptionType]: string} = {
  secret: MARK,
  skey: MARK,
  'store-url': `redis://user:${MARK}@127.0.0.1:9`,
  boolean: 'true',
  integer: '1',
  port: '9',
  text: 'text',
  host: '127.0.0.1',
  address: '127.0.0.1',
  network: '192.0.2.',
  networks: '192.0.2.0/24',
  endpoint: '127.0.0.1:0',
  'syslog-target': 'udp://127.0.0.1',
  path: 'ca.pem',
  dn: 'DC=example,DC=com',
  'ldap-filter': '(!(cn=nobody))',
  attribute: 'Calling-Station-Id',
  attributes: 'Class, Filter-Id',
  codec: 'utf-8',
  section: '',
  ikey: 'DISIMULATED000000000',
  rikey: 'RISIMULATED000000000',
  'api-host': 'api-00000000.duosecurity.com',
  choice: '',
  choices: '',
}

function ordinaryValue(spec: OptionSpec, number: number | undefined): string {
  if (spec.type === 'network') return `${ofType.network}${number ?? 1}`
  if (isSecret(spec)) return ofType[spec.type]
  return `${spec.default ?? spec.choices?.[0] ?? spec.min ?? ofType[spec.type]}`
}
