import type {ConfigContext} from './config/context.ts'
import {type Diagnostic, formatDiagnostic} from './config/diagnostic.ts'
import {InvalidConfig, loadChecked} from './config/load-checked.ts'
import type {Config} from './config/schema.ts'
import {configChanges} from './engine/config-changes.ts'
import {refuseLab} from './engine/lab-integration.ts'
import {logOptions} from './engine/log-options.ts'
import {openMemory} from './engine/memory.ts'
import {createReporting} from './engine/reporting.ts'
import {settingsOf} from './engine/settings.ts'
import {createEngine} from './engine.ts'
import {Fault} from './fault.ts'
import type {Log} from './log/log.ts'
import {createLogOutput} from './log/output.ts'
import {redactedSection} from './log/redact.ts'
import {processEdge} from './log/sinks.ts'
import type {TraceQuery} from './log/trace-ring.ts'
import type {Machine} from './probes/machine.ts'
import {lookupWithSystem} from './radius/client-names.ts'
import {readCertificates} from './service/certificates.ts'
import type {ReloadResult} from './service/control-protocol.ts'
import type {Readiness} from './service/health.ts'
import {layoutOf} from './service/layout.ts'
import {createMonitoring} from './service/monitoring.ts'
import {createNotifier, type Notifier} from './service/notify.ts'
import {openPresence} from './service/presence.ts'
import {openPrimaryOnly} from './service/primary-only.ts'
import {type LoadedConfig, type Serving, servingHere} from './serving.ts'
import {recordingContext} from './workers/config-snapshot.ts'
import type {WorkerProcess} from './workers/worker.ts'
import type {World} from './world.ts'

/** For each check of test_connectivity_on_startup. */
const STARTUP_CHECK_MS = 10_000

export type DaemonOptions = {
  readonly configPath: string
  readonly context: ConfigContext
  readonly version: string
  /** Milliseconds of break-glass: logins need the password alone where the fail mode is safe. */
  readonly primaryOnlyMs: number | undefined
  /** Serves the integration of `authproxy lab`, whose secret everybody has. */
  readonly servesLab?: boolean
  readonly world: World
  readonly edge: {
    readonly processId: number
    readonly platform: NodeJS.Platform
    readonly environment: {readonly [name: string]: string | undefined}
    /** When the process began, on the World's monotonic clock. */
    readonly processStartMs: number
    /** For the checks of test_connectivity_on_startup. */
    readonly machine: Machine
    /** A child process that runs `runWorker`. */
    readonly startWorker: () => WorkerProcess
  }
}

export type Daemon = {
  readonly sockets: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
  reload(): Promise<ReloadResult>
  /** Drains and closes. Calling it again returns the same end. */
  stop(reason: string): Promise<void>
}

/** The service: the engine with its log files, control socket, pid file and readiness. Throws a Fault when it cannot run. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const {configPath, context, version, world, edge} = options
  const {loaded, diagnostics} = load()
  const {config} = loaded
  const layout = layoutOf(configPath, edge.platform)
  const stateDir = config.main.state_dir ?? layout.stateDirectory
  const logsOf = ({main}: Config) => logOptions(main, version, layout.logDirectory)
  const output = createLogOutput(world, logsOf(config))
  const reporting = createReporting(world, config, output, logsOf)
  const {log, health} = reporting
  const primaryOnly = openPrimaryOnly(options.primaryOnlyMs, log, world, () => {
    void begun.promise.then(() => serving.primaryOnlyEnded())
  })
  let stopped: Promise<void> | undefined
  let serving: Serving
  let presence: {readonly close: () => Promise<void>} | undefined
  /** Whoever asks while the service begins gets an answer once it serves. */
  const begun = Promise.withResolvers<void>()
  const onceBegun =
    <Given extends readonly unknown[], Answer>(answer: (...given: Given) => Promise<Answer>) =>
    async (...given: Given) => {
      await begun.promise
      return answer(...given)
    }
  let sockets: readonly string[]

  try {
    // Before the journal is opened: a second service in this place must not take it from the first.
    presence = await openPresence(
      world,
      {layout, processId: edge.processId},
      {
        status: onceBegun(status),
        reload: onceBegun(reload),
        explain: onceBegun((query: TraceQuery) => serving.explain(query)),
      },
      log,
    )
    serving = await (config.main.workers === 1 ? serveHere() : serveByWorkers(loaded))
    sockets = await serving.start()
  } catch (error) {
    await presence?.close()
    await output.close()
    throw error
  }
  reporting.serves(config)
  let certificates = readCertificates(config, context.readFile)
  const monitoring = createMonitoring(
    reporting.observers,
    {
      version,
      readiness,
      pendingPushes: () => serving.pendingPushes(),
      pendingRequests: async () => (await serving.status()).pendingRequests,
      wallAheadOfMonotonicMs: () => world.wallMs() - world.monotonicMs(),
      certificates: () => certificates.daysLeft(world.wallMs()),
      ...(serving.workerMetrics === undefined ? {} : {workers: serving.workerMetrics}),
    },
    log,
  )
  await monitoring.listen(config.main.metrics_listen)
  logFindings(diagnostics, log)
  for (const {name, options: given} of config.sections) {
    log.emit('proxy.section', {settings: redactedSection(name, settingsOf(given))})
  }
  const startupMs = Math.round(world.monotonicMs() - edge.processStartMs)
  log.emit('proxy.ready', {version, sockets, startupMs})
  const notifier: Notifier = createNotifier({
    world,
    environment: edge.environment,
    processId: edge.processId,
    status: systemdStatus,
  })
  await notifier.ready()
  begun.resolve()
  const ending = new AbortController()
  if (config.main.test_connectivity_on_startup) void checkConnectivity()

  function load(): {readonly loaded: LoadedConfig; readonly diagnostics: readonly Diagnostic[]} {
    const recording = recordingContext(configPath, context)
    const {config, diagnostics} = loadChecked(configPath, recording.context)
    refuseLab(config, options.servesLab ?? false)
    return {loaded: {config, snapshot: recording.snapshot}, diagnostics}
  }

  async function serveHere(): Promise<Serving> {
    const engine = await createEngine({
      config,
      version,
      stateDir,
      primaryOnly: primaryOnly.isOn,
      isReady: () => stopped === undefined && health.readiness().ready,
      log,
      world,
    })
    return servingHere(engine, health, reporting.trace)
  }

  /** Nothing else keeps what was loaded, which holds the file with its secrets. */
  async function serveByWorkers(loaded: LoadedConfig): Promise<Serving> {
    const {createWorkerPool} = await import('./workers/worker-pool.ts')
    return createWorkerPool({
      count: config.main.workers,
      startProcess: edge.startWorker,
      loaded,
      about: {version, logDirectory: layout.logDirectory, logEdge: processEdge()},
      memory: await openMemory(stateDir, config.main, log, world),
      primaryOnly: primaryOnly.isOn,
      output,
      log,
      world,
    })
  }

  /** Beside the logins: a directory that is slow to answer must not keep the proxy from serving. */
  async function checkConnectivity(): Promise<void> {
    const {runStartupChecks} = await import('./probes/startup-checks.ts')
    const context = {
      world,
      log,
      version,
      timeoutMs: STARTUP_CHECK_MS,
      lookup: lookupWithSystem,
      machine: edge.machine,
      logDirectory: config.main.log_dir ?? layout.logDirectory,
      stateDirectory: config.main.state_dir ?? layout.stateDirectory,
      ownService: async () => status(),
      user: undefined,
      radiusUser: undefined,
    }
    await runStartupChecks(config, context, log, ending.signal).catch((error: unknown) =>
      log.emit('proxy.bug', {where: 'test_connectivity_on_startup', error: String(error)}),
    )
  }

  async function status() {
    const {sections, logins, readiness: found} = await serving.status()
    return {
      running: true,
      pid: edge.processId,
      version,
      uptimeS: Math.floor((world.monotonicMs() - edge.processStartMs) / 1000),
      ...ready(found),
      sections,
      pendingPushes: serving.pendingPushes(),
      logins,
    } as const
  }

  async function readiness(): Promise<Readiness> {
    return ready((await serving.status()).readiness)
  }

  function ready(found: Readiness): Readiness {
    if (stopped !== undefined) return {ready: false, reasons: ['the proxy is stopping']}
    // What is remembered is known here, whoever serves the logins.
    const own = health.readiness()
    return {ready: found.ready && own.ready, reasons: [...new Set([...found.reasons, ...own.reasons])]}
  }

  async function systemdStatus(): Promise<string> {
    const {readiness: found, sockets} = await serving.status()
    const {ready: isReady, reasons} = ready(found)
    const where = `serving ${sockets.join(', ')}`
    if (reasons.length === 0) return where
    return `${isReady ? 'some logins cannot work' : 'NOT READY, logins cannot work'}: ${reasons.join('; ')}; ${where}`
  }

  async function reload(): Promise<ReloadResult> {
    await notifier.reloading()
    const result = await tryReload()
    await notifier.ready()
    return result
  }

  async function tryReload(): Promise<ReloadResult> {
    try {
      const {loaded: fresh, diagnostics: found} = load()
      const {config: next} = fresh
      const changes = configChanges(reporting.config, next)
      await serving.reload(fresh)
      primaryOnly.end()
      reporting.serves(next)
      certificates = readCertificates(next, context.readFile)
      await monitoring.listen(next.main.metrics_listen)
      log.emit('proxy.reloaded', {changes})
      logFindings(found, log)
      return {kind: 'reloaded', changes}
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      const problems =
        error instanceof InvalidConfig
          ? error.diagnostics.filter(({severity}) => severity === 'error').map(diagnosticLine)
          : [error.message]
      log.emit('proxy.reload-refused', {problems})
      return {kind: 'refused', problems}
    }
  }

  async function end(reason: string): Promise<void> {
    await notifier.stopping()
    ending.abort()
    log.emit('proxy.stopping', {reason, pendingLogins: (await serving.status()).pendingRequests})
    const unfinishedLogins = await serving.stop()
    primaryOnly.end()
    await monitoring.close()
    await presence?.close()
    notifier.close()
    log.emit('proxy.stopped', {unfinishedLogins})
    await output.close()
  }

  return {
    sockets,
    diagnostics,
    reload,
    stop: (reason) => {
      stopped ??= end(reason)
      return stopped
    },
  }
}

/** Without the drawing that may stand below it: the log has a line for it. */
function diagnosticLine(diagnostic: Diagnostic): string {
  return formatDiagnostic({...diagnostic, detail: undefined})
}

function logFindings(diagnostics: readonly Diagnostic[], log: Log): void {
  for (const {severity, file, line, column, code, message, hint} of diagnostics) {
    if (severity === 'warning') log.emit('config.finding', {file, line, column, code, message, hint})
  }
}
