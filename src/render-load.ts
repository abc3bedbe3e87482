import type {ChalkInstance} from 'chalk'
import type {LoadReport} from './core/simulate/load.ts'
import {duration} from './render.ts'

/** The figures of a load, a line each. */
export function loadLines(paint: ChalkInstance, report: LoadReport): string[] {
  const {outcomes, latencyMs} = report
  const {p50, p90, p99, max} = latencyMs
  const warn = (count: number) => (count === 0 ? `${count}` : paint.yellow(`${count}`))
  const rows: readonly (readonly [string, string])[] = [
    ['logins', `${report.logins} in ${duration(report.elapsedMs)}, ${round(report.loginsPerSecond)} a second`],
    [
      'outcomes',
      [
        `${paint.green(`${outcomes.accept}`)} accepted`,
        `${outcomes.reject} rejected`,
        `${warn(outcomes['no-reply'])} without answer`,
        `${warn(outcomes.error)} undecided`,
      ].join(', '),
    ],
    ['latency', `p50 ${duration(p50)}, p90 ${duration(p90)}, p99 ${duration(p99)}, max ${duration(max)}`],
    ['requests', `${report.requests}, ${round(report.requestsPerSecond)} a second`],
    ['sent again', `${report.retransmissions}`],
    ['replies', `${warn(report.refusedReplies)} that do not count, ${warn(report.lateReplies)} too late`],
    ...(report.acceptsWithLoss === 0
      ? []
      : [['attributes', `${warn(report.acceptsWithLoss)} accepted without one that was expected`] as const]),
  ]
  return rows.map(([name, value]) => `${paint.dim(name.padEnd(11))}${value}`)
}

/** A bar of 30 places for standard error, drawn over itself. */
export function progressBar(ended: number, count: number, elapsedMs: number): string {
  const filled = Math.floor((ended / count) * 30)
  const perSecond = elapsedMs === 0 ? 0 : (ended * 1000) / elapsedMs
  return `\r[${'#'.repeat(filled).padEnd(30, '.')}] ${ended}/${count} logins, ${round(perSecond)} a second `
}

function round(value: number): string {
  return value < 10 ? value.toFixed(1) : `${Math.round(value)}`
}
