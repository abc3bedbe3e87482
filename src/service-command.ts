import {BaseCommand} from './base-command.ts'
import type {ControlOutcome} from './core/service/controls.ts'

/** What start, stop and restart share: how their outcome is told, and the exit code. */
export abstract class ServiceCommand extends BaseCommand {
  protected finish({exitCode, message, hint}: ControlOutcome): {message: string; hint?: string} {
    process.exitCode = exitCode
    if (exitCode === 0) this.log(message)
    else this.logToStderr(hint === undefined ? message : `${message}\n  ${hint}`)
    return hint === undefined ? {message} : {message, hint}
  }
}
