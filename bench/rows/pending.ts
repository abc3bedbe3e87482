import {setTimeout as pause} from 'node:timers/promises'
import {logIn, openGateway} from '../support/load.ts'
import {PASSCODE} from '../support/names.ts'
import {startStack, usageOf} from '../support/proxy.ts'
import type {Row, Scale} from '../support/row.ts'

const PORT = 28_220
const ANSWER_AFTER_MS = 20_000
const USERS_BEGIN_MS = 15_000
const OTHERS = 1000
const OTHERS_A_SECOND = 100

/** Many phones that are answered late: what a pending push costs, and that each gets its own result. */
export async function pendingPushes({quick}: Scale): Promise<Row[]> {
  const rows: Row[] = []
  for (const pushes of quick ? [500] : [2000, 10_000]) {
    const stack = await startStack({port: PORT, users: pushes, answerAfterMs: ANSWER_AFTER_MS})
    const nas = openGateway(PORT, 120_000)
    try {
      const before = usageOf(stack.proxyPid)
      const rate = Math.ceil((pushes * 1000) / USERS_BEGIN_MS)
      const {outcomes, latencyMs} = await logIn(nas, pushes, {count: pushes, concurrency: pushes, rate})
      const {peakMiB, cpuMs} = usageOf(stack.proxyPid)
      rows.push({
        what: `${pushes.toLocaleString('en')} pending pushes, each answered after ${ANSWER_AFTER_MS / 1000} s`,
        target: pushes === 10_000 ? 'all answered right, < 600 MB' : 'RSS < 350 MB',
        measured: `${outcomes.accept} accepted, peak ${peakMiB.toFixed(0)} MiB (${before.rssMiB.toFixed(0)} before)`,
        note: `${((cpuMs - before.cpuMs) / pushes).toFixed(2)} ms CPU a login, new connections and a cold start in it; a login took p50 ${(latencyMs.p50 / 1000).toFixed(1)} s, p99 ${(latencyMs.p99 / 1000).toFixed(1)} s`,
      })
    } finally {
      await nas.close()
      await stack.close()
    }
  }
  return [...rows, await othersMeanwhile(quick ? 500 : 2000)]
}

/** Users with a passcode, while the phones of others are waited for. */
async function othersMeanwhile(pushes: number): Promise<Row> {
  const stack = await startStack({port: PORT, users: pushes + OTHERS, answerAfterMs: USERS_BEGIN_MS * 2})
  const nas = openGateway(PORT, 120_000)
  const others = openGateway(PORT)
  const logInOthers = () =>
    logIn(others, OTHERS, {
      count: OTHERS,
      concurrency: OTHERS,
      rate: OTHERS_A_SECOND,
      answer: PASSCODE,
      firstUser: pushes,
    })
  try {
    await logInOthers()
    const before = await logInOthers()
    const rate = Math.ceil((pushes * 1000) / USERS_BEGIN_MS)
    const pending = logIn(nas, pushes, {count: pushes, concurrency: pushes, rate})
    await pause(USERS_BEGIN_MS + 2000)
    const meanwhile = await logInOthers()
    const {outcomes} = await pending
    const shown = ({latencyMs: {p50, p99}}: typeof before) => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
    const accepted = [before, meanwhile].every((report) => report.outcomes.accept === OTHERS)
    return {
      what: `logins with a passcode, ${OTHERS_A_SECOND} a second, while ${pushes.toLocaleString('en')} pushes are pending`,
      target: 'p99 as without them',
      measured: `${shown(meanwhile)}; without them ${shown(before)}`,
      note: `${accepted ? 'all accepted' : 'NOT all accepted'}, and ${outcomes.accept} of the pushes`,
    }
  } finally {
    await Promise.all([nas.close(), others.close()])
    await stack.close()
  }
}
