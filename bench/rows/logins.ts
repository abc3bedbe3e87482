import {LatencyHistogram, type Percentiles} from '../../src/core/simulate/load.ts'
import {giveOwnCore} from '../support/cores.ts'
import {logIn, openGateway} from '../support/load.ts'
import {medianOf, spread} from '../support/machine.ts'
import {type Stack, startBareLogin, startStack, usageOf} from '../support/proxy.ts'
import type {Row, Scale} from '../support/row.ts'
import type {TimesByUser} from '../support/service-times.ts'

const USERS = 1000
/** V8 is done with its optimizing after some ten thousand logins only. */
const warmUpLogins = ({quick}: Scale) => (quick ? 2500 : 15_000)
const PORTS = {logins: 28_210, clients: 28_211, cost: 28_212, bare: 28_213}
const CONCURRENCY = 64
/** Logins a second: what is asked for, and what leaves this machine's cores mostly free. */
const RATES = [500, 100]

/** Complete challenge logins: their cost, their latency at a given rate, and whether they cost the same one by one and in crowds. */
export async function challengeLogins(scale: Scale): Promise<Row[]> {
  const {rounds, logins, seconds, quick} = scale
  const first = warmUpLogins(scale)
  const stack = await startStack({port: PORTS.logins, users: USERS})
  const nas = openGateway(PORTS.logins)
  try {
    const warmUp = await measured(stack, () => logIn(nas, USERS, {count: first, concurrency: CONCURRENCY}))
    const costs = []
    for (let round = 0; round < rounds; round++) {
      costs.push(await measured(stack, () => logIn(nas, USERS, {count: logins, concurrency: CONCURRENCY})))
    }
    const paced = []
    for (const rate of RATES) paced.push(await atRate(rate, stack, nas, seconds))
    const crowds: string[] = []
    for (const concurrency of quick ? [1, 100] : [1, 10, 100, 1000]) {
      const {proxyMs} = await measured(stack, () => logIn(nas, USERS, {count: logins, concurrency}))
      crowds.push(`${concurrency}: ${proxyMs.toFixed(2)}`)
    }
    const accepted = [warmUp, ...costs, ...paced.map(({cost}) => cost)].every(({wrong}) => wrong === 0)
    const rssMiB = Math.max(...paced.map(({cost}) => cost.rssMiB))
    return [
      {
        what: 'complete challenge logins: RADIUS primary, Duo over TLS',
        target: '2,000 logins/s where the cores allow; at most 0.6 ms CPU each',
        measured: `${column(costs, 'proxyMs')} ms CPU a login, ${column(costs, 'loginsPerSecond', 0)} logins/s, RSS ${rssMiB.toFixed(0)} MiB`,
        note: `${accepted ? 'all accepted' : 'NOT all accepted'}; warming up, the first ${first.toLocaleString('en')}: ${warmUp.proxyMs.toFixed(2)} ms`,
      },
      {
        what: 'ceilings of the fakes and the generator',
        target: '',
        measured: `fakes ${column(costs, 'fakesMs')} ms, generator ${column(costs, 'generatorMs')} ms CPU a login`,
        note: 'each could serve 1000 divided by that a second on a core of its own',
      },
      ...paced.map(({rate, cost: {latencyMs, loginsPerSecond}, own}) => ({
        what: `a login's time at ${rate} a second, all waiting for others included`,
        target: rate === RATES[0] ? 'own part p50 < 1 ms, p99 < 5 ms' : '',
        measured: `own part ${shown(own)}; whole ${shown(latencyMs)}`,
        note:
          `${loginsPerSecond.toFixed(0)} logins/s were reached; two RADIUS rounds and five exchanges with others each; ` +
          `the own part is of ${own.logins} logins, after as many that are not counted, and an upper bound`,
      })),
      {what: 'growth: CPU a login by logins at a time', target: 'constant', measured: `${crowds.join(', ')} ms`},
    ]
  } finally {
    await nas.close()
    await stack.close()
  }
}

/** How much longer than at its best the start of a bare Node may take before the core must be a slowed one. */
const UNDISTURBED = 1.25

/**
 * The same logins with the proxy on a core of its own, by several processes: how V8 compiles one differs from the next. On a
 * virtual machine others slow a core for seconds or minutes: rounds beside which a bare Node took longer to start are told apart.
 * In turns with it what the same sockets, packets and requests cost without a proxy: what is left to work on is between the two.
 */
export async function costOfALogin(scale: Scale): Promise<Row[]> {
  const [ours, bare]: [CoreCost[], CoreCost[]] = [[], []]
  for (let start = 0; start < scale.rounds; start++) {
    const proxy = await startStack({port: PORTS.cost, users: USERS})
    ours.push(...(await onOwnCore(proxy, PORTS.cost, start, scale)))
    const sockets = await startBareLogin(PORTS.bare, USERS)
    bare.push(...(await onOwnCore(sockets, PORTS.bare, start, scale)))
  }
  const leastMs = Math.min(...[...ours, ...bare].map(({bareNodeMs}) => bareNodeMs))
  return [
    {
      what: 'CPU of a complete challenge login, the proxy on a core of its own',
      target: 'at most 1 ms, and 0.6 ms',
      ...shownOnOwnCore(ours, leastMs),
    },
    {
      what: 'the same sockets, packets and requests, and nothing else done',
      target: '',
      ...shownOnOwnCore(bare, leastMs),
    },
  ]
}

/** The times of a login of the same sockets, packets and requests, and nothing else done: what can be had on this machine. */
export async function bareTimes(scale: Scale): Promise<Row[]> {
  const stack = await startBareLogin(PORTS.bare, USERS)
  const nas = openGateway(PORTS.bare)
  try {
    await logIn(nas, USERS, {count: warmUpLogins(scale), concurrency: CONCURRENCY})
    const paced = []
    for (const rate of RATES) paced.push(await atRate(rate, stack, nas, scale.seconds))
    return paced.map(({rate, cost: {latencyMs}, own}) => ({
      what: `the same at ${rate} a second, and nothing else done`,
      target: '',
      measured: `own part ${shown(own)}; whole ${shown(latencyMs)}`,
    }))
  } finally {
    await nas.close()
    await stack.close()
  }
}

/** Of the second half: at first a crowd that was there before is still in the caches, the heap and the compiler's mind. */
async function atRate(
  rate: number,
  stack: Pick<Stack, 'proxyPid' | 'fakesPid' | 'serviceTimes'>,
  nas: ReturnType<typeof openGateway>,
  seconds: number,
) {
  const timesMs = new Map<string, number[]>()
  const load = {count: rate * seconds * 2, concurrency: rate, rate}
  await logIn(nas, USERS, load)
  await stack.serviceTimes()
  const cost = await measured(stack, () => logIn(nas, USERS, {...load, timesMs}))
  return {rate, cost, own: ownPart(timesMs, await stack.serviceTimes())}
}

type CoreCost = Cost & {readonly start: number; readonly bareNodeMs: number}

/** Ends the stack. */
async function onOwnCore(
  stack: Pick<Stack, 'proxyPid' | 'fakesPid' | 'close'>,
  port: number,
  start: number,
  scale: Scale,
): Promise<CoreCost[]> {
  const nas = openGateway(port)
  const core = giveOwnCore(stack.proxyPid, [stack.fakesPid])
  const costs: CoreCost[] = []
  try {
    await logIn(nas, USERS, {count: warmUpLogins(scale), concurrency: CONCURRENCY})
    let before = core?.bareNodeMs() ?? 0
    for (let round = 0; round < scale.rounds * 2; round++) {
      const cost = await measured(stack, () => logIn(nas, USERS, {count: scale.logins / 2, concurrency: CONCURRENCY}))
      const after = core?.bareNodeMs() ?? 0
      costs.push({...cost, start, bareNodeMs: Math.max(before, after)})
      before = after
    }
    return costs
  } finally {
    core?.release()
    await nas.close()
    await stack.close()
  }
}

function shownOnOwnCore(all: readonly CoreCost[], leastMs: number): Pick<Row, 'measured' | 'note'> {
  const quiet = all.filter(({bareNodeMs}) => bareNodeMs <= leastMs * UNDISTURBED)
  const starts = [...new Set(quiet.map(({start}) => start))]
  const medians = starts
    .map((start) => quiet.filter((cost) => cost.start === start).map(({proxyMs}) => proxyMs))
    .map((own) => medianOf(own).toFixed(2))
  const wrong = all.reduce((sum, cost) => sum + cost.wrong, 0)
  const where =
    leastMs === 0
      ? 'NOT on a core of its own: taskset or a second core is missing'
      : `in the ${quiet.length} of ${all.length} rounds in which the core was not slowed; in all of them ${column(all, 'proxyMs')}`
  return {
    measured: `${column(quiet, 'proxyMs')} ms ${where}`,
    note: `${wrong === 0 ? 'all accepted' : `${wrong} NOT accepted`}; medians of ${medians.length} processes: ${medians.join(', ')} ms; a bare Node starts in ${leastMs.toFixed(0)} ms there`,
  }
}

/** The same load with few and with many clients configured. */
export async function manyClients(scale: Scale): Promise<Row[]> {
  const {logins, rounds} = scale
  const shown: string[] = []
  for (const clients of [1, 1000]) {
    const others = Array.from({length: clients - 1}, (_, n) => [
      `radius_ip_${n + 2}=10.${n >> 8}.${n & 255}.0/24`,
      `radius_secret_${n + 2}=another-secret-not-real-${n}`,
    ])
    const stack = await startStack({port: PORTS.clients, users: USERS, server: others.flat()})
    const nas = openGateway(PORTS.clients)
    try {
      await logIn(nas, USERS, {count: warmUpLogins(scale), concurrency: CONCURRENCY})
      const costs = []
      for (let round = 0; round < rounds; round++) {
        costs.push(await measured(stack, () => logIn(nas, USERS, {count: logins, concurrency: CONCURRENCY})))
      }
      shown.push(`${clients}: ${column(costs, 'proxyMs')}`)
    } finally {
      await nas.close()
      await stack.close()
    }
  }
  return [{what: 'growth: CPU a login by configured clients', target: 'constant', measured: `${shown.join(', ')} ms`}]
}

/**
 * What is left of each login's time without that in which the fakes had its requests in hand. What kernel and scheduling
 * add stays in it, and so does the time until a fake or the generator gets to see what has arrived: an upper bound.
 */
function ownPart(timesMs: TimesByUser, serviceTimesMs: TimesByUser) {
  const own = new LatencyHistogram()
  let logins = 0
  for (const [userName, times] of timesMs) {
    const serviceTimes = serviceTimesMs.get(userName) ?? []
    // A login that never came to the primary server would shift all that follow.
    if (serviceTimes.length !== times.length) continue
    for (const [login, ms] of times.entries()) own.add(ms - (serviceTimes[login] ?? 0))
    logins += times.length
  }
  return {logins, ...own.percentiles()}
}

function shown({p50, p99}: Percentiles): string {
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
}

type Cost = Awaited<ReturnType<typeof measured>>

async function measured(stack: {proxyPid: number; fakesPid: number}, run: () => ReturnType<typeof logIn>) {
  const [proxy, fakes, own] = [usageOf(stack.proxyPid), usageOf(stack.fakesPid), process.cpuUsage()]
  const report = await run()
  const after = usageOf(stack.proxyPid)
  const {user, system} = process.cpuUsage(own)
  return {
    proxyMs: (after.cpuMs - proxy.cpuMs) / report.logins,
    fakesMs: (usageOf(stack.fakesPid).cpuMs - fakes.cpuMs) / report.logins,
    generatorMs: (user + system) / 1000 / report.logins,
    loginsPerSecond: report.loginsPerSecond,
    latencyMs: report.latencyMs,
    rssMiB: after.rssMiB,
    wrong: report.logins - report.outcomes.accept,
  }
}

function column(costs: readonly Cost[], name: 'proxyMs' | 'fakesMs' | 'generatorMs' | 'loginsPerSecond', digits = 2) {
  return spread(
    costs.map((cost) => cost[name]),
    digits,
  )
}
