import {configFlag} from '../config-flag.ts'
import {startService} from '../core/service/controls.ts'
import {ServiceCommand} from '../service-command.ts'
import {machineEdge} from '../service-edge.ts'

export default class Start extends ServiceCommand {
  static override description = 'Start the service, or the process of the pid file where no service is installed'

  static override flags = {config: configFlag}

  async run(): Promise<{message: string; hint?: string}> {
    const {flags} = await this.parse(Start)
    return this.finish(await startService(await machineEdge(flags.config)))
  }
}
