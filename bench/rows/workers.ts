import {logIn, openGateway} from '../support/load.ts'
import {spread} from '../support/machine.ts'
import {familyOf, startStack, usageOf} from '../support/proxy.ts'
import type {Row, Scale} from '../support/row.ts'

const USERS = 1000
const PORT = 28_230
/** Each with source ports of its own, so that both workers have some. */
const GATEWAYS = 16
const CONCURRENCY = 64
/** Each of two workers has to have its code compiled. */
const warmUpLogins = ({quick}: Scale) => (quick ? 5000 : 30_000)

/** What several processes cost that are one service: the same load on one process and on two workers, A B A B. */
export async function workers(scale: Scale): Promise<Row[]> {
  const {rounds, logins} = scale
  const sides = await Promise.all(
    [1, 2].map(async (count) => ({
      count,
      stack: await startStack({port: PORT + count, users: USERS, main: [`workers=${count}`]}),
      gateways: Array.from({length: GATEWAYS}, () => openGateway(PORT + count)),
      cpuMs: [] as number[],
      shares: [] as (readonly number[])[],
      rates: [] as number[],
    })),
  )
  try {
    for (const {gateways} of sides) await crowd(gateways, warmUpLogins(scale))
    for (let round = 0; round < rounds; round++) {
      for (const {stack, gateways, cpuMs, rates, shares} of sides) {
        const before = familyOf(stack.proxyPid).map((pid) => usageOf(pid).cpuMs)
        const {done, loginsPerSecond} = await crowd(gateways, logins * 2)
        const used = familyOf(stack.proxyPid).map((pid, n) => (usageOf(pid).cpuMs - (before[n] ?? 0)) / done)
        cpuMs.push(used.reduce((sum, each) => sum + each, 0))
        shares.push(used)
        rates.push(loginsPerSecond)
      }
    }
    const [one, two] = sides.map(({cpuMs}) => median(cpuMs))
    const [first = 0, ...others] = sides[1]?.shares[rounds >> 1] ?? []
    const rss = sides.map(({stack}) => familyOf(stack.proxyPid).reduce((sum, pid) => sum + usageOf(pid).rssMiB, 0))
    return [
      {
        what: 'a login with 1 worker and with 2, all their processes together',
        target: 'with 2 at most 1.15 times the CPU',
        measured: `${((two ?? 0) / (one ?? 1)).toFixed(2)} times: ${sides.map(({cpuMs}) => spread(cpuMs, 2)).join(' and ')} ms`,
        note:
          `of the latter ${first.toFixed(2)} ms in the first process, ${others.map((ms) => ms.toFixed(2)).join(' and ')} in the workers; ` +
          `${sides.map(({rates}) => median(rates).toFixed(0)).join(' and ')} logins/s, RSS ${rss.map((mib) => mib.toFixed(0)).join(' and ')} MiB`,
      },
    ]
  } finally {
    for (const {gateways, stack} of sides) {
      await Promise.all(gateways.map((nas) => nas.close()))
      await stack.close()
    }
  }
}

/** All gateways at once, each with users of its own: one user has one push at a time. */
async function crowd(
  gateways: readonly ReturnType<typeof openGateway>[],
  count: number,
): Promise<{readonly done: number; readonly loginsPerSecond: number}> {
  const share = Math.floor(USERS / gateways.length)
  const load = {count: Math.ceil(count / gateways.length), concurrency: CONCURRENCY / gateways.length}
  const startedMs = performance.now()
  const reports = await Promise.all(gateways.map((nas, n) => logIn(nas, share, {...load, firstUser: n * share})))
  const done = reports.reduce((sum, {outcomes}) => sum + outcomes.accept, 0)
  if (done !== load.count * gateways.length) throw new Error(`only ${done} logins were accepted`)
  return {done, loginsPerSecond: (done * 1000) / (performance.now() - startedMs)}
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
