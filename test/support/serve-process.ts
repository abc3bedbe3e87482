import {type ChildProcess, spawn} from 'node:child_process'
import {randomInt} from 'node:crypto'
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {type Endpoint, packetCode} from '../../src/core/radius/packet.ts'
import {Secret} from '../../src/core/secret.ts'
import {type DuoCloud, type DuoCloudOptions, startDuoCloud} from '../../src/core/simulate/duo-cloud.ts'
import type {CloudUser} from '../../src/core/simulate/duo-cloud-users.ts'
import {type LoginReport, Nas, type Prompt} from '../../src/core/simulate/nas.ts'
import {profiles} from '../../src/core/simulate/profiles.ts'
import {type FakePrimaryUser, FakeRadiusPrimary} from '../../src/core/simulate/radius-primary.ts'
import type {ExchangePolicy} from '../../src/core/simulate/request-line.ts'
import {openUdpTransport} from '../../src/core/simulate/transport.ts'
import {realWorld} from '../../src/core/world.ts'
import {runProgram} from './program.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
export const NAS_SECRET = 'nas-secret-not-real-0001'
const PRIMARY_SECRET = 'primary-secret-not-real-0001'

const INTEGRATION = {ikey: 'DISIMULATED000000000', skey: 'secretKeyOfASimulationNotReal00000000000'}

export const password = 'password-not-real'

/** Lines added to [radius_server_challenge], to [main] and to [radius_client]. */
export type ConfigLines = {
  readonly client?: readonly string[]
  /** The whole client section, in place of the one for the fake primary. */
  readonly clientSection?: readonly string[]
  readonly server?: readonly string[]
  readonly main?: readonly string[]
  readonly failMode?: 'safe' | 'secure'
  readonly log?: 'quiet' | 'debug'
  /** Options of Node itself. */
  readonly node?: readonly string[]
}

/** The built program as a service in a folder of its own, with a fake Duo cloud and a fake primary on loopback. */
export class ServedProxy {
  readonly folder: string
  readonly port: number
  readonly cloud: DuoCloud
  readonly primary: FakeRadiusPrimary
  readonly configFile: string
  readonly #ownsFakes: boolean
  readonly #nodeOptions: readonly string[]
  #child: ChildProcess | undefined
  /** What the service has written to standard error since its start. */
  said = ''

  private constructor(
    folder: string,
    port: number,
    {cloud, primary}: {cloud: DuoCloud; primary: FakeRadiusPrimary},
    ownsFakes: boolean,
    nodeOptions: readonly string[],
  ) {
    this.folder = folder
    this.port = port
    this.cloud = cloud
    this.primary = primary
    this.#ownsFakes = ownsFakes
    this.#nodeOptions = nodeOptions
    this.configFile = join(folder, 'conf', 'authproxy.cfg')
  }

  static async start(
    options: {
      readonly users: readonly CloudUser[]
      readonly primaryUsers?: ReadonlyMap<string, FakePrimaryUser>
      readonly cloud?: Partial<DuoCloudOptions>
      readonly onPrimaryRequest?: () => void
    } & ConfigLines,
  ): Promise<ServedProxy> {
    const cloud = await startDuoCloud({
      world: realWorld,
      users: options.users,
      integration: INTEGRATION,
      ...options.cloud,
    })
    const class1 = [{type: 25, value: Buffer.from('OU=vpn-users')}]
    const names = options.users.map(({userName}) => [userName, {password, attributes: class1}] as const)
    const primary = await FakeRadiusPrimary.start(
      {
        secret: new Secret(PRIMARY_SECRET),
        users: options.primaryUsers ?? new Map(names),
        onRequest: ({code}) => {
          if (code === packetCode.accessRequest) options.onPrimaryRequest?.()
        },
      },
      realWorld,
    )
    return ServedProxy.#begin({cloud, primary}, true, options)
  }

  /** Another node, before the same Duo and the same primary; it ends before the first one does. */
  static startBeside(first: ServedProxy, lines: ConfigLines): Promise<ServedProxy> {
    return ServedProxy.#begin(first, false, lines)
  }

  static async #begin(
    fakes: {cloud: DuoCloud; primary: FakeRadiusPrimary},
    ownsFakes: boolean,
    lines: ConfigLines,
  ): Promise<ServedProxy> {
    const folder = mkdtempSync(join(tmpdir(), 'authproxy-'))
    const proxy = new ServedProxy(folder, await freeUdpPort(), fakes, ownsFakes, lines.node ?? [])
    await mkdir(join(proxy.folder, 'conf'))
    writeFileSync(join(proxy.folder, 'conf', 'ca.pem'), fakes.cloud.caCert)
    proxy.configure(lines)
    await proxy.serve()
    return proxy
  }

  configure(lines: ConfigLines = {}): void {
    const {cloud, primary, port} = this
    const text = [
      '[main]',
      'log_auth_events=true',
      `debug=${lines.log !== 'quiet'}`,
      'http_ca_certs_file=ca.pem',
      ...(lines.main ?? []),
      ...(lines.clientSection ?? [
        '[radius_client]',
        'host=127.0.0.1',
        `port=${primary.endpoint.port}`,
        `secret=${PRIMARY_SECRET}`,
        'pass_through_all=true',
        ...(lines.client ?? []),
      ]),
      '[radius_server_challenge]',
      `ikey=${cloud.integration.ikey}`,
      `skey=${cloud.integration.skey}`,
      `api_host=${cloud.host}`,
      `api_port=${cloud.port}`,
      `failmode=${lines.failMode ?? 'secure'}`,
      `port=${port}`,
      'interface=127.0.0.1',
      'radius_ip_1=127.0.0.1',
      `radius_secret_1=${NAS_SECRET}`,
      ...(lines.server ?? []),
    ]
    writeFileSync(this.configFile, `${text.join('\n')}\n`, {mode: 0o600})
  }

  /** Another configuration in the same folder; gives its path. */
  writeBeside(name: string, text: string): string {
    const path = join(this.folder, 'conf', name)
    writeFileSync(path, text, {mode: 0o600})
    return path
  }

  /** Starts the program and waits for its ready line. */
  async serve(...flags: readonly string[]): Promise<void> {
    const child = spawn(process.execPath, [...this.#nodeOptions, PROGRAM, 'serve', '-c', this.configFile, ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child = child
    this.said = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        this.said += chunk
        if (this.said.includes('proxy.ready')) resolve()
      })
      child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${this.said}`)))
    })
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Sends a signal; resolves with the exit code when that ends the process. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    return child.exitCode
  }

  /** What bench/support/heap-watch.ts says, asked for the n-th time. */
  async heap(time: number): Promise<{readonly oldOctets: number; readonly collections: number}> {
    this.signal('SIGUSR2')
    for (const endMs = performance.now() + 10_000; ; await new Promise(setImmediate)) {
      const told = new RegExp(`^heap ${time} (.*)\n`, 'm').exec(this.said)?.[1]
      if (told !== undefined) return JSON.parse(told)
      if (performance.now() > endMs) throw new Error(`it does not tell of its heap: ${this.said}`)
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Takes the configuration as it stands now. */
  async reload(): Promise<void> {
    const {code, stderr} = await runProgram(['reload', '-c', this.configFile])
    if (code !== 0) throw new Error(`reload ended with ${code}: ${stderr}`)
  }

  get endpoint(): Endpoint {
    return {address: '127.0.0.1', port: this.port}
  }

  /** A gateway that asks this proxy, or the one at the endpoint. */
  nas(at: Endpoint = this.endpoint, policy: ExchangePolicy = {timeoutMs: 3000, retries: 9}): Nas {
    return new Nas({
      world: realWorld,
      profile: profiles.ivanti,
      secret: new Secret(NAS_SECRET),
      address: '192.0.2.1',
      policy,
      servers: [() => openUdpTransport(at)],
      method: 'pap',
    })
  }

  /** One login of a user who types these answers; a function may do something before it gives one. */
  async login(
    userName: string,
    ...answers: readonly (string | ((prompt: Prompt) => Promise<string>))[]
  ): Promise<LoginReport> {
    const nas = this.nas()
    try {
      return await nas.login({
        userName,
        password: new Secret(password),
        clientAddress: '198.51.100.7',
        extra: [],
        answer: async (prompt) => {
          const answer = answers[prompt.round - 1]
          if (answer === undefined) return undefined
          return new Secret(typeof answer === 'string' ? answer : await answer(prompt))
        },
      })
    } finally {
      await nas.close()
    }
  }

  log(name: 'authproxy.log' | 'authevents.log'): string {
    return readFileSync(join(this.folder, 'log', name), 'utf8')
  }

  /** The log once it says this: lines are written some time after what they tell of. */
  async logged(name: 'authproxy.log' | 'authevents.log', mark: RegExp): Promise<string> {
    for (const endMs = performance.now() + 10_000; ; await new Promise(setImmediate)) {
      const text = existsSync(join(this.folder, 'log', name)) ? this.log(name) : ''
      if (mark.test(text)) return text
      if (performance.now() > endMs) throw new Error(`${name} does not say ${mark}:\n${text}`)
    }
  }

  async close(): Promise<void> {
    await this.end('SIGKILL')
    if (this.#ownsFakes) await Promise.all([this.cloud.close(), this.primary.close()])
    rmSync(this.folder, {recursive: true, force: true})
  }
}

/** Below the ports that the system hands to any socket that asks for one: a restarted process must find its own again. */
const PORTS = {first: 10_000, count: 20_000} as const

/** A port of 127.0.0.1 that nobody has, neither for UDP nor for TCP. */
export async function freeUdpPort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + randomInt(PORTS.count)
    if ((await isFreeForUdp(port)) && (await isFreeForTcp(port))) return port
  }
}

function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false))
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)))
  })
}

function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
