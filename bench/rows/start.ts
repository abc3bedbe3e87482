import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {medianOf, spread} from '../support/machine.ts'
import {endedChildrenCpuMs, startStack, usageOf} from '../support/proxy.ts'
import type {Row, Scale} from '../support/row.ts'

const PORT = 28_230
const IDLE_MS = 15_000
const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

const smallFile = `[radius_client]
host=192.0.2.1
secret=primary-secret-not-real-0001
[radius_server_challenge]
ikey=DISIMULATED000000000
skey=secretKeyOfASimulationNotReal00000000000
api_host=api-00000000.duosecurity.com
failmode=secure
radius_ip_1=192.0.2.7
radius_secret_1=nas-secret-not-real-0001
`

/** Commands beside bare Node; how soon serve is ready; what it takes when nothing happens. */
export async function startAndIdle({rounds, quick}: Scale): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-bench-'))
  writeFileSync(join(folder, 'authproxy.cfg'), smallFile, {mode: 0o600})
  const commands: Record<string, readonly string[]> = {
    bare: ['-e', '0'],
    version: [program, '--version'],
    validate: [program, 'validate', join(folder, 'authproxy.cfg')],
  }
  const took: {name: string; cpuMs: number; wallMs: number}[] = []
  for (let round = 0; round < rounds * 2; round++) {
    for (const [name, args] of Object.entries(commands)) took.push({name, ...costOf(args)})
  }
  rmSync(folder, {recursive: true})
  // The system counts CPU in ticks of 10 ms, so that means say more than medians.
  const cpuMs = (name: string) => mean(took.filter((each) => each.name === name).map((each) => each.cpuMs))
  const wallMs = (name: string) => medianOf(took.filter((each) => each.name === name).map((each) => each.wallMs))
  const times = (ms: (name: string) => number) => {
    return ['version', 'validate'].map((name) => (ms(name) / ms('bare')).toFixed(1)).join(' and ')
  }
  const each = (ms: (name: string) => number) => {
    return Object.keys(commands)
      .map((name) => `${name} ${ms(name).toFixed(0)} ms`)
      .join(', ')
  }

  const readyMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    const stack = await startStack({port: PORT, users: 1})
    readyMs.push(stack.readyMs)
    await stack.close()
  }
  const stack = await startStack({port: PORT, users: 1})
  await sleep(IDLE_MS)
  const before = usageOf(stack.proxyPid)
  await sleep(quick ? 2000 : 10_000)
  const after = usageOf(stack.proxyPid)
  await stack.close()
  return [
    {
      what: '--version and validate of a small file, beside node -e 0',
      target: 'at most 2.5 times',
      measured: `CPU ${times(cpuMs)} times, by the wall clock ${times(wallMs)} times`,
      note: `CPU: ${each(cpuMs)}; wall clock: ${each(wallMs)}`,
    },
    {
      what: 'serve ready',
      target: '0.5 s',
      measured: `${spread(readyMs, 0)} ms`,
      note: 'from spawn to proxy.ready, by the wall clock',
    },
    {
      what: 'idle',
      target: 'RSS < 80 MB, no wake-ups beyond timers in use',
      measured: `RSS ${((after.rssMiB * 2 ** 20) / 1e6).toFixed(0)} MB, ${(((after.sleeps - before.sleeps) * 1000) / (quick ? 2000 : 10_000)).toFixed(1)} wake-ups a second`,
      note: `${IDLE_MS / 1000} s after the start`,
    },
  ]
}

function costOf(args: readonly string[]): {cpuMs: number; wallMs: number} {
  const [cpuBeforeMs, startMs] = [endedChildrenCpuMs(), performance.now()]
  const {error} = spawnSync(process.execPath, args, {stdio: 'ignore'})
  if (error !== undefined) throw error
  return {cpuMs: endedChildrenCpuMs() - cpuBeforeMs, wallMs: performance.now() - startMs}
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
