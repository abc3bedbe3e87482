import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../base-command.ts'
import {locateConfigFile} from '../config-file.ts'
import {configFlag} from '../config-flag.ts'

const MAX_PRIMARY_ONLY_MINUTES = 240

export default class Serve extends BaseCommand {
  static override description = `Run the proxy in the foreground

Checks the configuration, binds its UDP ports, says proxy.ready, and serves until SIGTERM or SIGINT, which give logins in flight time to end. SIGHUP reads the configuration again; a bad one changes nothing.`

  static override enableJsonFlag = false

  static override flags = {
    config: configFlag,
    'primary-only': Flags.integer({
      helpValue: 'MINUTES',
      min: 1,
      max: MAX_PRIMARY_ONLY_MINUTES,
      description:
        'BREAK-GLASS: for this long, sections with failmode=safe let users in with the password alone. Logged loudly',
    }),
    lab: Flags.boolean({description: 'Serve the configuration of "authproxy lab", whose keys everybody has'}),
  }

  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --config /etc/authproxy/authproxy.cfg',
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Serve)
    const {runServe} = await import('../run-serve.ts')
    await runServe(
      {
        configPath: locateConfigFile(flags.config),
        version: this.config.version,
        primaryOnlyMinutes: flags['primary-only'],
        servesLab: flags.lab,
      },
      (line) => this.logToStderr(line),
    )
  }
}
