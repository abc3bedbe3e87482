import {configFlag} from '../config-file.ts'
import {restartService} from '../core/service/controls.ts'
import {ServiceCommand} from '../service-command.ts'
import {machineEdge} from '../service-edge.ts'

export default class Restart extends ServiceCommand {
  static override description = 'Stop it and start it again'

  static override flags = {config: configFlag}

  async run(): Promise<{message: string; hint?: string}> {
    const {flags} = await this.parse(Restart)
    return this.finish(await restartService(await machineEdge(flags.config)))
  }
}
