import type {Cancel, World} from '../world.ts'

/** What a place did with the lines it was given: `written` of them are there whole. */
export type LinesWritten =
  | {readonly ok: true}
  | {readonly ok: false; readonly written: number; readonly problem: string}

/** A place for lines: a file, a descriptor, a syslog server. Lines carry no line feed. `write` never throws. */
export interface LineTarget {
  /** For the person who reads that it does not work. */
  readonly name: string
  write(lines: readonly string[]): Promise<LinesWritten>
  close(): Promise<void>
}

/** Lines that wait for a slow or broken place, in characters; what comes on top is lost and counted. */
const MAX_WAITING_CHARACTERS = 8 * 1024 * 1024
const MAX_LINES_AT_ONCE = 1000
/** So many are written without waiting for more: what waits longer is copied to V8's old heap (docs/decisions/0070-cost-of-a-login.md). */
const GATHERED_CHARACTERS = 64 * 1024
const RETRY_MS = 5000
/** How long the end of the process waits for the last lines. */
const CLOSE_MS = 2000

/**
 * Lines go in at once and out in their own time: whoever logs never waits, and never learns of a full disk.
 * One write is under way at a time. A place that fails is reported once, tried again later, and reported again when it works.
 */
export class LineQueue {
  readonly #world: World
  readonly #target: LineTarget
  readonly #report: (problem: string) => void
  readonly #lossNote: (lost: number) => string
  readonly #gatherMs: number
  #waiting: string[] = []
  #characters = 0
  #lost = 0
  #failed = false
  #draining: Promise<void> | undefined
  #cancelRetry: Cancel | undefined
  #cancelGathering: Cancel | undefined
  #closed = false

  constructor(options: {
    world: World
    target: LineTarget
    report: (problem: string) => void
    /** The line that stands where lines are missing. */
    lossNote: (lost: number) => string
    /** A first line waits so long for others to be written with it; 0 by default. */
    gatherMs?: number
  }) {
    this.#world = options.world
    this.#target = options.target
    this.#report = options.report
    this.#lossNote = options.lossNote
    this.#gatherMs = options.gatherMs ?? 0
  }

  push(line: string): void {
    if (this.#closed) return
    if (this.#characters + line.length > MAX_WAITING_CHARACTERS) {
      this.#lost++
      return
    }
    if (this.#lost > 0 && !this.#failed) this.#noteLoss()
    this.#waiting.push(line)
    this.#characters += line.length
    if (this.#cancelRetry === undefined) this.#drainSoon()
  }

  /** Resolves when nothing waits any more, or the place has just failed. */
  async flushed(): Promise<void> {
    await this.#draining
  }

  /** Gives the last lines a short time, then lets go. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    this.#drain()
    let cancel: Cancel = () => {}
    const tooLong = new Promise<void>((resolve) => {
      cancel = this.#world.after(CLOSE_MS, resolve)
    })
    await Promise.race([this.#draining?.then(() => this.#target.close()) ?? this.#target.close(), tooLong])
    cancel()
  }

  #drainSoon(): void {
    if (this.#gatherMs === 0 || this.#characters >= GATHERED_CHARACTERS) this.#drain()
    else if (this.#draining === undefined) {
      this.#cancelGathering ??= this.#world.after(this.#gatherMs, () => {
        this.#cancelGathering = undefined
        this.#drain()
      })
    }
  }

  #drain(): void {
    if (this.#draining !== undefined || this.#waiting.length === 0) return
    this.#cancelGathering?.()
    this.#cancelGathering = undefined
    this.#draining = this.#writeAll().finally(() => {
      this.#draining = undefined
      if (this.#waiting.length > 0 && this.#cancelRetry === undefined && !this.#closed) this.#drainSoon()
    })
  }

  async #writeAll(): Promise<void> {
    do {
      const batch = this.#waiting.slice(0, MAX_LINES_AT_ONCE)
      const result = await this.#target.write(batch)
      this.#remove(result.ok ? batch.length : result.written)
      if (!result.ok) return this.#retryLater(result.problem)
      if (this.#failed) this.#recovered()
      if (this.#lost > 0) this.#noteLoss()
    } while (this.#goesOn())
  }

  /** What has come in during a write is gathered as well, unless it is the end, or already much. */
  #goesOn(): boolean {
    return this.#waiting.length >= (this.#gatherMs === 0 || this.#closed ? 1 : MAX_LINES_AT_ONCE)
  }

  #remove(count: number): void {
    for (const line of this.#waiting.slice(0, count)) this.#characters -= line.length
    this.#waiting = this.#waiting.slice(count)
  }

  #retryLater(problem: string): void {
    if (!this.#failed) this.#report(`cannot write ${this.#target.name}: ${problem}; logins go on without it`)
    this.#failed = true
    if (this.#closed) return
    this.#cancelRetry = this.#world.after(RETRY_MS, () => {
      this.#cancelRetry = undefined
      this.#drain()
    })
  }

  #recovered(): void {
    this.#failed = false
    this.#report(`${this.#target.name} is written again${this.#lost > 0 ? `; ${this.#lost} lines were lost` : ''}`)
  }

  #noteLoss(): void {
    const note = this.#lossNote(this.#lost)
    this.#lost = 0
    this.#waiting.push(note)
    this.#characters += note.length
  }
}
