import {spawnSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import type {ConfigContext} from './core/config/context.ts'
import type {DpapiRequest} from './core/config/protect/dpapi.ts'
import {createProtector, type Protector, type ProtectorEdge} from './core/config/protect/protector.ts'
import {readLocalFile} from './core/config/read-file.ts'

const POWERSHELL_TIMEOUT_MS = 30_000

/** What loading a configuration takes from this machine. The rooms it asks for words are loaded here, not before. */
export async function configContext(configPath: string, options = {resolve: true}): Promise<ConfigContext> {
  const [{vocabulary}, {sspiProblem}] = await Promise.all([
    import('./core/engine/vocabulary.ts'),
    import('./core/primary/ldap/sspi-bind.ts'),
  ])
  return {
    vocabulary,
    readFile: readLocalFile,
    env: process.env,
    platform: process.platform,
    unprotect: (text) => machineProtector(configPath).unprotect(text),
    hasKerberos: (await sspiProblem()) === undefined,
    resolve: options.resolve,
  }
}

/** Protects and opens values with the key that belongs to this configuration file, or on Windows to this machine. */
export function machineProtector(configPath: string): Protector {
  const edge: ProtectorEdge = {platform: process.platform, readFile: readLocalFile, randomBytes, runPowerShell}
  return createProtector(configPath, edge)
}

function runPowerShell({program, args, input}: DpapiRequest): ReturnType<ProtectorEdge['runPowerShell']> {
  const result = spawnSync(program, args, {input, encoding: 'utf8', timeout: POWERSHELL_TIMEOUT_MS, windowsHide: true})
  if (result.error !== undefined) return {ok: false, reason: result.error.message}
  if (result.status === 0) return {ok: true, output: result.stdout}
  // What PowerShell writes to its standard error is about the script, and never holds the value.
  return {ok: false, reason: result.stderr.trim().split('\n')[0] ?? `exit code ${result.status}`}
}
