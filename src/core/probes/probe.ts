/** What a probe saw. A failure names its cause, the hint names the next step; `detail` and `hint` hold no secret. */
export type ProbeResult =
  | {readonly status: 'ok'; readonly detail: string}
  | {readonly status: 'warning' | 'failed'; readonly detail: string; readonly hint: string}
  /** There was nothing to look at; `detail` says why. */
  | {readonly status: 'skipped'; readonly detail: string}

/** One thing to look at. The probes it needs must have gone well; independent ones run side by side. */
export type Probe = {
  readonly id: string
  /** The section of the configuration that asks for it. */
  readonly section: string
  /** What is looked at: "host:port", a path. */
  readonly target: string
  /** One word: dns, tcp, tls, bind ... */
  readonly check: string
  readonly needs: readonly string[]
  /** Answers in its own words when the signal ends its time; may throw a `Fault`. */
  readonly run: (signal: AbortSignal) => Promise<ProbeResult>
}

/** A probe's end, as `connectivity --json` shows it. */
export type Check = {
  readonly section: string
  readonly target: string
  readonly check: string
  readonly status: ProbeResult['status']
  readonly durationMs: number
  readonly detail: string
  /** The next step; empty when none is needed. */
  readonly hint: string
}

export function ok(detail: string): ProbeResult {
  return {status: 'ok', detail}
}

export function warning(detail: string, hint: string): ProbeResult {
  return {status: 'warning', detail, hint}
}

export function failed(detail: string, hint: string): ProbeResult {
  return {status: 'failed', detail, hint}
}

export function skipped(because: string): ProbeResult {
  return {status: 'skipped', detail: `not run, because ${because}`}
}
