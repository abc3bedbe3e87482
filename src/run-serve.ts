import {configContext} from './config-context.ts'
import {formatDiagnostic} from './core/config/diagnostic.ts'
import {InvalidConfig} from './core/config/load-checked.ts'
import {type Daemon, startDaemon} from './core/daemon.ts'
import {realWorld} from './core/world.ts'
import {releaseStartMemory} from './release-start-memory.ts'
import {thisMachine} from './this-machine.ts'
import {startWorkerProcess} from './worker-process.ts'

export type ServeRun = {
  readonly configPath: string
  readonly version: string
  /** Break-glass: for so long sections with failmode=safe need the password alone. */
  readonly primaryOnlyMinutes: number | undefined
  /** Serves the integration of `authproxy lab`, whose secret everybody has. */
  readonly servesLab: boolean
}

/**
 * Runs the proxy until a signal ends it. `say` writes a line for the person who started it.
 * Throws a Fault when it cannot start.
 */
export async function runServe(run: ServeRun, say: (line: string) => void): Promise<void> {
  const daemon = await start(run, say)
  for (const each of daemon.diagnostics) if (each.severity !== 'info') say(formatDiagnostic(each))
  releaseStartMemory()
  if (run.primaryOnlyMinutes !== undefined) say(primaryOnlyBanner(run.primaryOnlyMinutes))
  // Before it is said: whoever waits for the line may send a signal at once.
  const stopped = untilStopped(daemon)
  say(`proxy.ready ${run.version} on ${daemon.sockets.join(', ')} with ${run.configPath}`)
  await stopped
}

async function start(run: ServeRun, say: (line: string) => void): Promise<Daemon> {
  const {configPath, version, servesLab, primaryOnlyMinutes: minutes} = run
  try {
    return await startDaemon({
      configPath,
      context: await configContext(configPath),
      version,
      servesLab,
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
    if (error instanceof InvalidConfig) for (const each of error.diagnostics) say(formatDiagnostic(each))
    throw error
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
