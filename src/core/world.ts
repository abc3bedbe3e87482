import {randomBytes, randomFillSync} from 'node:crypto'

/** Ends what was started; calling it twice does no harm. */
export type Cancel = () => void

/**
 * All that the core takes from outside itself besides sockets and files: time and chance.
 * Tests and transcripts give one that stands still.
 */
export type World = {
  /** Milliseconds since the epoch, as the system's clock says; it may jump. */
  readonly wallMs: () => number
  /** Milliseconds since an arbitrary start; never goes back. */
  readonly monotonicMs: () => number
  /** Calls back once, `delayMs` from now, after LONGEST_TIMER_MS at most; a timer alone does not keep the process alive. */
  readonly after: (delayMs: number, callback: () => void) => Cancel
  /** `size` unpredictable octets. */
  readonly randomBytes: (size: number) => Buffer
}

/** What Node's timers can count, some 24 days: one that is longer would go off at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Random octets drawn ahead, each handed out once: a login takes a dozen times a few, and a call costs 3 us whatever its size. */
const POOL_OCTETS = 4096

export const realWorld: World = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS))
    timer.unref()
    return () => clearTimeout(timer)
  },
  randomBytes: drawFromPool(),
}

/** Resolves after `delayMs`, or at once when the signal is aborted. Says which of the two it was. */
export function pause(world: World, delayMs: number, signal: AbortSignal): Promise<'elapsed' | 'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted')
  return new Promise((resolve) => {
    const cancel = world.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort)
      resolve('elapsed')
    })
    const onAbort = () => {
      cancel()
      resolve('aborted')
    }
    signal.addEventListener('abort', onAbort, {once: true})
  })
}

/** A signal that aborts after `delayMs`, or with its parent. Release it when the wait is over. */
export function deadline(world: World, delayMs: number, parent?: AbortSignal): {signal: AbortSignal; release: Cancel} {
  const controller = new AbortController()
  const cancel = world.after(delayMs, () => controller.abort(new Error('deadline passed')))
  const unfollow = parent === undefined ? () => {} : follow(parent, controller)
  return {
    signal: controller.signal,
    release: () => {
      cancel()
      unfollow()
    },
  }
}

/**
 * Ends whatever is under way at once, however much that is.
 *
 * Not one signal for all of it to listen to: a listener that was removed still refers to the one that came after it, so that
 * of a signal as old as the process a chain of what was forgotten long ago hangs, and lives until the garbage collector goes
 * through all of the heap. The tables of a Set hang together likewise, so that it is a list without order
 * (docs/decisions/0074-young-logins.md).
 */
export class Endings {
  readonly #underWay: UnderWay[] = []
  #ended: {readonly reason: Error} | undefined

  get size(): number {
    return this.#underWay.length
  }

  /**
   * A signal for one piece of work, which ends with its parent too. Release it when the work is over: AbortSignal.any
   * would cost five times as much.
   */
  begin(parent?: AbortSignal): {signal: AbortSignal; release: Cancel} {
    const controller = new AbortController()
    if (this.#ended !== undefined) controller.abort(this.#ended.reason)
    const unfollow = parent === undefined ? undefined : follow(parent, controller)
    const own: UnderWay = {controller, place: this.#underWay.length}
    this.#underWay.push(own)
    return {
      signal: controller.signal,
      release: () => {
        this.#remove(own)
        unfollow?.()
      },
    }
  }

  /** Now, and for whatever begins later. */
  end(reason: Error): void {
    this.#ended = {reason}
    for (const {controller} of [...this.#underWay]) controller.abort(reason)
  }

  /** The last one takes its place. */
  #remove(own: UnderWay): void {
    if (this.#underWay[own.place] !== own) return
    const last = this.#underWay.pop()
    if (last === undefined || last === own) return
    this.#underWay[own.place] = last
    last.place = own.place
  }
}

/** `place` is where it stands in the list. */
type UnderWay = {readonly controller: AbortController; place: number}

function follow(parent: AbortSignal, controller: AbortController): Cancel {
  const onAbort = () => controller.abort(parent.reason)
  if (parent.aborted) onAbort()
  else parent.addEventListener('abort', onAbort, {once: true})
  return () => parent.removeEventListener('abort', onAbort)
}

function drawFromPool(): (size: number) => Buffer {
  const pool = Buffer.alloc(POOL_OCTETS)
  let used = POOL_OCTETS
  return (size) => {
    if (size > POOL_OCTETS / 16) return randomBytes(size)
    if (used + size > POOL_OCTETS) {
      randomFillSync(pool)
      used = 0
    }
    const drawn = Buffer.from(pool.subarray(used, used + size))
    // What was handed out, a key perhaps, stays nowhere else.
    pool.fill(0, used, used + size)
    used += size
    return drawn
  }
}
