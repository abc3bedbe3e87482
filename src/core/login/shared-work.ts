import {BriefMap} from '../brief-map.ts'
import {pause, type World} from '../world.ts'

/** A push is over by then, and whoever waits for its decision goes on alone. */
const WORK_MS = 75_000

/** Work that requests to several workers may ask for at once. One of them does it, the others hear what it came to. */
export type Joins = {
  /** What the work under this name has come to at another worker; undefined: it is for the caller to do, and to end. */
  begin(name: string): Promise<string | undefined>
  /** @param told undefined when it was left undone: one of those who wait has it then. */
  end(name: string, told: string | undefined): void
}

export type Work = {
  readonly worker: object
  /** What exactly is done under this name. */
  readonly what: string
  readonly sinceMs: number
  /** What the work came to; undefined when it was left undone. */
  readonly end: Promise<string | undefined>
  readonly finish: (told: string | undefined) => void
}

/** What the workers are busy with, by name. What one of them leaves behind when it dies goes to the next one to ask. */
export class SharedWork {
  readonly #world: World
  /** Oldest first. */
  readonly #working = new BriefMap<string, Work>()

  constructor(world: World) {
    this.#world = world
  }

  /** The register as one worker has it. */
  of(worker: object): Joins {
    return {
      begin: (name) => this.#join(name, worker),
      end: (name, told) => {
        const work = this.#working.get(name)
        if (work?.worker === worker) work.finish(told)
      },
    }
  }

  underWay(name: string): Work | undefined {
    this.#sweep()
    return this.#working.get(name)
  }

  begin(name: string, worker: object, what = ''): Work {
    const {promise: end, resolve} = Promise.withResolvers<string | undefined>()
    const work: Work = {
      worker,
      what,
      sinceMs: this.#world.monotonicMs(),
      end,
      finish: (told) => {
        if (this.#working.get(name) === work) this.#working.delete(name)
        resolve(told)
      },
    }
    this.#working.set(name, work)
    return work
  }

  /** What it comes to; undefined when it is left, or takes too long. */
  async endOf({sinceMs, end, finish}: Work): Promise<string | undefined> {
    const ended = new AbortController()
    const overdue = pause(this.#world, sinceMs + WORK_MS - this.#world.monotonicMs(), ended.signal)
    const told = await Promise.race([end, overdue.then(() => undefined)])
    ended.abort()
    if (told === undefined) finish(undefined)
    return told
  }

  /** The worker is gone: whoever waits for its work goes on with it. */
  leave(worker: object): void {
    for (const work of [...this.#working.values()]) if (work.worker === worker) work.finish(undefined)
  }

  /** Work under way, for the test that nothing is left behind. */
  get size(): number {
    return this.#working.size
  }

  async #join(name: string, worker: object): Promise<string | undefined> {
    for (let running = this.underWay(name); running !== undefined; running = this.underWay(name)) {
      const told = await this.endOf(running)
      if (told !== undefined) return told
    }
    // No await between the look and this: of two one must find the other.
    this.begin(name, worker)
    return undefined
  }

  /** A login that was left undecided, at the end of an old configuration, is nobody's work. */
  #sweep(): void {
    const nowMs = this.#world.monotonicMs()
    for (const work of this.#working.values()) {
      if (work.sinceMs + WORK_MS > nowMs) return
      work.finish(undefined)
    }
  }
}
