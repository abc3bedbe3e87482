import {randomBytes} from 'node:crypto'

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
  /** Calls back once, `delayMs` from now; a timer alone does not keep the process alive. */
  readonly after: (delayMs: number, callback: () => void) => Cancel
  /** `size` unpredictable octets. */
  readonly randomBytes: (size: number) => Buffer
}

export const realWorld: World = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
  randomBytes: (size) => randomBytes(size),
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
  const onAbort = () => controller.abort(parent?.reason)
  if (parent?.aborted) onAbort()
  else parent?.addEventListener('abort', onAbort, {once: true})
  return {
    signal: controller.signal,
    release: () => {
      cancel()
      parent?.removeEventListener('abort', onAbort)
    },
  }
}
