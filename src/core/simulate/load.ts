import type {World} from '../world.ts'
import {type ExpectedAttribute, lostAttributes} from './expected-attributes.ts'
import type {LoginAttempt, LoginOutcome, Nas} from './nas.ts'

export type LoadPlan = {
  readonly count: number
  readonly concurrency: number
  /** Logins begun in a second; as many as the concurrency gives when undefined. */
  readonly rate: number | undefined
  readonly attempt: (number: number) => LoginAttempt
  /** What every Accept must bring. */
  readonly expected?: readonly ExpectedAttribute[]
}

export type Percentiles = {readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number}

export type LoadReport = {
  readonly logins: number
  readonly outcomes: {readonly [Outcome in LoginOutcome]: number}
  readonly elapsedMs: number
  readonly loginsPerSecond: number
  readonly requests: number
  readonly requestsPerSecond: number
  /** Transmissions beyond the first one of a request. */
  readonly retransmissions: number
  /** Replies whose authenticators were wrong, and what the network refused. */
  readonly refusedReplies: number
  readonly lateReplies: number
  /** Accepts without an attribute that was expected. */
  readonly acceptsWithLoss: number
  /** Of whole logins, from the first request to the last reply. */
  readonly latencyMs: Percentiles
}

/** Runs `count` logins, `concurrency` at a time; `progress` is told of each that has ended. */
export async function runLoad(
  world: World,
  nas: Nas,
  plan: LoadPlan,
  progress: (ended: number) => void,
  signal: AbortSignal,
): Promise<LoadReport> {
  const startedMs = world.monotonicMs()
  const outcomes = {accept: 0, reject: 0, 'no-reply': 0, error: 0}
  const latency = new LatencyHistogram()
  let begun = 0
  let requests = 0
  let sends = 0
  let refused = 0
  let acceptsWithLoss = 0
  let ended = 0

  async function user(): Promise<void> {
    while (begun < plan.count && !signal.aborted) {
      const number = begun++
      if (plan.rate !== undefined) await until(world, startedMs + (number * 1000) / plan.rate, signal)
      const report = await nas.login(plan.attempt(number))
      outcomes[report.outcome]++
      if (lostAttributes(report, plan.expected ?? []).length > 0) acceptsWithLoss++
      latency.add(report.elapsedMs)
      requests += report.rounds.length
      for (const round of report.rounds) {
        sends += round.sends
        refused += round.refused.length
      }
      progress(++ended)
    }
  }

  await Promise.all(Array.from({length: Math.min(plan.concurrency, plan.count)}, user))
  const elapsedMs = world.monotonicMs() - startedMs
  return {
    logins: ended,
    outcomes,
    elapsedMs,
    loginsPerSecond: (ended * 1000) / elapsedMs,
    requests,
    requestsPerSecond: (requests * 1000) / elapsedMs,
    retransmissions: sends - requests,
    refusedReplies: refused,
    lateReplies: nas.late,
    acceptsWithLoss,
    latencyMs: latency.percentiles(),
  }
}

function until(world: World, timeMs: number, signal: AbortSignal): Promise<void> {
  const delayMs = timeMs - world.monotonicMs()
  if (delayMs <= 0 || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = world.after(delayMs, end)
    signal.addEventListener('abort', end, {once: true})
  })
}

/** Times by size within one percent, however many there are. */
export class LatencyHistogram {
  readonly #buckets: number[] = []
  #count = 0
  #max = 0

  add(ms: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / Math.log(STEP)))
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#count++
    this.#max = Math.max(this.#max, ms)
  }

  percentiles(): Percentiles {
    return {p50: this.#below(0.5), p90: this.#below(0.9), p99: this.#below(0.99), max: this.#max}
  }

  /** The time that this share of all did not exceed; 0 when there are none. */
  #below(share: number): number {
    let left = Math.ceil(this.#count * share)
    for (const [bucket, count = 0] of this.#buckets.entries()) {
      left -= count
      if (left <= 0) return this.#count === 0 ? 0 : Math.min(SMALLEST_MS * STEP ** bucket, this.#max)
    }
    return 0
  }
}

const SMALLEST_MS = 0.01
const STEP = 1.01
