import {BaseCommand} from '../base-command.ts'
import {configFlag} from '../config-flag.ts'
import {type ReloadOutcome, reloadService} from '../core/service/controls.ts'
import {reloadText} from '../core/service/status-text.ts'
import {machineEdge} from '../service-edge.ts'

export default class Reload extends BaseCommand {
  static override description = `Read the configuration again, without losing a login

A file with a mistake changes nothing, and what is wrong with it is said (exit code 1).`

  static override flags = {config: configFlag}

  async run(): Promise<ReloadOutcome> {
    const {flags} = await this.parse(Reload)
    const outcome = await reloadService(await machineEdge(flags.config))
    process.exitCode = outcome.exitCode
    this.#tell(outcome)
    return outcome
  }

  #tell(outcome: ReloadOutcome): void {
    if (outcome.exitCode === 0) this.log(reloadText(outcome))
    else this.logToStderr(reloadText(outcome))
  }
}
