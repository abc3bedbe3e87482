import {Secret} from '../secret.ts'
import type {Site} from './diagnostic.ts'
import type {Entry, Place} from './scanner.ts'
import type {ClientEntry, OptionSpec, OptionsOf} from './schema/option.ts'
import {type Kind, type MainOptions, optionsOf, type Section, type SectionKind, type schema} from './schema.ts'
import type {OptionValue} from './values.ts'

/** One option as the file gives it. */
export type Given = {
  readonly option: string
  readonly spec: OptionSpec
  readonly number: number | undefined
  readonly isProtected: boolean
  readonly entry: Entry
  /** It stands in [DEFAULT]. */
  readonly isFromDefault: boolean
  /** undefined when the value is unusable, or was not resolved. */
  readonly value: OptionValue | undefined
}

/** The values of a section by option, in the types of the schema once `isDraft` has said so. */
export type LooseOptions = {[option: string]: OptionValue | readonly number[] | readonly ClientEntry[] | undefined}

type DraftBase = {
  /** Lower-cased, without brackets. */
  readonly name: string
  readonly at: Place
  readonly given: readonly Given[]
}

export type LooseDraft = DraftBase & {readonly kind: Kind; readonly options: LooseOptions}

/** A section with what could be read of it. Every option may be missing, since the file may be full of mistakes. */
export type DraftOf<K extends Kind> = DraftBase & {
  readonly kind: K
  readonly options: Partial<OptionsOf<(typeof schema)[K]['options']>>
}

export type Draft = {[K in Kind]: DraftOf<K>}[Kind]

export type ServerDraft = Extract<Draft, {kind: `${string}_server_${string}`}>
export type RadiusServerDraft = Extract<Draft, {kind: `radius_server_${string}`}>

export function isServer(draft: Draft): draft is ServerDraft {
  return draft.kind.includes('_server_')
}

export function isRadiusServer(draft: Draft): draft is RadiusServerDraft {
  return draft.kind.startsWith('radius_server_')
}

/** Have all values the types that the schema says? */
export function isDraft(draft: LooseDraft): draft is LooseDraft & Draft {
  return optionsOf(draft.kind).every(([option, spec]) => {
    const value = draft.options[option]
    return value === undefined || hasType(value, spec)
  })
}

type LooseSection = {
  readonly kind: SectionKind
  readonly name: string
  readonly line: number
  readonly options: Readonly<Record<string, unknown>>
}

/** Is everything there that the schema promises to be there? */
export function isSection(section: LooseSection): section is LooseSection & Section {
  return isComplete(section.kind, section.options)
}

export function isMain(options: Readonly<Record<string, unknown>>): options is MainOptions {
  return isComplete('main', options)
}

function isComplete(kind: Kind, options: Readonly<Record<string, unknown>>): boolean {
  return optionsOf(kind).every(([option, spec]) => {
    if (spec.type === 'secret' && spec.numbered === 'paired') return true
    const value = options[option]
    const isPromised = spec.required === true || spec.default !== undefined || spec.inferred || spec.numbered
    return value === undefined ? !isPromised : hasType(value, spec)
  })
}

function hasType(value: unknown, spec: OptionSpec): boolean {
  if (spec.numbered === undefined) return hasScalarType(value, spec)
  if (!Array.isArray(value)) return false
  if (spec.numbered === 'paired') return value.every((item) => typeof item === 'object')
  return value.every((item) => hasScalarType(item, spec))
}

function hasScalarType(value: unknown, {type, choices}: OptionSpec): boolean {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean'
    case 'integer':
    case 'port':
      return typeof value === 'number'
    case 'secret':
    case 'skey':
    case 'store-url':
      return value instanceof Secret
    case 'network':
    case 'endpoint':
      return typeof value === 'object' && value !== null
    case 'networks':
    case 'attributes':
    case 'choices':
      return Array.isArray(value)
    case 'choice':
      return typeof value === 'string' && choices?.includes(value) === true
    default:
      return typeof value === 'string'
  }
}

/** How the file gives an option; for numbered ones the given number, else the first. */
export function givenOf(draft: DraftBase, option: string, number?: number): Given | undefined {
  return draft.given.find((g) => g.option === option && (number === undefined || g.number === number))
}

/** Where the value of an option stands; the section's name when the file does not give it. */
export function valueSite(draft: DraftBase, option: string, number?: number): Site {
  const given = givenOf(draft, option, number)
  return given === undefined ? {...sectionSite(draft), key: option} : givenSite(draft, given.entry)
}

export function givenSite(draft: DraftBase, entry: Entry): Site {
  const [first] = entry.parts
  const at = first ?? entry.at
  return {line: at.line, column: at.column, length: first?.text.length ?? 0, section: draft.name, key: entry.keyText}
}

/** Where the key of an option stands. */
export function keySite(draft: DraftBase, {at, keyText}: Entry): Site {
  return {line: at.line, column: at.column, length: keyText.length, section: draft.name, key: keyText}
}

export function sectionSite(draft: DraftBase): Site {
  return {line: draft.at.line, column: draft.at.column, length: draft.name.length + 2, section: draft.name}
}
