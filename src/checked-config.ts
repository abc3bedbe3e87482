import {configContext} from './config-context.ts'
import type {Config} from './core/config/schema.ts'

/** Loads a configuration that can be run. Throws `InvalidConfig` (exit code 2) after its errors were told. */
export async function loadRunnable(file: string, tell: (line: string) => void): Promise<Config> {
  const [{InvalidConfig, loadChecked}, {formatDiagnostic}] = await Promise.all([
    import('./core/config/load-checked.ts'),
    import('./core/config/diagnostic.ts'),
  ])
  try {
    return loadChecked(file, await configContext(file)).config
  } catch (error) {
    if (error instanceof InvalidConfig) {
      for (const each of error.diagnostics) if (each.severity === 'error') tell(formatDiagnostic(each))
    }
    throw error
  }
}
