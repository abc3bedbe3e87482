import type {Severity} from './codes/code.ts'
import {codes, type FindingFields, type FindingName} from './codes.ts'
import type {Place} from './scanner.ts'

/** A finding about the file. `length` is how many characters of the line it is about, from `column` on; 0: the place only. */
export type Diagnostic = {
  readonly severity: Severity
  readonly code: string
  readonly file: string
  readonly section: string | undefined
  readonly key: string | undefined
  readonly line: number
  readonly column: number
  readonly length: number
  readonly message: string
  readonly hint: string
  /** Lines of a drawing that belongs to the message. */
  readonly detail: string | undefined
}

/** Where a finding belongs. */
export type Site = Place & {
  readonly length?: number
  readonly section?: string | undefined
  readonly key?: string | undefined
}

/** Collects what is found. One call is one finding of one kind. */
export type Report = <Name extends FindingName>(name: Name, site: Site, fields: FindingFields<Name>) => void

export function collect(file: string): {readonly report: Report; readonly diagnostics: Diagnostic[]} {
  const diagnostics: Diagnostic[] = []
  return {
    diagnostics,
    report: (name, site, fields) => {
      const entry = codes[name]
      diagnostics.push({
        severity: entry.severity,
        code: entry.code,
        file,
        section: site.section,
        key: site.key,
        line: site.line,
        column: site.column,
        length: site.length ?? 0,
        message: printable(entry.message(fields)),
        hint: printable(entry.hint(fields)),
        detail: entry.detail?.(fields),
      })
    },
  }
}

/** Names and values of the file stand in messages, and a terminal obeys control characters. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, '?')
}

/** `file:line:column severity CODE message (hint)`, and the lines of a drawing below. */
export function formatDiagnostic(d: Diagnostic): string {
  const line = `${d.file}:${d.line}:${d.column} ${d.severity} ${d.code} ${d.message}${d.hint === '' ? '' : ` (${d.hint})`}`
  return d.detail === undefined ? line : `${line}\n${d.detail}`
}

/** In the order of the file; of one place the graver ones first. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return a.line - b.line || a.column - b.column || a.code.localeCompare(b.code)
}
