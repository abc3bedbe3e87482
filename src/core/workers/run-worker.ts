import type {Duplex} from 'node:stream'
import type {ConfigContext} from '../config/context.ts'
import {loadChecked} from '../config/load-checked.ts'
import type {Config} from '../config/schema.ts'
import {logOptions} from '../engine/log-options.ts'
import {createReporting, type Reporting} from '../engine/reporting.ts'
import {createEngine, type Engine, type PreparedReload} from '../engine.ts'
import {Fault} from '../fault.ts'
import {createLogOutput} from '../log/output.ts'
import type {Relay} from '../log/sinks.ts'
import type {WorkerMetrics} from '../service/metrics.ts'
import type {World} from '../world.ts'
import {Channel} from './channel.ts'
import {type ConfigSnapshot, replayingContext} from './config-snapshot.ts'
import type {ServiceCalls, WorkerCalls, WorkerStart} from './protocol.ts'
import {MirroredLatches, remoteMemory} from './remote-memory.ts'

export type WorkerOptions = {
  /** To the process that started this one. */
  readonly stream: Duplex
  /** Of the program that this process runs. */
  readonly version: string
  /** Its monotonic clock is the one of that process. */
  readonly world: World
  readonly context: (configPath: string) => Promise<ConfigContext>
  /** Called when the worker has begun to serve. */
  readonly onServing: () => void
  /** Tells a person, where no log is to be had yet. */
  readonly report: (problem: string) => void
}

type Running = {
  readonly engine: Engine
  readonly reporting: Reporting
  /** From now on this configuration is the one that is served. */
  readonly serves: (config: Config) => Promise<void>
  readonly metrics: () => WorkerMetrics | undefined
  readonly stop: () => Promise<number>
}

/** Serves logins as the process at the other end of the stream says, and ends when that one hangs up. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const {stream, version, world, context, onServing} = options
  let running: Running | undefined
  let preparing: Promise<void> = Promise.resolve()
  let prepared: {readonly config: Config; readonly reload: PreparedReload} | undefined
  let primaryOnly = false
  let isDraining = false

  const calls: WorkerCalls = {
    async start(begin) {
      // At once: what is told behind it counts from then on.
      primaryOnly = begin.primaryOnly
      for (const record of begin.latches) latches.restore(record)
      if (begin.version !== version) throw otherProgram(begin.version, version)
      const config = await load(begin.snapshot)
      running = await begun(config, begin)
      const sockets = await running.engine.start()
      await running.serves(config)
      onServing()
      return sockets
    },
    async prepare(snapshot) {
      await calls.abandon()
      preparing = prepare(snapshot)
      await preparing
    },
    commit() {
      if (prepared === undefined) throw new Error('nothing was prepared')
      const {config, reload} = prepared
      prepared = undefined
      const reloaded = reload.commit()
      void serving().serves(config)
      serving().metrics()?.forgetHosts()
      return reloaded
    },
    async abandon() {
      // One that was given up for its slowness is still at it.
      await preparing.catch(() => {})
      await prepared?.reload.abandon()
      prepared = undefined
    },
    async drain() {
      isDraining = true
      await serving().engine.drain()
    },
    stop: () => serving().stop(),
    status() {
      const {engine, reporting} = serving()
      const {sockets, pendingRequests, logins} = engine.status()
      return {sockets, pendingRequests, logins, readiness: reporting.health.readiness()}
    },
    explain: (query) => serving().reporting.trace.find(query),
    metrics: async () => serving().metrics()?.read(),
    ping: () => {},
    latched: (record) => void latches.restore(record),
    primaryOnlyEnded() {
      primaryOnly = false
    },
  }
  const service = new Channel<ServiceCalls>(stream, calls, (name, error) =>
    running?.reporting.log.emit('proxy.bug', {where: `what a worker was told (${name})`, error: String(error)}),
  )
  const latches = new MirroredLatches(service, world)
  await service.closed

  function serving(): Running {
    if (running === undefined) throw new Error('the worker has not been started')
    return running
  }

  async function load(snapshot: ConfigSnapshot): Promise<Config> {
    return loadChecked(snapshot.path, replayingContext(snapshot, await context(snapshot.path))).config
  }

  async function prepare(snapshot: ConfigSnapshot): Promise<void> {
    const config = await load(snapshot)
    prepared = {config, reload: await serving().engine.prepare(config)}
  }

  async function begun(config: Config, begin: WorkerStart): Promise<Running> {
    const {logEdge, logDirectory} = begin
    const logsOf = ({main}: Config) => logOptions(main, version, logDirectory)
    const output = createLogOutput(world, logsOf(config), {...logEdge, report: options.report}, relayTo(service))
    const reporting = createReporting(world, config, output, logsOf)
    const {log, health} = reporting
    let metrics: WorkerMetrics | undefined
    const engine = await createEngine({
      config,
      version,
      stateDir: undefined,
      memory: remoteMemory(service, latches, begin, world),
      primaryOnly: () => primaryOnly,
      isReady: () => !isDraining && health.readiness().ready,
      log,
      world,
    })
    return {
      engine,
      reporting,
      metrics: () => metrics,
      async serves(next) {
        reporting.serves(next)
        if (next.main.metrics_listen === undefined || metrics !== undefined) return
        // What counting needs is loaded once somebody wants the counts.
        const {createWorkerMetrics} = await import('../service/metrics.ts')
        metrics = createWorkerMetrics({wallAheadOfMonotonicMs: () => world.wallMs() - world.monotonicMs()})
        reporting.observers.push(metrics.observers)
      },
      async stop() {
        const unfinished = await engine.stop()
        await output.close()
        return unfinished
      },
    }
  }
}

/** The package was upgraded, and the service not restarted: two versions must not be one service. */
function otherProgram(serving: string, onDisk: string): Fault {
  return new Fault('usage', `version ${serving} is running, and ${onDisk} is installed: restart the service`)
}

/** The first process writes the logs; its answer holds back what comes next. */
function relayTo(service: Channel<ServiceCalls>): Relay {
  return (place) => ({
    name: 'the log, by way of the first process of the service',
    async write(lines) {
      try {
        await service.ask('log', {place, lines})
        return {ok: true}
      } catch (error) {
        return {ok: false, written: 0, problem: String(error)}
      }
    },
    close: async () => {},
  })
}
