import type {FactorResult} from '../login/second-factor.ts'
import {deadline, pause, type World} from '../world.ts'
import type {DuoRefused, DuoUnavailable} from './answer.ts'

/** One look at a transaction. */
export type Poll =
  | {readonly kind: 'waiting'; readonly message: string}
  | Extract<FactorResult, {kind: 'allow' | 'deny' | 'sent'}>
  | DuoUnavailable
  | DuoRefused

/** Looks that come back sooner than this without news are spaced out, in case the other side does not hold them. */
const SHORTEST_POLL_MS = 1000
const LONGEST_PAUSE_MS = 4000

/**
 * Polls until the person has answered or `timeoutMs` are over. A lost or failed poll does not lose the push: it is asked
 * for again; only Duo's refusal ends it early (40002 may be the end of a long poll).
 */
export async function awaitResult(
  poll: (signal: AbortSignal) => Promise<Poll>,
  world: World,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<FactorResult> {
  const limit = deadline(world, timeoutMs, signal)
  let last: Poll | undefined
  let failures = 0
  try {
    while (!limit.signal.aborted) {
      const startMs = world.monotonicMs()
      const polled = await poll(limit.signal)
      if (polled.kind === 'allow' || polled.kind === 'deny' || polled.kind === 'sent') return polled
      if (limit.signal.aborted) break
      if (polled.kind === 'refused' && !isPassing(polled)) return polled
      if (polled.kind === 'unavailable' && polled.reason === 'stopped') return polled
      const news = polled.kind === 'waiting' && (last?.kind !== 'waiting' || last.message !== polled.message)
      failures = polled.kind === 'unavailable' ? failures + 1 : 0
      last = polled
      const elapsedMs = world.monotonicMs() - startMs
      const pauseMs = Math.min(SHORTEST_POLL_MS * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS) - elapsedMs
      if (!news && pauseMs > 0) await pause(world, pauseMs, limit.signal)
    }
  } finally {
    limit.release()
  }
  if (signal.aborted) return {kind: 'unavailable', cause: 'the login ended first'}
  if (last === undefined || last.kind === 'unavailable') {
    return {kind: 'unavailable', cause: last?.cause ?? `Duo told no result within ${timeoutMs} ms`, timedOut: true}
  }
  return {kind: 'deny', message: 'Login timed out.', reason: 'timeout'}
}

/** A refusal of this look, not of the login. */
function isPassing(refusal: DuoRefused): boolean {
  return refusal.code === 40002 || refusal.reason === 'rate-limited'
}
