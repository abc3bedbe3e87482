import {parseArgs} from 'node:util'
import {locateConfigFile} from './config-file.ts'
import {Fault} from './core/fault.ts'

/**
 * `serve` and `serve --config FILE`, which is what services run, without oclif: what it loads would stay in memory, a
 * tenth of what a service that waits takes (docs/decisions/0071-validate-without-oclif.md). False means that oclif is to be
 * asked, before anything is written.
 */
export async function plainServe(argv: readonly string[], version: string): Promise<boolean> {
  const plain = plainForm(argv)
  if (plain === undefined) return false
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  try {
    const {runServe} = await import('./run-serve.ts')
    const configPath = locateConfigFile(plain.config)
    await runServe({configPath, version, primaryOnlyMinutes: undefined, servesLab: false}, say)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    say(error.told())
    process.exitCode = error.exitCode
  }
  return true
}

function plainForm(argv: readonly string[]): {readonly config: string | undefined} | undefined {
  try {
    const {values} = parseArgs({
      args: [...argv],
      options: {config: {type: 'string', short: 'c', multiple: true}, 'no-color': {type: 'boolean'}},
    })
    const [config, ...more] = values.config ?? []
    return more.length === 0 && config !== '' ? {config} : undefined
  } catch {
    return undefined
  }
}
