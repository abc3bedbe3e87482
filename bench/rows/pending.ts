import {logIn, openGateway} from '../support/load.ts'
import {startStack, usageOf} from '../support/proxy.ts'
import type {Row, Scale} from '../support/row.ts'

const PORT = 28_220
const ANSWER_AFTER_MS = 20_000
const USERS_BEGIN_MS = 15_000

/** Many phones that are answered late: what a pending push costs, and that each gets its own result. */
export async function pendingPushes({quick}: Scale): Promise<Row[]> {
  const rows: Row[] = []
  for (const pushes of quick ? [500] : [2000, 10_000]) {
    const stack = await startStack({port: PORT, users: pushes, answerAfterMs: ANSWER_AFTER_MS})
    const nas = openGateway(PORT, 120_000)
    try {
      const before = usageOf(stack.proxyPid).rssMiB
      const rate = Math.ceil((pushes * 1000) / USERS_BEGIN_MS)
      const {outcomes, latencyMs} = await logIn(nas, pushes, {count: pushes, concurrency: pushes, rate})
      const {peakMiB} = usageOf(stack.proxyPid)
      rows.push({
        what: `${pushes.toLocaleString('en')} pending pushes, each answered after ${ANSWER_AFTER_MS / 1000} s`,
        target: pushes === 10_000 ? 'all answered right, < 600 MB' : 'RSS < 350 MB',
        measured: `${outcomes.accept} accepted, peak ${peakMiB.toFixed(0)} MiB (${before.toFixed(0)} before)`,
        note: `a login took p50 ${(latencyMs.p50 / 1000).toFixed(1)} s, p99 ${(latencyMs.p99 / 1000).toFixed(1)} s`,
      })
    } finally {
      await nas.close()
      await stack.close()
    }
  }
  return rows
}
