import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../base-command.ts'
import {configContext} from '../config-context.ts'
import {configFlag, locateConfigFile} from '../config-file.ts'
import type {Daemon} from '../core/daemon.ts'
import {realWorld} from '../core/world.ts'
import {releaseStartMemory} from '../release-start-memory.ts'
import {thisMachine} from '../this-machine.ts'
import {startWorkerProcess} from '../worker-process.ts'

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
    const configPath = locateConfigFile(flags.config)
    const [{startDaemon}, {InvalidConfig}, {formatDiagnostic}] = await Promise.all([
      import('../core/daemon.ts'),
      import('../core/config/load-checked.ts'),
      import('../core/config/diagnostic.ts'),
    ])
    const minutes = flags['primary-only']
    let daemon: Daemon
    try {
      daemon = await startDaemon({
        configPath,
        context: await configContext(configPath),
        version: this.config.version,
        servesLab: flags.lab,
        primaryOnlyMs: minutes === undefined ? undefined : minutes * 60_000,
        world: realWorld,
        edge: {
          processId: process.pid,
          platform: process.platform,
          environment: process.env,
          processStartMs: realWorld.monotonicMs() - process.uptime() * 1000,
          machine: thisMachine(),
          startWorker: startWorkerProcess,
        },
      })
    } catch (error) {
      if (error instanceof InvalidConfig) for (const each of error.diagnostics) this.logToStderr(formatDiagnostic(each))
      throw error
    }
    for (const each of daemon.diagnostics) if (each.severity !== 'info') this.logToStderr(formatDiagnostic(each))
    releaseStartMemory()
    if (minutes !== undefined) this.logToStderr(primaryOnlyBanner(minutes))
    this.logToStderr(`proxy.ready ${this.config.version} on ${daemon.sockets.join(', ')} with ${configPath}`)
    await untilStopped(daemon)
  }
}

function primaryOnlyBanner(minutes: number): string {
  const lines = [
    `PRIMARY-ONLY MODE FOR ${minutes} MINUTE${minutes === 1 ? '' : 'S'}`,
    'Sections with failmode=safe let users in with the password alone.',
    'Every such login is a warning in the log. A reload or a stop ends it before its time.',
  ]
  return ['', ...lines, ''].map((line) => `!!! ${line.padEnd(84)} !!!`).join('\n')
}

/** Serves until a signal; a second one does not wait for the logins in flight. */
function untilStopped(daemon: Daemon): Promise<void> {
  return new Promise((resolve) => {
    const onHangup = () => void daemon.reload()
    const onEnd = (signal: NodeJS.Signals) => {
      process.once(signal, () => process.exit(1))
      void daemon.stop(signal).then(() => {
        process.off('SIGHUP', onHangup)
        resolve()
      })
    }
    process.on('SIGHUP', onHangup)
    process.once('SIGTERM', onEnd)
    process.once('SIGINT', onEnd)
  })
}
