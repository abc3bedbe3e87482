import {Secret} from '../../secret.ts'
import {explainUnmatched, keyText, matchOption} from '../option-names.ts'
import {referenceIn} from '../references.ts'
import {type Entry, scan, strip} from '../scanner.ts'
import {isSecret} from '../schema/option.ts'
import {type Kind, kindOf} from '../schema.ts'

export type ProtectedText = {
  readonly text: string
  /** What was protected, in the order of the file. */
  readonly keys: readonly {readonly section: string; readonly key: string; readonly line: number}[]
  /** Values that are left alone, and why. */
  readonly skipped: readonly {
    readonly section: string
    readonly key: string
    readonly line: number
    readonly why: string
  }[]
}

/**
 * Replaces every secret in clear by its protected form, and its key by the protected key: `skey = x` becomes
 * `skey_protected = ap1...`. All else stays to the octet: comments, order, spacing, line ends.
 */
export function protectText(text: string, platform: string, protect: (secret: Secret) => string): ProtectedText {
  const lines = splitLines(text)
  const keys: {section: string; key: string; line: number}[] = []
  const skipped: {section: string; key: string; line: number; why: string}[] = []
  for (const section of scan(text).sections) {
    const kind = kindOf(section.nameText.toLowerCase())
    if (kind === undefined) continue
    for (const entry of section.entries) {
      const place = {section: section.nameText, key: entry.key, line: entry.at.line}
      const match = matchOption(kind, entry.key)
      if (match === undefined && isMeantAsSecret(kind, entry.key)) skipped.push({...place, why: 'it is misspelled'})
      for (const {line, text: slipped} of slippedOptions(kind, entry)) {
        const why = 'it is indented, and so part of the value above it'
        skipped.push({section: section.nameText, key: slipped, line, why})
      }
      if (match === undefined || !isSecret(match.spec) || match.isProtected) continue
      const why = reasonToSkip(entry, platform)
      if (why !== undefined) {
        skipped.push({...place, why})
        continue
      }
      const newKey = keyText(match.option, match.spec, match.number, true)
      replaceEntry(lines, entry, newKey, protect(new Secret(entry.value)))
      keys.push(place)
    }
  }
  return {text: lines.map(({content, end}) => content + end).join(''), keys, skipped}
}

function reasonToSkip(entry: Entry, platform: string): string | undefined {
  if (entry.value === '') return 'it is empty'
  if (entry.parts.length > 1) return 'it goes over several lines'
  return referenceIn(entry.value, platform) === undefined ? undefined : 'it is a reference'
}

function isMeantAsSecret(kind: Kind, key: string): boolean {
  const meant = explainUnmatched(kind, key)
  if (meant.kind !== 'misspelled' && meant.kind !== 'number-missing') return false
  const match = matchOption(kind, meant.suggestion)
  return match !== undefined && isSecret(match.spec)
}

/** Lines that continue the value, but look like a secret of this section. */
function slippedOptions(kind: Kind, {parts}: Entry): {readonly line: number; readonly text: string}[] {
  return parts.slice(1).flatMap(({line, text}) => {
    const key = strip(text.split(/[=:]/)[0] ?? '').toLowerCase()
    const match = text.search(/[=:]/) === -1 ? undefined : matchOption(kind, key)
    return match !== undefined && isSecret(match.spec) ? [{line, text: key}] : []
  })
}

type Line = {content: string; readonly end: string}

function splitLines(text: string): Line[] {
  const pieces = text.split(/(\r\n|\r|\n)/)
  const lines: Line[] = []
  for (let i = 0; i < pieces.length; i += 2) lines.push({content: pieces[i] ?? '', end: pieces[i + 1] ?? ''})
  return lines
}

/** The value first: it stands behind the key, whose new name would move it. */
function replaceEntry(lines: Line[], {at, keyText: oldKey, parts}: Entry, newKey: string, newValue: string): void {
  const line = lines[at.line - 1]
  const value = parts[0]
  if (line === undefined || value === undefined) return
  const from = value.column - 1
  const withValue = line.content.slice(0, from) + newValue + line.content.slice(from + value.text.length)
  line.content = withValue.slice(0, at.column - 1) + newKey + withValue.slice(at.column - 1 + oldKey.length)
}
