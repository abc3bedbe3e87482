import type {Check} from './probe.ts'

/** The end of a probe for a screen without colour, a log file or a mail; the next step on a line of its own. */
export function checkLines({section, target, check, status, durationMs, detail, hint}: Check): string[] {
  const time = status === 'skipped' ? '' : ` (${durationMs} ms)`
  const line = `${words[status].padEnd(8)} [${section}] ${target} ${check}: ${detail}${time}`
  return hint === '' ? [line] : [line, `${''.padEnd(8)} next: ${hint}`]
}

const words = {ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: 'not run'} as const

/** How many of each, as a sentence; and each trouble once more, since it may have scrolled away. */
export function summaryLines(checks: readonly Check[]): string[] {
  const failed = checks.filter(({status}) => status === 'failed')
  const warned = checks.filter(({status}) => status === 'warning')
  const skipped = checks.filter(({status}) => status === 'skipped')
  const fine = checks.length - failed.length - warned.length - skipped.length
  const counts = `${checks.length} checks: ${fine} ok, ${warned.length} with a warning, ${failed.length} failed, ${skipped.length} not run`
  return failed.length === 0 ? [counts] : [counts, ...failed.map(troubleLine)]
}

function troubleLine({section, target, check}: Check): string {
  return `  [${section}] ${target} ${check} failed`
}

/** Whether nothing failed; a warning or a check that was not needed is no failure. */
export function allWell(checks: readonly Check[]): boolean {
  return checks.every(({status}) => status !== 'failed')
}
