import {type ChildProcess, type ChildProcessByStdio, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Readable, Writable} from 'node:stream'
import {fileURLToPath} from 'node:url'
import {nodeOptions} from '../../src/core/service/install-options.ts'
import {integration, NAS_SECRET, PRIMARY_SECRET} from './names.ts'
import type {TimesByUser} from './service-times.ts'

const ownProgram = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const fakesProgram = fileURLToPath(new URL('fakes.ts', import.meta.url))
const bareLoginProgram = fileURLToPath(new URL('bare-login.ts', import.meta.url))
/** Clock ticks of /proc/PID/stat a second (sysconf _SC_CLK_TCK on Linux). */
const TICKS = 100

/** What a child process has used so far. */
export type Usage = {
  readonly cpuMs: number
  readonly rssMiB: number
  readonly peakMiB: number
  /** How often its main thread went to sleep, which is how often something woke it. */
  readonly sleeps: number
}

export function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const kib = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0)
  return {
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS,
    rssMiB: kib('VmRSS') / 1024,
    peakMiB: kib('VmHWM') / 1024,
    sleeps: kib('\nvoluntary_ctxt_switches'),
  }
}

/** A process and the workers it has started. */
export function familyOf(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children]
}

/** Of this process's children that have ended. */
export function endedChildrenCpuMs(): number {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[13]) + Number(fields[14])) * 1000) / TICKS
}

export type Stack = {
  /** From the start of the program to its ready line. */
  readonly readyMs: number
  readonly proxyPid: number
  readonly fakesPid: number
  readonly configFile: string
  /** How long the fakes had each login's requests in hand, since the call before; the first one begins the count. */
  readonly serviceTimes: () => Promise<TimesByUser>
  /** The line that a module loaded by `node` options answers a SIGUSR2 with. */
  readonly answerToSignal: () => Promise<string>
  readonly close: () => Promise<void>
}

/** The built program, started as a service would, with fakes around it, each in a process of its own. */
export async function startStack(options: {
  readonly port: number
  readonly users: number
  readonly answerAfterMs?: number
  /** Lines added to [main] and to [radius_server_challenge]. */
  readonly main?: readonly string[]
  readonly server?: readonly string[]
  readonly node?: readonly string[]
  /** bin/run.js of another checkout, to compare with. */
  readonly program?: string
  /** [duo_only_client] in place of the RADIUS server: exempt users then wait for nobody. */
  readonly duoOnly?: boolean
}): Promise<Stack> {
  const {fakes, about} = await startFakes(options.users, options.answerAfterMs)
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-bench-'))
  mkdirSync(join(folder, 'conf'))
  writeFileSync(join(folder, 'conf', 'ca.pem'), about.caCert)
  const configFile = join(folder, 'conf', 'authproxy.cfg')
  const text = [
    '[main]',
    'http_ca_certs_file=ca.pem',
    ...(options.main ?? []),
    ...(options.duoOnly === true
      ? ['[duo_only_client]']
      : [
          '[radius_client]',
          'host=127.0.0.1',
          `port=${about.primaryPort}`,
          `secret=${PRIMARY_SECRET}`,
          'pass_through_all=true',
        ]),
    '[radius_server_challenge]',
    'client_logins_per_second=0',
    `client=${options.duoOnly === true ? 'duo_only_client' : 'radius_client'}`,
    `ikey=${integration.ikey}`,
    `skey=${integration.skey}`,
    `api_host=${about.host}`,
    `api_port=${about.port}`,
    'failmode=secure',
    `port=${options.port}`,
    'interface=127.0.0.1',
    'radius_ip_1=127.0.0.1',
    `radius_secret_1=${NAS_SECRET}`,
    ...(options.server ?? []),
  ]
  writeFileSync(configFile, `${text.join('\n')}\n`, {mode: 0o600})
  const startedMs = performance.now()
  const proxy = spawn(
    process.execPath,
    [...nodeOptions, ...(options.node ?? []), options.program ?? ownProgram, 'serve', '-c', configFile],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: folder,
    },
  )
  await untilLine(proxy, proxy.stderr, 'proxy.ready')
  return {
    readyMs: performance.now() - startedMs,
    proxyPid: proxy.pid ?? 0,
    fakesPid: fakes.pid ?? 0,
    configFile,
    serviceTimes: () => serviceTimesOf(fakes),
    answerToSignal() {
      const line = untilLine(proxy, proxy.stderr, '\n')
      proxy.kill('SIGUSR2')
      return line
    },
    async close() {
      proxy.kill('SIGTERM')
      await once(proxy, 'exit')
      fakes.stdin.end()
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

/** What a login takes without a proxy's work (bare-login.ts), in a process of its own, with the same fakes around it. */
export async function startBareLogin(
  port: number,
  users: number,
): Promise<Pick<Stack, 'proxyPid' | 'fakesPid' | 'serviceTimes' | 'close'>> {
  const {fakes, about} = await startFakes(users)
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-bench-'))
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, about.caCert)
  const places = [`${port}`, `${about.primaryPort}`, `https://${about.host}:${about.port}`, caFile]
  const bare = spawn(process.execPath, [...nodeOptions, bareLoginProgram, ...places], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await untilLine(bare, bare.stdout, 'ready')
  return {
    proxyPid: bare.pid ?? 0,
    fakesPid: fakes.pid ?? 0,
    serviceTimes: () => serviceTimesOf(fakes),
    async close() {
      bare.stdin.end()
      await once(bare, 'exit')
      fakes.stdin.end()
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

async function startFakes(users: number, answerAfterMs = 0) {
  const fakes = spawn(process.execPath, [fakesProgram, `${users}`, `${answerAfterMs}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  return {fakes, about: JSON.parse(await untilLine(fakes, fakes.stdout, '}'))}
}

async function serviceTimesOf(fakes: ChildProcessByStdio<Writable, Readable, null>): Promise<TimesByUser> {
  const line = untilLine(fakes, fakes.stdout, '\n')
  fakes.stdin.write('\n')
  return new Map(JSON.parse(await line))
}

export async function untilLine(child: ChildProcess, stream: NodeJS.ReadableStream, mark: string): Promise<string> {
  let said = ''
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      said += chunk
      if (!said.includes(mark)) return
      stream.off('data', onData)
      child.off('exit', onExit)
      // Whatever else it says is not to hold it up.
      stream.resume()
      resolve(said)
    }
    const onExit = (code: number | null) => reject(new Error(`ended with ${code}: ${said}`))
    stream.on('data', onData)
    child.once('exit', onExit)
  })
}
