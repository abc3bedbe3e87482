import type {ChalkInstance} from 'chalk'
import type {ExpectedAttribute} from './core/simulate/expected-attributes.ts'
import {type LoadReport, runLoad} from './core/simulate/load.ts'
import {type LoginJson, loginJson, roundJson} from './core/simulate/login-json.ts'
import type {LoginAttempt, LoginOutcome, Nas} from './core/simulate/nas.ts'
import {realWorld} from './core/world.ts'
import {loadLines, progressBar} from './render-load.ts'
import {lostLines, outcomeLine, roundLines} from './render-login.ts'

export function exitCodeOf(outcome: LoginOutcome): number {
  return exitCodes[outcome]
}

export type RunOptions = {
  readonly paint: ChalkInstance
  readonly trace: boolean
  readonly print: (line: string) => void
  /** With --json nothing is printed but the result. */
  readonly quiet: boolean
  /** What an Accept must bring; one that comes without is no success. */
  readonly expected: readonly ExpectedAttribute[]
}

/** Exit codes of the command line, by what a login came to. */
const exitCodes: {readonly [Outcome in LoginOutcome]: number} = {accept: 0, reject: 1, error: 2, 'no-reply': 3}

/** One login, printed round by round as it happens. */
export async function runLogin(nas: Nas, attempt: LoginAttempt, options: RunOptions): Promise<LoginJson> {
  const {paint, trace, print, quiet, expected} = options
  const report = await nas.login({
    ...attempt,
    onRound: (round) => {
      if (!quiet) for (const line of roundLines(paint, roundJson(round), {trace})) print(line)
    },
  })
  const login = loginJson(report, expected)
  if (!quiet) for (const line of [...lostLines(paint, login), outcomeLine(paint, login)]) print(line)
  process.exitCode = login.lost === undefined ? exitCodeOf(report.outcome) : exitCodes.reject
  return login
}

/** Against the embedded stack it is known how often the phone rang. */
export type LoadJson = LoadReport & {readonly pushes?: number}

export type LoadFlags = {readonly count: number; readonly concurrency: number; readonly rate: number | undefined}

/** Many logins; Ctrl-C ends it with the figures so far. */
export async function runManyLogins(
  nas: Nas,
  attempt: LoginAttempt,
  {count, concurrency, rate}: LoadFlags,
  {paint, print, quiet, expected}: RunOptions,
  pushes: (() => number) | undefined,
): Promise<LoadJson> {
  const interrupted = new AbortController()
  const onInterrupt = () => interrupted.abort()
  process.once('SIGINT', onInterrupt)
  const draws = process.stderr.isTTY === true
  const startedMs = realWorld.monotonicMs()
  let drawnMs = startedMs
  const progress = (ended: number) => {
    const nowMs = realWorld.monotonicMs()
    if (!draws || (nowMs - drawnMs < REDRAW_MS && ended < count)) return
    drawnMs = nowMs
    process.stderr.write(progressBar(ended, count, nowMs - startedMs))
  }
  try {
    const plan = {count, concurrency, rate, attempt: () => attempt, expected}
    const report = await runLoad(realWorld, nas, plan, progress, interrupted.signal)
    if (draws) process.stderr.write('\n')
    if (!quiet) for (const line of loadLines(paint, report)) print(line)
    const rang = pushes?.()
    const isAskedTwice = rang !== undefined && rang > report.logins
    if (isAskedTwice) {
      process.stderr.write(`${rang} pushes for ${report.logins} logins: somebody was asked twice\n`)
    }
    const worst = (['error', 'no-reply', 'reject'] as const).find((outcome) => report.outcomes[outcome] > 0)
    const isFaulty = isAskedTwice || report.acceptsWithLoss > 0
    process.exitCode = exitCodeOf(worst ?? (isFaulty ? 'reject' : 'accept'))
    return rang === undefined ? report : {...report, pushes: rang}
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

const REDRAW_MS = 100
