import {describeDefault, describeNotes, describeType} from './derive/describe.ts'
import {keyText, matchOption} from './option-names.ts'
import {type Entry, type ScannedSection, scan} from './scanner.ts'
import type {OptionSpec} from './schema/option.ts'
import {type Kind, kindOf, kinds, optionsOf, sectionSpec} from './schema.ts'

/** What an editor can offer at a place. `insert` replaces what has been typed of the word. */
export type Completion = {
  readonly kind: 'section' | 'option' | 'value'
  readonly label: string
  readonly insert: string
  readonly detail: string
  readonly documentation: string
}

/** A place as editors count: line and character from 0. */
export type Position = {readonly line: number; readonly character: number}

/** Sections behind a bracket, options of the section that are not there yet, and the values an option takes. */
export function completionsAt(text: string, {line, character}: Position): Completion[] {
  const {lines, sections} = scan(text)
  const before = (lines[line] ?? '').slice(0, character)
  if (/^\s*[#;]/.test(before)) return []
  if (/^\s*\[[^\]]*$/.test(before)) return sectionCompletions(sections)
  const section = sectionAt(sections, line)
  const kind = section === undefined ? undefined : kindOf(section.nameText.toLowerCase())
  if (section === undefined || kind === undefined) return []
  const separator = before.search(/[=:]/)
  if (separator === -1) return optionCompletions(kind, section)
  return valueCompletions(kind, before.slice(0, separator).trim().toLowerCase(), sections)
}

/** What stands at a place, as Markdown. */
export function hoverAt(text: string, {line, character}: Position): string | undefined {
  const {sections} = scan(text)
  const section = sectionAt(sections, line)
  const kind = section === undefined ? undefined : kindOf(section.nameText.toLowerCase())
  if (section === undefined || kind === undefined) return undefined
  if (section.at.line === line + 1) return `**[${kind}]**\n\n${sectionSpec(kind).doc}`
  const entry = section.entries.find((candidate) => isIn(candidate, line, character))
  const match = entry === undefined ? undefined : matchOption(kind, entry.key)
  if (entry === undefined || match === undefined) return undefined
  return `**${entry.key}**\n\n${optionText(match.option, match.spec)}`
}

function sectionAt(sections: readonly ScannedSection[], line: number): ScannedSection | undefined {
  return sections.findLast((section) => section.at.line <= line + 1)
}

function isIn({at, parts}: Entry, line: number, character: number): boolean {
  const last = parts.at(-1)
  return (
    at.line <= line + 1 && line + 1 <= (last?.line ?? at.line) && (at.line < line + 1 || at.column <= character + 1)
  )
}

function sectionCompletions(sections: readonly ScannedSection[]): Completion[] {
  const taken = new Set(sections.map((section) => section.nameText.toLowerCase()))
  return kinds.flatMap((kind) => {
    const spec = sectionSpec(kind)
    const name = freeName(kind, taken)
    if (spec.single && taken.has(kind)) return []
    const detail = spec.served === false ? 'not served in this release' : spec.role
    return [{kind: 'section', label: name, insert: name, detail, documentation: spec.doc}]
  })
}

function freeName(kind: Kind, taken: ReadonlySet<string>): string {
  if (!taken.has(kind)) return kind
  let number = 2
  while (taken.has(`${kind}${number}`)) number++
  return `${kind}${number}`
}

function optionCompletions(kind: Kind, section: ScannedSection): Completion[] {
  const given = section.entries.flatMap((entry) => matchOption(kind, entry.key) ?? [])
  return optionsOf(kind).flatMap(([option, spec]): Completion[] => {
    if (spec.deprecated !== undefined) return []
    const numbers = given.filter((match) => match.option === option).map((match) => match.number ?? 1)
    if (spec.numbered === undefined && numbers.length > 0) return []
    const number = spec.numbered === undefined ? undefined : Math.max(0, ...numbers) + 1
    const key = keyText(option, spec, number)
    return [
      {
        kind: 'option',
        label: key,
        insert: `${key}=`,
        detail: describeType(spec),
        documentation: optionText(option, spec),
      },
    ]
  })
}

function valueCompletions(kind: Kind, key: string, sections: readonly ScannedSection[]): Completion[] {
  const spec = matchOption(kind, key)?.spec
  if (spec === undefined) return []
  return valuesFor(spec, sections).map((value) => {
    const detail =
      String(spec.default) === value ? 'default' : spec.extensionChoices?.includes(value) ? 'extension' : ''
    return {kind: 'value', label: value, insert: value, detail, documentation: spec.doc}
  })
}

function valuesFor(spec: OptionSpec, sections: readonly ScannedSection[]): readonly string[] {
  if (spec.type === 'boolean') return ['true', 'false']
  if (spec.choices !== undefined) return spec.choices
  if (spec.type !== 'section') return []
  const names = sections.map((section) => section.nameText.toLowerCase())
  return names.filter((name) => {
    const kind = kindOf(name)
    return kind !== undefined && sectionSpec(kind).role === (spec.ofRole ?? 'client')
  })
}

function optionText(option: string, spec: OptionSpec): string {
  const lines = [
    spec.doc,
    `Value: ${describeType(spec)}. Default: ${describeDefault(spec)}.`,
    ...describeNotes(option, spec),
  ]
  if (spec.security !== undefined) lines.push(`*${spec.security}*`)
  return lines.join('\n\n')
}
