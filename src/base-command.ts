import {Command} from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import {Fault} from './core/fault.ts'
import {wantsColor} from './terminal-color.ts'

/** What every command shares: colour, and how a failure ends it. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  static override baseFlags = {
    'no-color': Flags.boolean({
      description: 'Write plain text (also with the environment variable NO_COLOR)',
      helpGroup: 'GLOBAL',
    }),
  }

  /** Whether standard output is a terminal that wants colour. */
  protected get color(): boolean {
    return wantsColor(this.argv)
  }

  protected override async catch(error: Error & {exitCode?: number}): Promise<unknown> {
    if (error instanceof Fault) {
      if (this.jsonEnabled()) this.logJson({error: {code: error.code, message: error.message, hint: error.hint}})
      else this.logToStderr(error.told())
      return this.exit(error.exitCode)
    }
    return super.catch(error)
  }
}
