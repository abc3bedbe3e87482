import type {Duplex} from 'node:stream'
import {Fault} from '../fault.ts'
import type {Log} from '../log/log.ts'
import type {ProcessMetrics} from '../service/metrics-sum.ts'
import {pause, type World} from '../world.ts'
import {type Argument, Channel} from './channel.ts'
import type {ServiceCalls, WorkerCalls, WorkerStart, WorkerStatus} from './protocol.ts'

/** A child process that runs `runWorker` at the other end of the stream. */
export type WorkerProcess = {
  readonly pid: number
  readonly stream: Duplex
  /** Resolves, in words for a person, when the process is gone. */
  readonly ended: Promise<string>
  readonly kill: () => void
}

/** A worker reads its configuration, loads its rooms and binds its sockets. */
export const START_MS = 30_000
/** A status, a trace, counts: who has not answered by then is left out. */
const ASK_MS = 2000
/** A process ends by itself within this, or is killed. */
const CLOSE_MS = 5000
/** A worker takes turns, or it is no use: as systemd's watchdog has it for the first process. */
const PING_EVERY_MS = 10_000
const PING_MS = 30_000

/** One worker, as the process sees it that has started it. */
export class Worker {
  readonly number: number
  readonly process: WorkerProcess
  readonly channel: Channel<WorkerCalls>
  /** Resolves, in words, when the process is gone and all that it had said is known. */
  readonly gone: Promise<string>
  /** What it last said, which stays when it is gone. */
  status: WorkerStatus | undefined
  metrics: ProcessMetrics | undefined
  readonly #world: World
  readonly #ended = new AbortController()
  #servesSinceMs: number | undefined
  #isHung = false

  constructor(number: number, process: WorkerProcess, calls: ServiceCalls, log: Log, world: World) {
    this.number = number
    this.process = process
    this.#world = world
    this.channel = new Channel<WorkerCalls>(process.stream, calls, (name, error) =>
      log.emit('proxy.bug', {where: `what a worker told (${name})`, error: String(error)}),
    )
    this.gone = this.#untilGone()
    void this.#killWhenCutOff()
  }

  /** How long it has served; undefined when it never did. */
  get servedMs(): number | undefined {
    return this.#servesSinceMs === undefined ? undefined : this.#world.monotonicMs() - this.#servesSinceMs
  }

  /** Returns the names of its sockets. Throws the Fault that keeps it from serving. */
  async start(begin: WorkerStart): Promise<readonly string[]> {
    try {
      const sockets = await this.ask('start', begin, START_MS)
      this.#servesSinceMs = this.#world.monotonicMs()
      void this.#watch()
      return sockets
    } catch (error) {
      if (this.channel.isOpen) throw error
      throw new Fault('no-answer', `worker ${this.number} has ended while it began: ${await this.process.ended}`)
    }
  }

  /** Throws a Fault when no answer comes in time. */
  async ask<Name extends keyof WorkerCalls>(
    name: Name,
    argument: Argument<WorkerCalls[Name]>,
    ms = ASK_MS,
  ): Promise<Awaited<ReturnType<WorkerCalls[Name]>>> {
    const answered = new AbortController()
    const late = pause(this.#world, ms, answered.signal).then(() => {
      throw new Fault('no-answer', `worker ${this.number} has not answered within ${ms / 1000} s`)
    })
    late.catch(() => {})
    try {
      return await Promise.race([this.channel.ask(name, argument), late])
    } finally {
      answered.abort()
    }
  }

  /** Lets it end by itself, for a while. */
  async hangUp(): Promise<void> {
    this.channel.close()
    await this.#endWithin(CLOSE_MS)
  }

  async #untilGone(): Promise<string> {
    const how = await this.process.ended
    // The stream is read to its end, also that of a process that was killed.
    await this.channel.closed
    this.#ended.abort()
    return this.#isHung ? 'it did not answer any more' : how
  }

  /** It ends by itself when the channel does; one that is caught in a loop, or stopped, would keep the port. */
  async #killWhenCutOff(): Promise<void> {
    await this.channel.closed
    await this.#endWithin(CLOSE_MS)
  }

  async #endWithin(ms: number): Promise<void> {
    const overdue = new AbortController()
    void pause(this.#world, ms, overdue.signal).then((how) => {
      if (how === 'elapsed') this.process.kill()
    })
    await this.process.ended
    overdue.abort()
  }

  async #watch(): Promise<void> {
    while ((await pause(this.#world, PING_EVERY_MS, this.#ended.signal)) === 'elapsed') {
      const answered = await this.ask('ping', undefined, PING_MS).then(
        () => true,
        () => false,
      )
      if (answered || this.#ended.signal.aborted) continue
      this.#isHung = this.channel.isOpen
      this.process.kill()
      return
    }
  }
}
