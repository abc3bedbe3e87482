import type {World} from '../world.ts'

/** Duo's time, as far as we know it. */
export type DuoClock = {
  /** Milliseconds since the epoch for the date of a signed request. */
  readonly nowMs: () => number
  /** How far Duo's clock is ahead of this machine's; 0 while nothing was learnt. */
  readonly offsetMs: () => number
  /** Duo said that this was its time when the monotonic clock stood at `atMonotonicMs`. */
  readonly learn: (duoMs: number, atMonotonicMs: number) => void
}

/** Counts on from what Duo said by the monotonic clock, so that a jump of the system's clock does not matter. */
export function createDuoClock(world: World): DuoClock {
  let aheadOfMonotonicMs: number | undefined
  const nowMs = () => (aheadOfMonotonicMs === undefined ? world.wallMs() : world.monotonicMs() + aheadOfMonotonicMs)
  return {
    nowMs,
    offsetMs: () => nowMs() - world.wallMs(),
    learn(duoMs, atMonotonicMs) {
      aheadOfMonotonicMs = duoMs - atMonotonicMs
    },
  }
}
