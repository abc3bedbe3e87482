import {hostname} from 'node:os'
import type {ConfigContext} from './config/context.ts'
import {type Diagnostic, formatDiagnostic} from './config/diagnostic.ts'
import {InvalidConfig, loadChecked} from './config/load-checked.ts'
import type {MainOptions} from './config/schema.ts'
import {configChanges} from './engine/config-changes.ts'
import {refuseLab} from './engine/lab-integration.ts'
import {settingsOf} from './engine/settings.ts'
import {createEngine, type Engine} from './engine.ts'
import {Fault} from './fault.ts'
import {createLog, type EventObservers, type Log} from './log/log.ts'
import {createLogOutput} from './log/output.ts'
import {redactedSection} from './log/redact.ts'
import type {LogOptions} from './log/sinks.ts'
import {parseSyslogTarget} from './log/syslog.ts'
import {TraceRing} from './log/trace-ring.ts'
import type {Machine} from './probes/machine.ts'
import {lookupWithSystem} from './radius/client-names.ts'
import {readCertificates} from './service/certificates.ts'
import type {ReloadResult} from './service/control-protocol.ts'
import {createHealth, type Readiness} from './service/health.ts'
import {layoutOf} from './service/layout.ts'
import {createMonitoring} from './service/monitoring.ts'
import {createNotifier, type Notifier} from './service/notify.ts'
import {openPresence} from './service/presence.ts'
import {openPrimaryOnly} from './service/primary-only.ts'
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
  const {config, diagnostics} = loadChecked(configPath, context)
  refuseLab(config, options.servesLab ?? false)
  const layout = layoutOf(configPath, edge.platform)
  const trace = new TraceRing()
  let current = config
  const output = createLogOutput(world, logOptions(config.main, version, layout.logDirectory))
  const health = createHealth(world)
  const observers: EventObservers[] = [health.observers]
  const reporting = {
    // Asked at each event: a reload may change it.
    get debug() {
      return current.main.debug
    },
    observers,
    trace,
  }
  const log = createLog(world, [output], reporting)
  const primaryOnly = openPrimaryOnly(options.primaryOnlyMs, log, world)
  let stopped: Promise<void> | undefined
  let engine: Engine
  let presence: {readonly close: () => Promise<void>} | undefined
  /** Whoever asks while the service begins gets an answer once it serves. */
  const begun = Promise.withResolvers<void>()
  const onceBegun =
    <Given extends readonly unknown[], Answer>(answer: (...given: Given) => Answer | Promise<Answer>) =>
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
      {status: onceBegun(status), reload: onceBegun(reload), explain: onceBegun(explain)},
      log,
    )
    engine = await createEngine({
      config,
      version,
      stateDir: config.main.state_dir ?? layout.stateDirectory,
      primaryOnly: primaryOnly.isOn,
      isReady: () => readiness().ready,
      log,
      world,
    })
    sockets = await engine.start()
  } catch (error) {
    await presence?.close()
    await output.close()
    throw error
  }
  health.watch(config)
  let certificates = readCertificates(config, context.readFile)
  const monitoring = createMonitoring(
    observers,
    {
      version,
      readiness,
      pendingPushes: () => engine.status().pendingPushes,
      pendingRequests: () => engine.status().pendingRequests,
      wallAheadOfMonotonicMs: () => world.wallMs() - world.monotonicMs(),
      certificates: () => certificates.daysLeft(world.wallMs()),
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

  function status() {
    const {sections, pendingPushes, logins} = engine.status()
    return {
      running: true,
      pid: edge.processId,
      version,
      uptimeS: Math.floor((world.monotonicMs() - edge.processStartMs) / 1000),
      ...readiness(),
      sections,
      pendingPushes,
      logins,
    } as const
  }

  function readiness(): Readiness {
    return stopped === undefined ? health.readiness() : {ready: false, reasons: ['the proxy is stopping']}
  }

  function systemdStatus(): string {
    const {ready, reasons} = readiness()
    const serving = `serving ${engine.status().sockets.join(', ')}`
    if (reasons.length === 0) return serving
    return `${ready ? 'some logins cannot work' : 'NOT READY, logins cannot work'}: ${reasons.join('; ')}; ${serving}`
  }

  function explain(query: {readonly loginId: string} | {readonly userName: string; readonly last: number}) {
    if ('userName' in query) return trace.byUser(query.userName, query.last)
    const found = trace.byId(query.loginId)
    return found === undefined ? [] : [found]
  }

  async function reload(): Promise<ReloadResult> {
    await notifier.reloading()
    const result = await tryReload()
    await notifier.ready()
    return result
  }

  async function tryReload(): Promise<ReloadResult> {
    try {
      const {config: next, diagnostics: found} = loadChecked(configPath, context)
      refuseLab(next, options.servesLab ?? false)
      const changes = configChanges(current, next)
      await engine.reload(next)
      primaryOnly.end()
      output.exchange(logOptions(next.main, version, layout.logDirectory))
      current = next
      health.watch(next)
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
    log.emit('proxy.stopping', {reason, pendingLogins: engine.status().pendingRequests})
    const unfinishedLogins = await engine.stop()
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

function logOptions(main: MainOptions, version: string, directory: string): LogOptions {
  const target = main.log_syslog_target === undefined ? undefined : parseSyslogTarget(main.log_syslog_target)
  return {
    hostname: hostname(),
    version,
    format: main.log_format,
    directory: main.log_dir ?? directory,
    file: main.log_file,
    stdout: main.log_stdout,
    syslog: main.log_syslog
      ? {facility: main.syslog_facility, target: target?.ok ? target.target : undefined}
      : undefined,
    authEvents: main.log_auth_events,
    maxSize: main.log_max_size,
    maxFiles: main.log_max_files,
  }
}
