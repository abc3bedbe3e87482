import {configFlag} from '../config-flag.ts'
import {restartService} from '../core/service/controls.ts'
import {ServiceCommand} from '../service-command.ts'
import {machineEdge} from '../service-edge.ts'

export default class Restart extends ServiceCommand {
  static override description = `Stop it and start it again

A configuration with errors is told, and what runs goes on: it would not come up again.`

  static override flags = {config: configFlag}

  async run(): Promise<{message: string; hint?: string}> {
    const {flags} = await this.parse(Restart)
    const edge = await machineEdge(flags.config)
    const problems = await this.#problemsOf(edge.layout.configFile)
    if (problems.length === 0) return this.finish(await restartService(edge))
    const message = `the configuration has errors, so nothing is restarted:\n${problems.join('\n')}`
    return this.finish({exitCode: 1, message})
  }

  /** References are not followed: they may be meant for the environment of the service, which this command does not have. */
  async #problemsOf(configFile: string): Promise<string[]> {
    const [{configContext}, {loadConfig}, {formatDiagnostic}] = await Promise.all([
      import('../config-context.ts'),
      import('../core/config/load.ts'),
      import('../core/config/diagnostic.ts'),
    ])
    const {diagnostics} = loadConfig(configFile, await configContext(configFile, {resolve: false}))
    return diagnostics.filter(({severity}) => severity === 'error').map(formatDiagnostic)
  }
}
