import {BaseCommand} from '../base-command.ts'
import {configFlag} from '../config-flag.ts'
import {serviceStatus} from '../core/service/controls.ts'
import {statusJson, statusText} from '../core/service/status-text.ts'
import {machineEdge} from '../service-edge.ts'

export default class Status extends BaseCommand {
  static override description = `Say whether it runs, and what it knows of itself

Exit codes as in the original: 0 running, 1 a pid file without its process, 3 stopped, 4 unknown.`

  static override flags = {config: configFlag}

  async run(): Promise<Record<string, unknown>> {
    const {flags} = await this.parse(Status)
    const status = await serviceStatus(await machineEdge(flags.config))
    process.exitCode = status.exitCode
    this.log(statusText(status))
    return statusJson(status)
  }
}
