// Complete challenge logins through the built program (`npm run build` first), fakes and generator in other processes:
// logins a second, CPU of the proxy for each, latency, memory. Run: node bench/logins.ts [LOGINS] [CONCURRENCY]
import {logIn, openGateway} from './support/load.ts'
import {startStack, usageOf} from './support/proxy.ts'

const logins = Number(process.argv[2] ?? 4000)
const concurrency = Number(process.argv[3] ?? 32)
const USERS = 1000
const PORT = 28_120
const ROUNDS = 3

const profile = process.env.BENCH_PROFILE === '1'
const stack = await startStack({
  port: PORT,
  users: USERS,
  node: profile ? ['--cpu-prof', '--cpu-prof-dir=/tmp/authproxy-prof'] : [],
})
const nas = openGateway(PORT)

async function round(count: number): Promise<void> {
  const [proxyBefore, fakesBefore] = [usageOf(stack.proxyPid), usageOf(stack.fakesPid)]
  const report = await logIn(nas, USERS, {count, concurrency})
  const [proxyAfter, fakesAfter] = [usageOf(stack.proxyPid), usageOf(stack.fakesPid)]
  const {accept} = report.outcomes
  console.log(
    `${report.loginsPerSecond.toFixed(0)} logins/s, ${accept} of ${count} accepted, ` +
      `proxy ${((proxyAfter.cpuMs - proxyBefore.cpuMs) / count).toFixed(3)} ms CPU a login, ` +
      `fakes ${((fakesAfter.cpuMs - fakesBefore.cpuMs) / count).toFixed(3)} ms, ` +
      `p50 ${report.latencyMs.p50.toFixed(1)} ms, p99 ${report.latencyMs.p99.toFixed(1)} ms, RSS ${proxyAfter.rssMiB.toFixed(0)} MiB`,
  )
}

console.log(
  `Node ${process.version}; ${logins} logins a round, ${concurrency} at a time; idle RSS ${usageOf(stack.proxyPid).rssMiB.toFixed(0)} MiB`,
)
await round(500)
for (let i = 0; i < ROUNDS; i++) await round(logins)
await nas.close()
await stack.close()
