// Reloads under load (`npm run build` first): new logins every second, each with a push that the phone answers after some
// seconds, while the configuration is changed and reloaded again and again. Every login must be answered, and rightly.
// Run: node bench/reload.ts [LOGINS_PER_SECOND] [PUSH_SECONDS] [RELOADS]
import {readFileSync, writeFileSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {Secret} from '../src/core/secret.ts'
import {askControl} from '../src/core/service/control-client.ts'
import {layoutOf} from '../src/core/service/layout.ts'
import {Nas} from '../src/core/simulate/nas.ts'
import {profiles} from '../src/core/simulate/profiles.ts'
import {openUdpTransport} from '../src/core/simulate/transport.ts'
import {realWorld} from '../src/core/world.ts'
import {NAS_SECRET, PASSWORD, userName} from './support/names.ts'
import {startStack, usageOf} from './support/proxy.ts'

const perSecond = Number(process.argv[2] ?? 200)
const pushSeconds = Number(process.argv[3] ?? 10)
const reloads = Number(process.argv[4] ?? 50)
const PORT = 28_122
const SECONDS_BETWEEN = 0.5
const logins = Math.round(perSecond * (reloads * SECONDS_BETWEEN + 1))
const users = perSecond * (pushSeconds + 4)

const stack = await startStack({
  port: PORT,
  users,
  answerAfterMs: pushSeconds * 1000,
  // A second NAS, whose secret changes: the first one's logins must not notice.
  server: ['radius_ip_2=192.0.2.77', 'radius_secret_2=another-secret-not-real-1'],
})
const original = readFileSync(stack.configFile, 'utf8')
const {controlPath} = layoutOf(stack.configFile, process.platform)
const nas = new Nas({
  world: realWorld,
  profile: profiles.ivanti,
  secret: new Secret(NAS_SECRET),
  address: '192.0.2.1',
  policy: {timeoutMs: 60_000, retries: 0},
  servers: [() => openUdpTransport({address: '127.0.0.1', port: PORT})],
  method: 'pap',
})
const outcomes = {accept: 0, reject: 0, 'no-reply': 0, error: 0}
const begun: Promise<void>[] = []
let refused = 0

async function login(number: number): Promise<void> {
  const report = await nas.login({
    userName: userName(number % users),
    password: new Secret(PASSWORD),
    clientAddress: '198.51.100.7',
    extra: [],
    answer: async () => new Secret('1'),
  })
  outcomes[report.outcome]++
}

const changes = [
  (text: string) => text.replace('another-secret-not-real-1', 'another-secret-not-real-2'),
  (text: string) => text.replace('host=127.0.0.1', 'host=localhost'),
  (text: string) => text.replace('failmode=secure', 'failmode=safe'),
  (text: string) => text,
]

async function reloadOften(): Promise<void> {
  for (let n = 0; n < reloads; n++) {
    writeFileSync(stack.configFile, (changes[n % changes.length] ?? String)(original), {mode: 0o600})
    const answer = await askControl(realWorld, controlPath, {command: 'reload'}, 10_000)
    if (!JSON.stringify(answer).includes('"reloaded"')) refused++
    await sleep(SECONDS_BETWEEN * 1000)
  }
}

const startMs = performance.now()
const reloading = reloadOften()
for (let n = 0; n < logins; n++) {
  const dueMs = startMs + (n * 1000) / perSecond
  if (dueMs > performance.now()) await sleep(dueMs - performance.now())
  begun.push(login(n))
}
await Promise.all([reloading, ...begun])
const {rssMiB} = usageOf(stack.proxyPid)
console.log(
  `${logins} logins, ${perSecond}/s, pushes of ${pushSeconds} s, ${reloads} reloads (${refused} refused): ` +
    `${outcomes.accept} accepted, ${outcomes.reject} rejected, ${outcomes['no-reply']} unanswered, ${outcomes.error} errors; RSS ${rssMiB.toFixed(0)} MiB`,
)
await nas.close()
await stack.close()
process.exitCode = outcomes.accept === logins && refused === 0 ? 0 : 1
