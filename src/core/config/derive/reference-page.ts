import type {OptionSpec} from '../schema/option.ts'
import {type Kind, kinds, optionsOf, sectionSpec} from '../schema.ts'
import {describeDefault, describeKey, describeNotes, describeType, isCommonToServers} from './describe.ts'

const intro = `# Configuration

<!-- Written by \`authproxy validate --docs\` from the schema. Change the schema, not this file. -->

One file, \`authproxy.cfg\`, with the grammar of the original:

- \`[section]\` lines, and below each of them lines of \`key=value\` or \`key: value\`. Keys are the same in capital and small letters.
- A line whose first character is \`#\` or \`;\` is a comment. There are no comments behind a value, so a secret may hold these characters.
- An indented line continues the value above it.
- A section name may end in a number, so that there can be several of a kind: \`[ad_client]\`, \`[ad_client2]\`.
- A key may stand only once in a section, and a section only once in the file.
- \`true\` and \`false\`, or whole numbers where 0 is false.

Secrets may stand in clear, protected (\`skey_protected\`, see \`authproxy protect\`), or as a reference of the exact form
\`env:NAME\` or \`file:/absolute/path\`.

\`authproxy validate\` checks a file, and \`authproxy validate --explain KEY\` explains an option.
Options marked as extension are not known to the original. Sections and options marked as not served are read and
checked, but have no effect in this release.

Relative paths start at the folder of the file; those of log_dir and state_dir at the folder above it when that one is called \`conf\`.
`

/** docs/configuration.md: every section and option. */
export function referencePage(): string {
  const pages = kinds.flatMap((kind) =>
    kind === 'radius_server_challenge' ? [commonPage(), sectionPage(kind)] : [sectionPage(kind)],
  )
  return `${intro}\n${pages.join('\n')}`
}

function commonPage(): string {
  const options = optionsOf('radius_server_challenge').filter(([key]) =>
    isCommonToServers('radius_server_challenge', key),
  )
  return `## Common to the RADIUS servers\n\nThese options are those of every [radius_server_*] section.\n\n${table(options)}`
}

function sectionPage(kind: Kind): string {
  const spec = sectionSpec(kind)
  const paragraphs = [spec.doc]
  if (spec.served === false)
    paragraphs.push(`Not served in this release${spec.notServedDoc ? `: ${spec.notServedDoc}` : ''}.`)
  if (kind.startsWith('radius_server_')) {
    paragraphs.push('It has the options [common to the RADIUS servers](#common-to-the-radius-servers), and these:')
  }
  const options = optionsOf(kind).filter(([key]) => !isCommonToServers(kind, key))
  return `## [${kind}]\n\n${paragraphs.join('\n\n')}\n\n${options.length === 0 ? 'No others.\n' : table(options)}`
}

function table(options: readonly (readonly [key: string, spec: OptionSpec])[]): string {
  const rows = options.map(([option, spec]) => {
    const notes = [spec.doc, ...describeNotes(option, spec)]
    if (spec.security !== undefined) notes.push(`*${spec.security}*`)
    if (spec.example !== undefined) notes.push(`Example: \`${spec.example}\``)
    return row(`\`${describeKey(option, spec)}\``, describeType(spec), describeDefault(spec), notes.join(' '))
  })
  return `${row('key', 'value', 'default', 'meaning')}|---|---|---|---|\n${rows.join('')}`
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
}
