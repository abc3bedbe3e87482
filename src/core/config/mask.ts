import {matchOption} from './option-names.ts'
import {isSecret} from './read-value.ts'
import {scan} from './scanner.ts'
import {kindOf} from './schema.ts'

const MASK = '*****'

/**
 * The lines of a file as they may be shown. What is known to be no secret stays: section names, keys, and values of
 * options that are none. Everything else becomes a mask, since a mistake may have put a secret anywhere.
 */
export function maskedLines(text: string): string[] {
  const {lines, sections} = scan(text)
  const masked = lines.map(maskLine)
  for (const {nameText, at, entries} of sections) {
    masked[at.line - 1] = (lines[at.line - 1] ?? '').replace(/(\]\s*)\S.*$/, `$1${MASK}`)
    const kind = kindOf(nameText.toLowerCase())
    for (const entry of entries) {
      const match = kind === undefined ? undefined : matchOption(kind, entry.key)
      if (match === undefined || isSecret(match.spec)) continue
      // The secret key may stand in the place of the integration key.
      if (match.spec.type === 'ikey' && !/^DI[A-Z0-9]{18}$/.test(entry.value)) continue
      // Indented lines that continue the value stay masked: each may be an option of its own that slipped.
      masked[entry.at.line - 1] = lines[entry.at.line - 1] ?? ''
    }
  }
  return masked
}

/** Keeps a key and its separator, where there is one, and the spacing before the value. */
function maskLine(line: string): string {
  const separator = line.search(/[=:]/)
  if (separator === -1) return line.replace(/\S.*$/, MASK)
  const before = /^.*?[=:]\s*/.exec(line)?.[0] ?? ''
  return before.length === line.length ? line : before + MASK
}
