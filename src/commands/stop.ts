import {configFlag} from '../config-flag.ts'
import {stopService} from '../core/service/controls.ts'
import {ServiceCommand} from '../service-command.ts'
import {machineEdge} from '../service-edge.ts'

export default class Stop extends ServiceCommand {
  static override description = 'Stop it; logins in flight end first'

  static override flags = {config: configFlag}

  async run(): Promise<{message: string; hint?: string}> {
    const {flags} = await this.parse(Stop)
    return this.finish(await stopService(await machineEdge(flags.config)))
  }
}
