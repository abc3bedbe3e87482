import {codeList} from '../codes.ts'
import {matchOption, stemsOf} from '../option-names.ts'
import {isKind, kinds, optionsOf, sectionSpec} from '../schema.ts'
import {closest} from '../suggest.ts'
import {describeDefault, describeKey, describeKinds, describeNotes, describeType, meaningsOf} from './describe.ts'

export type Explanation =
  | {readonly kind: 'found'; readonly text: string}
  | {readonly kind: 'unknown'; readonly suggestion: string | undefined}

/** What an option, a section or a code means, as text for a person. */
export function explain(word: string): Explanation {
  const asked = word
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  const code = codeList.find((entry) => entry.code.toLowerCase() === asked)
  if (code !== undefined) return found(`${code.code} ${code.title} (${code.severity})\n\n${code.doc}`)
  const options = new Set(kinds.map((kind) => matchOption(kind, asked)?.option ?? stemsOf(kind).get(asked)?.option))
  options.delete(undefined)
  const kind = asked.replace(/\d+$/, '')
  const parts = [...options].flatMap((option) => (option === undefined ? [] : explainOption(option)))
  if (isKind(kind)) parts.push(explainSection(kind))
  if (parts.length > 0) return found(parts.join('\n\n'))
  const names = new Set([...kinds, ...kinds.flatMap((each) => [...stemsOf(each).keys()])])
  return {kind: 'unknown', suggestion: closest(asked.replace(/_?\d+$/, ''), [...names])}
}

function explainOption(option: string): string[] {
  return meaningsOf(option).map(({spec, kinds: ofKinds}) => {
    const lines = [
      `${describeKey(option, spec)}   in ${describeKinds(ofKinds)}`,
      '',
      spec.doc,
      '',
      `  value    ${describeType(spec)}`,
      `  default  ${describeDefault(spec)}`,
    ]
    if (spec.example !== undefined) lines.push(`  example  ${option}=${spec.example}`)
    lines.push(`  since    ${spec.extension ? 'extension of this program' : (spec.since ?? '5.0 or earlier')}`)
    const notes = describeNotes(option, spec)
    if (notes.length > 0) lines.push('', notes.join('\n'))
    if (spec.security !== undefined) lines.push('', `Security: ${spec.security}`)
    return lines.join('\n')
  })
}

function explainSection(kind: (typeof kinds)[number]): string {
  const spec = sectionSpec(kind)
  const names = optionsOf(kind).map(([option, optionSpec]) => `  ${describeKey(option, optionSpec)}`)
  const served =
    spec.served === false ? `\nNot served in this release${spec.notServedDoc ? `: ${spec.notServedDoc}` : ''}.\n` : ''
  return `[${kind}]\n\n${spec.doc}\n${served}\n${names.join('\n')}`
}

function found(text: string): Explanation {
  return {kind: 'found', text}
}
