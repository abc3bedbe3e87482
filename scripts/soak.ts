// Logins at an even rate for a long time, strangers' packets among them: how the memory of the process moves.
// Run (`npm run build` first): node scripts/soak.ts [--minutes N] [--warm-up MINUTES] [--rate LOGINS_A_SECOND]
// Used States are remembered for seven minutes, so memory grows that long by design: the warm-up, before the minutes.
// RSS holds garbage too, and pages that the allocator keeps. The least heap in use of a while is what was left after a
// collection: when that stands still while RSS rises, nothing leaks.
import {createSocket} from 'node:dgram'
import {setTimeout as sleep} from 'node:timers/promises'
import {parseArgs} from 'node:util'
import {Secret} from '../src/core/secret.ts'
import {freeUdpPort, password, ServedProxy} from '../test/support/serve-process.ts'

const {values} = parseArgs({
  options: {
    minutes: {type: 'string', default: '10'},
    'warm-up': {type: 'string', default: '8'},
    rate: {type: 'string', default: '20'},
  },
})
const warmUpMs = Number(values['warm-up']) * 60_000
const endMs = warmUpMs + Number(values.minutes) * 60_000
const SAMPLE_MS = 5000
const USERS = 500
/** Of the measured time: the first and the last of these parts are compared. */
const PARTS = 5

type Sample = {
  readonly minute: number
  readonly rssMiB: number
  readonly heapMiB: number
  readonly externalMiB: number
  /** Of the process so far. */
  readonly cpuMs: number
}

const names = Array.from({length: USERS}, (_, number) => `user${number}`)
const metricsPort = await freeUdpPort()
const proxy = await ServedProxy.start({
  users: names.map((userName) => ({
    userName,
    phones: [{number: '+15555551234'}],
    answer: 'approve',
    answerAfterMs: 200,
  })),
  main: [`metrics_listen=127.0.0.1:${metricsPort}`],
  log: 'quiet',
  cloud: {remember: 1000},
})
const nas = proxy.nas()
const stranger = createSocket('udp4')
const samples: Sample[] = []
const outcomes = new Map<string, number>()
let unexpected = 0
const startedMs = performance.now()
const elapsedMs = () => performance.now() - startedMs
const sampling = sample()
const logins: Promise<void>[] = []
for (let number = 0; elapsedMs() < endMs; number++) {
  await sleep(Math.max(0, (number * 1000) / Number(values.rate) - elapsedMs()))
  logins.push(login(number))
  if (logins.length > 1000) await logins.shift()
  stranger.send(Buffer.alloc(number % 300, number), proxy.port, '127.0.0.1')
}
await Promise.all(logins)
await sampling
report()
stranger.close()
await nas.close()
await proxy.close()

async function login(number: number): Promise<void> {
  const isWrong = number % 10 === 9
  const {outcome} = await nas.login({
    userName: names[number % USERS] ?? '',
    password: new Secret(isWrong ? 'wrong-not-real' : password),
    clientAddress: undefined,
    extra: [],
    answer: async () => new Secret('push'),
  })
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  if (outcome !== (isWrong ? 'reject' : 'accept')) unexpected++
}

async function sample(): Promise<void> {
  while (elapsedMs() < endMs) {
    await sleep(SAMPLE_MS)
    const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1])
    const mebibytes = (name: string) => metric(name) / 2 ** 20
    samples.push({
      minute: elapsedMs() / 60_000,
      rssMiB: mebibytes('process_resident_memory_bytes'),
      heapMiB: mebibytes('nodejs_heap_size_used_bytes'),
      externalMiB: mebibytes('nodejs_external_memory_bytes'),
      cpuMs: metric('process_cpu_seconds_total') * 1000,
    })
  }
}

function report(): void {
  const measured = samples.filter(({minute}) => minute * 60_000 >= warmUpMs)
  const part = Math.ceil(measured.length / PARTS)
  const ends = [measured.slice(0, part), measured.slice(-part)]
  const least = (of: (sample: Sample) => number) =>
    ends.map((some) => `${Math.min(...some.map(of)).toFixed(1)} MiB`).join(', then ')
  const rows = [
    ['logins', [...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(', ')],
    ['of them not as expected', `${unexpected}`],
    ['RSS at first', `${samples[0]?.rssMiB.toFixed(1)} MiB`],
    ['RSS after the warm-up', `${measured[0]?.rssMiB.toFixed(1)} MiB`],
    ['RSS at the end', `${measured.at(-1)?.rssMiB.toFixed(1)} MiB`],
    ['RSS, median of each tenth', tenths(measured).join(', ')],
    ['RSS in 10 minutes, a line through all after the warm-up', `${(slopeOf(measured) * 10).toFixed(2)} MiB`],
    [`least heap in use, first and last ${PARTS}th after the warm-up`, least(({heapMiB}) => heapMiB)],
    [`least memory outside the heap, first and last ${PARTS}th`, least(({externalMiB}) => externalMiB)],
    [`CPU in a second, first and last ${PARTS}th`, ends.map((some) => `${cpuOf(some).toFixed(1)} ms`).join(', then ')],
  ] as const
  for (const [what, value] of rows) console.log(`${what.padEnd(60)}${value}`)
  if (unexpected > 0) process.exitCode = 1
}

/** Whether what has grown goes on growing. */
function tenths(some: readonly Sample[]): readonly string[] {
  const size = Math.max(1, Math.ceil(some.length / 10))
  return Array.from({length: Math.ceil(some.length / size)}, (_, n) => {
    const rss = some.slice(n * size, (n + 1) * size).map(({rssMiB}) => rssMiB)
    return (rss.toSorted((a, b) => a - b)[rss.length >> 1] ?? 0).toFixed(0)
  })
}

/** All that came in, and the scrapes of the metrics, included: milliseconds for a second of the clock. */
function cpuOf(some: readonly Sample[]): number {
  const [first, last] = [some[0], some.at(-1)]
  if (first === undefined || last === undefined) return Number.NaN
  return (last.cpuMs - first.cpuMs) / ((last.minute - first.minute) * 60)
}

/** Least squares, in MiB of RSS a minute. */
function slopeOf(measured: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) => measured.reduce((sum, each) => sum + of(each), 0) / measured.length
  const [minute, rssMiB] = [mean((each) => each.minute), mean((each) => each.rssMiB)]
  return (
    measured.reduce((sum, each) => sum + (each.minute - minute) * (each.rssMiB - rssMiB), 0) /
    measured.reduce((sum, each) => sum + (each.minute - minute) ** 2, 0)
  )
}
