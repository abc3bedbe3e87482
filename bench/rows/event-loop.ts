import {type Load, logIn, openGateway} from '../support/load.ts'
import type {LoopReport} from '../support/loop-watch.ts'
import {startStack} from '../support/proxy.ts'
import type {Row, Scale} from '../support/row.ts'

const USERS = 1000
const PORT = 28_240
const CONCURRENCY = 64
const RATE = 500

/** What the proxy does to itself: how long one thing holds up all others, and what logins cost the garbage collector. */
export async function eventLoop({quick, seconds, logins}: Scale): Promise<Row[]> {
  const watch = new URL('../support/loop-watch.ts', import.meta.url).href
  const stack = await startStack({port: PORT, users: USERS, node: ['--import', watch]})
  const nas = openGateway(PORT)
  const rows: Row[] = []
  const paced = {count: RATE * seconds * 2, concurrency: RATE, rate: RATE}
  const loads: readonly (readonly [name: string, load: Load])[] = [
    [`${RATE} logins a second`, paced],
    [`${CONCURRENCY} logins at a time`, {count: logins * 4, concurrency: CONCURRENCY}],
  ]
  try {
    await logIn(nas, USERS, {count: quick ? 2500 : 15_000, concurrency: CONCURRENCY})
    for (const [name, load] of loads) {
      await logIn(nas, USERS, load)
      await stack.answerToSignal()
      const startMs = performance.now()
      const report = await logIn(nas, USERS, load)
      const elapsedMs = performance.now() - startMs
      const loop: LoopReport = JSON.parse((await stack.answerToSignal()).replace('loop ', ''))
      if (report.outcomes.accept !== load.count) throw new Error(`only ${report.outcomes.accept} logins were accepted`)
      rows.push(rowOf(name, loop, load.count, elapsedMs))
    }
    return rows
  } finally {
    await nas.close()
    await stack.close()
  }
}

function rowOf(name: string, {lateMs, allocatedOctets, small, whole}: LoopReport, logins: number, ms: number): Row {
  const each = (collections: LoopReport['small']) => (collections.ms / Math.max(1, collections.count)).toFixed(1)
  return {
    what: `event loop of the proxy with ${name}: how late a timer of 1 ms comes`,
    target: '',
    measured: `p50 ${lateMs.p50.toFixed(1)} ms, p99 ${lateMs.p99.toFixed(1)} ms, at most ${lateMs.most.toFixed(1)} ms`,
    note:
      `${(allocatedOctets / logins / 1024).toFixed(0)} KiB allocated for a login; ` +
      `${((small.count * 1000) / ms).toFixed(0)} small collections a second of ${each(small)} ms, ` +
      `${whole.count} of the whole heap${whole.count === 0 ? '' : ` of ${each(whole)} ms`}`,
  }
}
