import {createHash} from 'node:crypto'
import type {Cancel, World} from '../world.ts'

/** A world that stands still, for scenarios and tests: time passes only by `advance`, random octets come from a seed. */
export class ManualWorld implements World {
  #nowMs = 0
  #startMs: number
  readonly #timers = new Set<{dueMs: number; callback: () => void}>()
  readonly #seed: string
  #drawn = 0

  constructor(options: {startMs?: number; seed?: string} = {}) {
    this.#startMs = options.startMs ?? Date.UTC(2026, 0, 5, 9, 0, 0)
    this.#seed = options.seed ?? 'seed'
  }

  readonly wallMs = (): number => this.#startMs + this.#nowMs
  readonly monotonicMs = (): number => this.#nowMs

  readonly after = (delayMs: number, callback: () => void): Cancel => {
    const timer = {dueMs: this.#nowMs + delayMs, callback}
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  readonly randomBytes = (size: number): Buffer => {
    const blocks: Buffer[] = []
    for (let octets = 0; octets < size; octets += 32) {
      blocks.push(
        createHash('sha256')
          .update(`${this.#seed} ${this.#drawn++}`)
          .digest(),
      )
    }
    return Buffer.concat(blocks).subarray(0, size)
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Milliseconds until the next timer falls due; undefined when there is none. */
  get nextTimerMs(): number | undefined {
    const due = [...this.#timers].map(({dueMs}) => dueMs - this.#nowMs)
    return due.length === 0 ? undefined : Math.max(0, Math.min(...due))
  }

  /** Lets time pass, calling back the timers that fall due in their order. */
  advance(ms: number): void {
    const end = this.#nowMs + ms
    for (;;) {
      const due = [...this.#timers].filter((t) => t.dueMs <= end).sort((a, b) => a.dueMs - b.dueMs)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.#nowMs = Math.max(this.#nowMs, due.dueMs)
      due.callback()
    }
    this.#nowMs = end
  }

  /** The system clock jumps; the monotonic one does not. */
  jumpWallClock(ms: number): void {
    this.#startMs += ms
  }
}
