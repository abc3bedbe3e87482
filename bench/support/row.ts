/** One line of the table: what was measured, what was aimed at, what came out, and what to know of it. */
export type Row = {readonly what: string; readonly target: string; readonly measured: string; readonly note?: string}

/** How long to measure: the quick run is for a look, the whole one for docs/benchmarks.md. */
export type Scale = {
  readonly rounds: number
  readonly seconds: number
  readonly logins: number
  readonly quick: boolean
}
