import type {ChalkInstance} from 'chalk'
import type {Severity} from './core/config/codes/code.ts'
import {type Diagnostic, formatDiagnostic} from './core/config/diagnostic.ts'
import {redactFile} from './core/config/redact-file.ts'

export type DiagnosticsView = {
  /** The file as text, to show the lines that findings are about; undefined: only the findings. */
  readonly source: string | undefined
  /** What paints; undefined writes plain text, for which chalk need not be loaded. */
  readonly paint: Paint | undefined
}

export type Paint = Pick<ChalkInstance, 'red' | 'yellow' | 'cyan' | 'bold'>

/** Findings for a person: one line each, and on a terminal the line it is about with a mark under the place. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], {source, paint}: DiagnosticsView): string {
  const lines = source === undefined ? undefined : redactFile(source).text.split('\n')
  return diagnostics.map((d) => renderOne(d, lines?.[d.line - 1], paint)).join('')
}

/** "2 errors, 1 warning, 3 notes", or that there is nothing. */
export function renderSummary(file: string, diagnostics: readonly Diagnostic[]): string {
  const parts = [
    count(diagnostics, 'error', 'error'),
    count(diagnostics, 'warning', 'warning'),
    count(diagnostics, 'info', 'note'),
  ].filter((part) => part !== undefined)
  return `${file}: ${parts.length === 0 ? 'nothing found' : parts.join(', ')}\n`
}

function count(diagnostics: readonly Diagnostic[], severity: Severity, word: string): string | undefined {
  const found = diagnostics.filter((d) => d.severity === severity).length
  return found === 0 ? undefined : `${found} ${word}${found === 1 ? '' : 's'}`
}

function renderOne(diagnostic: Diagnostic, sourceLine: string | undefined, paint: Paint | undefined): string {
  const [head = '', ...detail] = formatDiagnostic(diagnostic).split('\n')
  const {severity, column, length} = diagnostic
  const painted = head.replace(` ${severity} `, ` ${paintSeverity(severity, paint)} `)
  const lines = [painted]
  if (sourceLine !== undefined && sourceLine !== '') {
    const mark = '^'.repeat(Math.max(1, Math.min(length, sourceLine.length - column + 1)))
    // Tabs in front of the mark are as wide as those above it.
    const space = sourceLine.slice(0, column - 1).replace(/[^\t]/g, ' ')
    lines.push(`    ${printable(sourceLine)}`, `    ${space}${paint?.bold(mark) ?? mark}`)
  }
  return `${[...lines, ...detail].join('\n')}\n`
}

function paintSeverity(severity: Severity, paint: Paint | undefined): string {
  if (paint === undefined) return severity
  if (severity === 'error') return paint.red(severity)
  return severity === 'warning' ? paint.yellow(severity) : paint.cyan(severity)
}

/** A terminal obeys control characters, and the file may hold any. */
function printable(line: string): string {
  return line.replace(/(?!\t)\p{Cc}/gu, '?')
}
