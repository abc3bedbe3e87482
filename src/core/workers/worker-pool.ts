import type {Config} from '../config/schema.ts'
import {type ListenerClients, listenersOf} from '../engine/generation.ts'
import type {Memory} from '../engine/memory.ts'
import {isServedServer} from '../engine/served-sections.ts'
import {DRAIN_MS, type Reloaded} from '../engine.ts'
import {Fault} from '../fault.ts'
import type {Log} from '../log/log.ts'
import type {LogOutput} from '../log/output.ts'
import {mergeTraces} from '../log/trace-ring.ts'
import {JoiningStore} from '../login/joining-store.ts'
import {SharedWork} from '../login/shared-work.ts'
import type {LatchRecord} from '../radius/latch.ts'
import {probeUdp} from '../radius/server.ts'
import type {ProcessMetrics} from '../service/metrics-sum.ts'
import type {LoadedConfig, Serving} from '../serving.ts'
import {pause, type World} from '../world.ts'
import type {WorkerStart, WorkerStatus} from './protocol.ts'
import {serviceCalls} from './service-calls.ts'
import {ServicePlaces} from './service-places.ts'
import {START_MS, Worker, type WorkerProcess} from './worker.ts'

export type WorkerPoolOptions = {
  readonly count: number
  readonly startProcess: () => WorkerProcess
  readonly loaded: LoadedConfig
  /** What does not change while the service runs. */
  readonly about: Pick<WorkerStart, 'version' | 'logDirectory' | 'logEdge'>
  readonly memory: Memory
  readonly primaryOnly: () => boolean
  /** Where the workers' lines go. */
  readonly output: Pick<LogOutput, 'writeLines'>
  readonly log: Log
  readonly world: World
}

/** For what is left when its logins have ended. */
const CLOSE_MS = 5000
/** One that dies sooner than this is started again after a wait, which doubles each time it does. */
const SOON_MS = 10_000
const AGAIN_MS = {first: 1000, most: 30_000} as const

/**
 * Several processes serve the same UDP ports, and are one service: what must be known once is known here (store, joins,
 * guards, latches), and they ask for it. One that dies is replaced; its logins go on as after a restart.
 */
export function createWorkerPool(options: WorkerPoolOptions): Serving {
  const {memory, output, log, world} = options
  const workers = new Map<number, Worker>()
  const work = new SharedWork(world)
  const joining = new JoiningStore(memory.store, work)
  const places = new ServicePlaces(world)
  /** How long each number waits until it is started again, when the last one has died soon. */
  const waits = new Map<number, number>()
  const ending = new AbortController()
  let {loaded} = options
  let isStopping = false
  /** What those that are gone have done. */
  let past = {accept: 0, reject: 0, challenge: 0}
  let pastMetrics: ProcessMetrics | undefined
  /** Starts and reloads come one after the other: a new worker serves what the others serve. */
  let turn: Promise<unknown> = Promise.resolve()

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }

  async function startWorker(number: number): Promise<readonly string[]> {
    const process = options.startProcess()
    const asked = {
      store: joining.of(process),
      joins: work.of(process),
      places: places.of(process),
      guards: memory.guards,
      output,
      latched: (record: LatchRecord) => setLatch(record, number),
      ending: ending.signal,
    }
    const worker = new Worker(number, process, serviceCalls(asked), log, world)
    workers.set(number, worker)
    void worker.gone.then((how) => onGone(worker, how))
    try {
      return await worker.start(begin())
    } catch (error) {
      workers.delete(number)
      process.kill()
      throw error
    }
  }

  function begin(): WorkerStart {
    const [first, ...others] = memory.keys
    return {
      ...options.about,
      snapshot: loaded.snapshot(),
      keys: [base64(first), ...others.map(base64)],
      instance: base64(memory.instance),
      refuseSealedBeforeMs: memory.refuseSealedBeforeMs,
      latches: memory.latches.list(),
      primaryOnly: options.primaryOnly(),
    }
  }

  async function onGone(worker: Worker, how: string): Promise<void> {
    const {number, process, servedMs} = worker
    work.leave(process)
    places.leave(process)
    if (servedMs === undefined || isStopping) return
    workers.delete(number)
    await keepCounts(worker).catch((error: unknown) =>
      log.emit('proxy.bug', {where: 'the counts of a worker that has ended', error: String(error)}),
    )
    log.emit('worker.ended', {worker: number, pid: process.pid, how})
    if (servedMs >= SOON_MS) waits.delete(number)
    else await pause(world, nextWaitMs(number), ending.signal)
    await startAgain(number)
  }

  function nextWaitMs(number: number): number {
    const waitMs = Math.min(2 * (waits.get(number) ?? AGAIN_MS.first / 2), AGAIN_MS.most)
    waits.set(number, waitMs)
    return waitMs
  }

  async function startAgain(number: number): Promise<void> {
    while (!isStopping) {
      try {
        await inTurn(async () => {
          if (isStopping) return
          await startWorker(number)
          log.emit('worker.started', {worker: number, pid: workers.get(number)?.process.pid ?? 0})
        })
        return
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        const againMs = nextWaitMs(number)
        log.emit('worker.not-started', {worker: number, error: text, againMs})
        await pause(world, againMs, ending.signal)
      }
    }
  }

  /** No count falls because a worker has died; what it had not told yet is lost. */
  async function keepCounts({status, metrics}: Worker): Promise<void> {
    if (status !== undefined) past = added(past, status.logins)
    if (metrics === undefined) return
    const {countsOf} = await import('../service/metrics-sum.ts')
    pastMetrics = await countsOf(pastMetrics === undefined ? [metrics] : [pastMetrics, metrics])
  }

  /** The answers of those that answer. */
  async function askAll<Result>(ask: (worker: Worker) => Promise<Result>): Promise<Result[]> {
    const answers = await Promise.allSettled([...workers.values()].map((worker) => ask(worker)))
    return answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  }

  function setLatch(record: LatchRecord, from: number): void {
    if (memory.latches.has(record.latch, record.address)) return
    const result = memory.latches.set(record.latch, record.address)
    const {latch, address} = record
    if (result === 'unwritten') log.emit('radius.latched', {latch, address, result})
    for (const {number, channel} of workers.values()) if (number !== from) channel.tell('latched', record)
  }

  /** Another program there, or another service of ours, would share the port without a word. */
  async function refuseTakenPorts(next: Config, served: Config | undefined): Promise<void> {
    const known = new Set(served === undefined ? [] : plannedListeners(served).map(addressOf))
    for (const listener of plannedListeners(next)) {
      if (!known.has(addressOf(listener))) await probeUdp({log, interface: listener.interface, port: listener.port})
    }
  }

  async function reload(next: LoadedConfig): Promise<Reloaded> {
    await refuseTakenPorts(next.config, loaded.config)
    const snapshot = next.snapshot()
    const living = [...workers.values()]
    const prepared = await Promise.allSettled(living.map((worker) => worker.ask('prepare', snapshot, START_MS)))
    // One that has died meanwhile begins with the new configuration.
    const refusals = prepared.flatMap((each, n) =>
      each.status === 'rejected' && living[n]?.channel.isOpen === true ? [each.reason] : [],
    )
    if (refusals.length > 0) {
      await askAll((worker) => worker.ask('abandon', undefined))
      throw refusals[0]
    }
    loaded = next
    const reloaded = await askAll((worker) => worker.ask('commit', undefined))
    return reloaded[0] ?? {opened: [], closed: []}
  }

  return {
    async start() {
      if (plannedListeners(loaded.config).length === 0) throw nothingToServe()
      await refuseTakenPorts(loaded.config, undefined)
      try {
        const numbers = Array.from({length: options.count}, (_, n) => n + 1)
        const [sockets = []] = await Promise.all(numbers.map(startWorker))
        return sockets
      } catch (error) {
        isStopping = true
        ending.abort()
        for (const {process} of workers.values()) process.kill()
        throw error
      }
    },
    reload: (next) => inTurn(() => reload(next)),
    async status() {
      const answers = await askAll(async (worker) => {
        worker.status = await worker.ask('status', undefined)
        return worker.status
      })
      const counted = [...workers.values()].flatMap(({status}) => (status === undefined ? [] : [status.logins]))
      const missing = options.count - answers.length
      const reasons = new Set(answers.flatMap(({readiness}) => readiness.reasons))
      if (missing > 0) reasons.add(`${missing} of ${options.count} workers do not answer`)
      return {
        sections: loaded.config.sections.map(({name}) => name),
        sockets: answers[0]?.sockets ?? [],
        pendingRequests: answers.reduce((sum, {pendingRequests}) => sum + pendingRequests, 0),
        logins: counted.reduce(added, past),
        readiness: {ready: answers.some(({readiness}) => readiness.ready), reasons: [...reasons]},
      }
    },
    pendingPushes: memory.pendingPushes,
    explain: async (query) => mergeTraces(await askAll((worker) => worker.ask('explain', query)), query),
    async workerMetrics() {
      await askAll(async (worker) => {
        worker.metrics = (await worker.ask('metrics', undefined)) ?? worker.metrics
      })
      const living = [...workers.values()].flatMap(({metrics}) => (metrics === undefined ? [] : [metrics]))
      return pastMetrics === undefined ? living : [pastMetrics, ...living]
    },
    primaryOnlyEnded() {
      for (const {channel} of workers.values()) channel.tell('primaryOnlyEnded', undefined)
    },
    async stop() {
      isStopping = true
      // One that has not begun has nothing to end, and is not waited for.
      for (const {servedMs, process} of workers.values()) if (servedMs === undefined) process.kill()
      await turn
      const living = [...workers.values()]
      // All of them drain before one closes: with a socket less the kernel gives each client to another worker.
      await Promise.allSettled(living.map((worker) => worker.ask('drain', undefined, DRAIN_MS + CLOSE_MS)))
      ending.abort()
      const left = await Promise.allSettled(living.map((worker) => worker.ask('stop', undefined, CLOSE_MS)))
      await Promise.all(living.map((worker) => worker.hangUp()))
      await memory.store.close()
      memory.latches.close()
      return left.reduce((sum, each) => sum + (each.status === 'fulfilled' ? each.value : 0), 0)
    },
  }
}

function nothingToServe(): Fault {
  return new Fault('config-invalid', 'the configuration has no section that this release serves', {
    hint: 'add a [radius_server_challenge] section; "authproxy validate --sample" prints one',
  })
}

function plannedListeners({sections}: Config): readonly ListenerClients[] {
  return listenersOf(sections.filter(isServedServer))
}

function addressOf({interface: address, port}: ListenerClients): string {
  return `${address ?? '*'}:${port}`
}

function added(one: WorkerStatus['logins'], other: WorkerStatus['logins']): WorkerStatus['logins'] {
  return {
    accept: one.accept + other.accept,
    reject: one.reject + other.reject,
    challenge: one.challenge + other.challenge,
  }
}

function base64(octets: Buffer): string {
  return octets.toString('base64')
}
