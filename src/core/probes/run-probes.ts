import {Fault} from '../fault.ts'
import {deadline, type World} from '../world.ts'
import type {Check, Probe, ProbeResult} from './probe.ts'

export type RunOptions = {
  readonly world: World
  /** For each probe. */
  readonly timeoutMs: number
  /** Ends all of them. */
  readonly signal: AbortSignal
  /** Told of each probe as it ends. */
  readonly onEnd?: (check: Check) => void
}

/** Probes that run. `checks` has a promise for the end of each, by its id; none of them rejects. */
export type RunningProbes = {
  readonly checks: ReadonlyMap<string, Promise<Check>>
  /** All ends, in the order of the probes. */
  readonly all: Promise<readonly Check[]>
}

type Ended = {readonly check: Check; readonly blame: string | undefined}

/** A probe that does not mind its signal is left behind after this. */
const GRACE_MS = 500

/**
 * Starts every probe as soon as what it needs has gone well; one whose precondition failed is skipped and says because
 * of what. `probes` stand in such an order that each comes after what it needs.
 */
export function startProbes(probes: readonly Probe[], options: RunOptions): RunningProbes {
  const ends = new Map<string, Promise<Ended>>()
  for (const probe of probes) {
    const needed = probe.needs.map((id) => ends.get(id)).filter((end) => end !== undefined)
    const end = runOne(probe, needed, options)
    ends.set(probe.id, end)
    void end.then(({check}) => options.onEnd?.(check))
  }
  const checks = new Map([...ends].map(([id, end]) => [id, end.then(({check}) => check)]))
  return {checks, all: Promise.all(checks.values())}
}

async function runOne(probe: Probe, needed: readonly Promise<Ended>[], options: RunOptions): Promise<Ended> {
  const {section, target, check: name} = probe
  const {world} = options
  const blame = (await Promise.all(needed)).map((end) => end.blame).find((reason) => reason !== undefined)
  if (blame !== undefined) {
    const detail = `not run, because ${blame}`
    return {check: {section, target, check: name, status: 'skipped', durationMs: 0, detail, hint: ''}, blame}
  }
  const startMs = world.monotonicMs()
  const result = await inTime(probe, options)
  const durationMs = Math.round(world.monotonicMs() - startMs)
  const hint = 'hint' in result ? result.hint : ''
  const check: Check = {section, target, check: name, status: result.status, durationMs, detail: result.detail, hint}
  const goesOn = result.status === 'ok' || result.status === 'warning'
  return {check, blame: goesOn ? undefined : `the check "${name}" of ${target} ${ended[result.status]}`}
}

const ended = {failed: 'failed', skipped: 'was not run'} as const

async function inTime(probe: Probe, {world, timeoutMs, signal}: RunOptions): Promise<ProbeResult> {
  const limit = deadline(world, timeoutMs, signal)
  const last = deadline(world, timeoutMs + GRACE_MS, signal)
  const left = new Promise<ProbeResult>((resolve) => {
    const giveUp = () => resolve(late(timeoutMs, signal))
    if (last.signal.aborted) giveUp()
    else last.signal.addEventListener('abort', giveUp, {once: true})
  })
  try {
    return await Promise.race([probe.run(limit.signal).catch(thrown), left])
  } finally {
    limit.release()
    last.release()
  }
}

function late(timeoutMs: number, signal: AbortSignal): ProbeResult {
  if (signal.aborted) return {status: 'skipped', detail: 'not run to its end, because the checks were stopped'}
  return {
    status: 'failed',
    detail: `no result within ${timeoutMs / 1000} s`,
    hint: 'give it more time with --timeout, or see what the checks before it say',
  }
}

function thrown(error: unknown): ProbeResult {
  if (error instanceof Fault) return {status: 'failed', detail: error.message, hint: error.hint}
  const detail = error instanceof Error ? error.message : String(error)
  return {
    status: 'failed',
    detail: `unexpected error: ${detail}`,
    hint: 'this is a mistake of authproxy; please report it',
  }
}
