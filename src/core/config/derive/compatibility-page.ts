import type {OptionSpec} from '../schema/option.ts'
import {type Kind, kinds, optionsOf, sectionSpec} from '../schema.ts'
import {describeKey} from './describe.ts'

const intro = `# Compatibility

<!-- Written by \`npm run docs\` from the schema. Change the schema, not this file. -->

Every section and option of the original, and whether this release serves it. What is not served is read and checked all
the same, and \`authproxy validate\` names it. [migration.md](migration.md) tells where a served option behaves otherwise,
[modes.md](modes.md) how the four RADIUS servers log in, and [configuration.md](configuration.md) explains each option.
`

/** docs/compatibility.md: what of the original is served. */
export function compatibilityPage(): string {
  const original = kinds.filter((kind) => !sectionSpec(kind).extension)
  const sections = original.map((kind) => row(`[${kind}]`, servedWord(sectionSpec(kind)), note(kind)))
  const pages = original.map(sectionPage)
  return `${intro}\n${head('section', 'served', '')}${sections.join('')}\n${pages.join('\n')}`
}

function sectionPage(kind: Kind): string {
  const isServed = sectionSpec(kind).served !== false
  const options = optionsOf(kind).filter(([, spec]) => !spec.extension)
  const rows = options.map(([option, spec]) =>
    row(`\`${describeKey(option, spec)}\``, isServed ? servedWord(spec) : 'no', optionNote(spec)),
  )
  const table = rows.length === 0 ? 'It has no options.\n' : `${head('option', 'served', '')}${rows.join('')}`
  const ours = optionsOf(kind).flatMap(([option, spec]) => (spec.extension ? [`\`${describeKey(option, spec)}\``] : []))
  const extensions = ours.length === 0 ? '' : `\nOurs: ${ours.join(', ')}.\n`
  return `## [${kind}]\n\n${table}${extensions}`
}

function servedWord({served, deprecated}: {readonly served?: false; readonly deprecated?: string}): string {
  if (served === false) return 'no'
  return deprecated === undefined ? 'yes' : 'no effect'
}

function note(kind: Kind): string {
  return sectionSpec(kind).notServedDoc ?? ''
}

function optionNote({aliases = [], deprecated, extensionChoices = [], since}: OptionSpec): string {
  const notes: string[] = []
  if (deprecated !== undefined) notes.push(deprecated)
  if (aliases.length > 0) notes.push(`also written ${aliases.join(', ')}`)
  if (extensionChoices.length > 0) notes.push(`ours: ${extensionChoices.join(', ')}`)
  if (since !== undefined) notes.push(`since ${since} of the original`)
  return notes.join('; ')
}

function head(...names: readonly string[]): string {
  return `${row(...names)}${'|---'.repeat(names.length)}|\n`
}

function row(...cells: readonly string[]): string {
  return `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|\n`
}
