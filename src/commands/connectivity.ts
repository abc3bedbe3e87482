import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../base-command.ts'
import {loadRunnable} from '../checked-config.ts'
import {locateConfigFile} from '../config-file.ts'
import {configFlag} from '../config-flag.ts'
import type {Check} from '../core/probes/probe.ts'
import {realWorld} from '../core/world.ts'

const TIMEOUT_S = 10

export default class Connectivity extends BaseCommand {
  static override description = `Check everything the configuration names, live

Duo, directories, RADIUS servers, ports, folders, certificates, clock. Each check says what it saw; a failed one, why and what to do. Passwords of users are never asked for. Exit code 1 when a check failed, 2 when none could be run.`

  static override flags = {
    config: configFlag,
    only: Flags.string({helpValue: 'SECTION', description: 'Only the checks of this section, "main" for the machine'}),
    timeout: Flags.integer({
      helpValue: 'SECONDS',
      default: TIMEOUT_S,
      min: 1,
      max: 300,
      description: 'How long each check may take',
    }),
    user: Flags.string({
      helpValue: 'NAME',
      description: 'Look this user up in the directories, without a password: which entry, and which group decides',
    }),
    'radius-user': Flags.string({
      helpValue: 'NAME',
      description: 'Try this user with a made-up password at the RADIUS servers, which counts as one wrong password',
    }),
  }

  static override examples = [
    '<%= config.bin %> connectivity',
    '<%= config.bin %> connectivity --only ad_client --user jdoe',
    '<%= config.bin %> connectivity --json',
  ]

  async run(): Promise<{ok: boolean; file: string; checks: readonly Check[]}> {
    const {flags} = await this.parse(Connectivity)
    const file = locateConfigFile(flags.config)
    const config = await loadRunnable(file, (line) => this.logToStderr(line))
    const [{probesFor}, {probeContext}, {allWell}, {showChecks}, {writeToolLog}] = await Promise.all([
      import('../core/probes/probes-for.ts'),
      import('../probe-edge.ts'),
      import('../core/probes/check-text.ts'),
      import('../render-checks.ts'),
      import('../core/probes/tool-log.ts'),
    ])
    const timeoutMs = flags.timeout * 1000
    const context = probeContext(config, {
      version: this.config.version,
      timeoutMs,
      user: flags.user,
      radiusUser: flags['radius-user'],
    })
    const list = probesFor(config, context, flags.only)
    const stopping = new AbortController()
    process.once('SIGINT', () => stopping.abort())
    const output = this.jsonEnabled() ? 'none' : process.stdout.isTTY ? 'tasks' : 'lines'
    const checks = await showChecks(
      list.probes,
      {title: `Checking ${file}`, output, print: (line) => this.log(line)},
      {world: realWorld, timeoutMs, signal: stopping.signal},
    )
    await list.close()
    const unwritten = await writeToolLog(config, checks, context.logDirectory, realWorld)
    if (unwritten !== undefined) this.logToStderr(`connectivity_tool.log is not written: ${unwritten}`)
    const ok = allWell(checks) && !stopping.signal.aborted
    process.exitCode = ok ? 0 : 1
    return {ok, file, checks}
  }
}
