import {configContext} from './config-context.ts'
import type {Diagnostic} from './core/config/diagnostic.ts'
import {loadConfig} from './core/config/load.ts'
import {readLocalFile} from './core/config/read-file.ts'
import {renderDiagnostics, renderSummary} from './render-diagnostics.ts'

/** What is to be said about a file. */
export type CheckedFile = {
  readonly file: string
  readonly diagnostics: readonly Diagnostic[]
  readonly errors: number
  readonly warnings: number
  /** 1 when there are errors, or with `strict` warnings. */
  readonly exitCode: 0 | 1
}

/** Checks a configuration. Throws a `Fault` when it cannot be read. */
export async function checkFile(file: string, {strict}: {strict: boolean}): Promise<CheckedFile> {
  const {diagnostics} = loadConfig(file, await configContext(file))
  const errors = diagnostics.filter((d) => d.severity === 'error').length
  const warnings = diagnostics.filter((d) => d.severity === 'warning').length
  return {file, diagnostics, errors, warnings, exitCode: errors > 0 || (strict && warnings > 0) ? 1 : 0}
}

/** The findings for a person; on a terminal with the lines they are about. */
export async function findingsText({file, diagnostics}: CheckedFile, {color}: {color: boolean}): Promise<string> {
  const read = process.stdout.isTTY ? readLocalFile(file) : undefined
  const source = read?.ok ? read.octets.toString('utf8').replace(/^\ufeff/, '') : undefined
  const paint = color ? new (await import('chalk')).Chalk({level: 1}) : undefined
  return renderDiagnostics(diagnostics, {source, paint}) + renderSummary(file, diagnostics)
}
