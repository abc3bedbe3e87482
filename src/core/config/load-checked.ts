import {Fault} from '../fault.ts'
import type {ConfigContext} from './context.ts'
import type {Diagnostic} from './diagnostic.ts'
import {loadConfig} from './load.ts'
import type {Config} from './schema.ts'

/** A configuration with errors does not run (decisions: an error stops `serve`). */
export class InvalidConfig extends Fault {
  readonly diagnostics: readonly Diagnostic[]

  constructor(path: string, diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({severity}) => severity === 'error').length
    super('config-invalid', `${path} has ${errors} error${errors === 1 ? '' : 's'}`, {
      hint: `authproxy validate ${path} shows them with their places and the way out`,
    })
    this.diagnostics = diagnostics
  }
}

/** A configuration that can be run, and what else is to say about the file. Throws `InvalidConfig`, or config-unreadable. */
export function loadChecked(
  path: string,
  context: ConfigContext,
): {readonly config: Config; readonly diagnostics: readonly Diagnostic[]} {
  const {config, diagnostics} = loadConfig(path, context)
  if (config === undefined) throw new InvalidConfig(path, diagnostics)
  return {config, diagnostics}
}
