import {isSecret, type OptionSpec} from './schema/option.ts'
import {type Kind, kinds, optionsOf} from './schema.ts'
import {closest} from './suggest.ts'

/** What a key in the file stands for. */
export type MatchedOption = {
  /** The name in the schema: host for host_2. */
  readonly option: string
  readonly spec: OptionSpec
  /** For numbered options; host is number 1. */
  readonly number: number | undefined
  readonly isProtected: boolean
}

export type UnmatchedOption =
  | {readonly kind: 'number-missing'; readonly suggestion: string}
  | {readonly kind: 'misspelled'; readonly suggestion: string}
  | {readonly kind: 'misplaced'; readonly owners: readonly string[]}
  | {readonly kind: 'unknown'}

type Stem = {readonly option: string; readonly spec: OptionSpec; readonly isProtected: boolean}

/** Finds the option of a section kind that a lower-cased key means. */
export function matchOption(kind: Kind, key: string): MatchedOption | undefined {
  const stems = stemsOf(kind)
  const plain = stems.get(key)
  if (plain !== undefined) {
    const numbered = plain.spec.numbered
    if (numbered === undefined) return {...plain, number: undefined}
    return numbered === 'run' || numbered === 'sorted' ? {...plain, number: 1} : undefined
  }
  const match = /^(.+)_(\d{1,9})$/.exec(key)
  const stem = match === null ? undefined : stems.get(match[1] ?? '')
  if (stem?.spec.numbered === undefined) return undefined
  const number = Number(match?.[2])
  return number === 0 && stem.spec.numbered !== 'paired' ? undefined : {...stem, number}
}

/** Why a key means nothing in a section of this kind. */
export function explainUnmatched(kind: Kind, key: string): UnmatchedOption {
  const stems = stemsOf(kind)
  if (stems.has(key)) return {kind: 'number-missing', suggestion: `${key}_1`}
  const owners = ownersOf(key)
  if (owners.length > 0) return {kind: 'misplaced', owners}
  const {stem, number} = splitNumber(key)
  const near = closest(stem, [...stems.keys()])
  if (near === undefined) return {kind: 'unknown'}
  const isNumbered = stems.get(near)?.spec.numbered !== undefined
  const isCounted = isNumbered && number === '' && ['counted', 'paired'].includes(stems.get(near)?.spec.numbered ?? '')
  const suffix = !isNumbered ? '' : isCounted ? '_1' : number === '' ? '' : `_${number}`
  // A number that no option can have, as host_0.
  if (near + suffix === key) {
    const of = stems.get(near)
    if (of === undefined) return {kind: 'unknown'}
    return {kind: 'misspelled', suggestion: keyText(of.option, of.spec, 1, of.isProtected)}
  }
  return {kind: 'misspelled', suggestion: near + suffix}
}

/** A key of the file for an option: `radius_secret_protected_2` for the second protected radius_secret. */
export function keyText(option: string, spec: OptionSpec, number?: number, isProtected = false): string {
  const name = numberedStem(option, isProtected)
  if (spec.numbered === undefined || number === undefined) return name
  return number === 1 && (spec.numbered === 'run' || spec.numbered === 'sorted') ? name : `${name}_${number}`
}

/** What a key begins with, before its number. */
export function numberedStem(name: string, isProtected: boolean): string {
  return isProtected ? `${name}_protected` : name
}

/** The section kinds that have an option, the RADIUS servers under one name. */
function ownersOf(key: string): string[] {
  const owners = new Set<string>()
  for (const kind of kinds) {
    if (matchOption(kind, key) === undefined) continue
    owners.add(kind.startsWith('radius_server_') && isShared(key) ? 'radius_server_*' : kind)
  }
  return [...owners]
}

const sharers = ['radius_server_challenge', 'radius_server_auto', 'radius_server_concat'] as const

/** Is it an option of every RADIUS server that this release runs or will run? */
function isShared(key: string): boolean {
  return sharers.every((kind) => matchOption(kind, key) !== undefined)
}

function splitNumber(key: string): {stem: string; number: string} {
  const match = /^(.*?)_?(\d*)$/.exec(key)
  return {stem: match?.[1] ?? key, number: match?.[2] ?? ''}
}

const stemCache = new Map<Kind, Map<string, Stem>>()

/** Every name an option of this kind has, without its number: aliases and protected forms too. */
export function stemsOf(kind: Kind): ReadonlyMap<string, Stem> {
  const cached = stemCache.get(kind)
  if (cached !== undefined) return cached
  const stems = new Map<string, Stem>()
  for (const [option, spec] of optionsOf(kind)) {
    for (const name of [option, ...(spec.aliases ?? [])]) {
      stems.set(name, {option, spec, isProtected: false})
      if (isSecret(spec)) stems.set(`${name}_protected`, {option, spec, isProtected: true})
    }
  }
  stemCache.set(kind, stems)
  return stems
}
