import {parseNetwork} from '../network.ts'
import {matchOption} from './option-names.ts'
import {type Entry, scan} from './scanner.ts'
import {isSecret} from './schema/option.ts'
import {type Kind, kindOf} from './schema.ts'

/** The text of a file that may be shown to others, and what was taken out of it that is a secret for certain. */
export type RedactedFile = {readonly text: string; readonly secrets: readonly string[]}

const MASK = '*****'
const integrationKey = /^[DR]I[A-Z0-9]{18}$/
const credentialsInUrl = /\/\/[^/@\s]*@/g
/** Keys that hold secrets even where they are misspelled or in the wrong section. */
const secretKey = /secret|skey|passw|passphrase|_key|token/i

/**
 * Masks a configuration file for a bug report. Layout, line numbers and keys stay, and so do the values of options that
 * are known to hold no secret in their section; everything else goes: unknown keys, what follows "=" or ":" in a comment
 * or a continued line, and lines that are nothing at all.
 */
export function redactFile(text: string): RedactedFile {
  const {lines, sections} = scan(text)
  const shown = lines.map(maskedLine)
  const secrets: string[] = []
  for (const {nameText, entries} of sections) {
    const kind = kindOf(nameText.toLowerCase())
    for (const entry of entries) {
      const isShown = kind !== undefined && isHarmless(kind, entry)
      if (!isShown && secretKey.test(entry.key)) secrets.push(entry.value, ...entry.parts.map((part) => part.text))
      for (const [index, {line, column, text: value}] of entry.parts.entries()) {
        const before = lines[line - 1]?.slice(0, column - 1) ?? ''
        const kept = isShown && (index === 0 || !/[=:]/.test(value))
        shown[line - 1] = before + (kept ? value.replace(credentialsInUrl, `//${MASK}@`) : maskOf(entry, value))
      }
    }
  }
  return {text: shown.join('\n'), secrets: secrets.filter((secret) => secret !== '')}
}

/** The length of a secret key is shown, since a wrong length is the usual mistake there. */
function maskOf({key}: Entry, value: string): string {
  if (value === '') return ''
  return key === 'skey' ? `${MASK}[${value.length}]` : MASK
}

function isHarmless(kind: Kind, {key, value}: Entry): boolean {
  const option = matchOption(kind, key)
  if (option === undefined || option.isProtected) return false
  const {type} = option.spec
  // The two keys of an application are easily put in each other's place.
  if (type === 'ikey' || type === 'rikey') return integrationKey.test(value)
  // So are an address and the secret beside it.
  if (type === 'network') return parseNetwork(value).ok
  return !isSecret(option.spec)
}

/** A line as it is shown unless it turns out to be an option: blank lines, headers, and comments without their values. */
function maskedLine(line: string): string {
  const content = line.trim()
  if (content === '') return line
  if (/^[#;]/.test(content)) return line.replace(/([=:]).*$/, `$1${MASK}`)
  const header = /^\s*\[[^\]]+\]/.exec(line)?.[0]
  if (header === undefined) return MASK
  return header.length < line.trimEnd().length ? `${header} ${MASK}` : line
}
