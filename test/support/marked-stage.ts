import {type ChildProcess, spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {createProtector} from '../../src/core/config/protect/protector.ts'
import {readLocalFile} from '../../src/core/config/read-file.ts'
import type {Kind} from '../../src/core/config/schema.ts'
import type {Attribute, Endpoint} from '../../src/core/radius/packet.ts'
import {Secret} from '../../src/core/secret.ts'
import {startFakeDirectory} from '../../src/core/simulate/directory.ts'
import {startDuoCloud} from '../../src/core/simulate/duo-cloud.ts'
import {startConnectProxy} from '../../src/core/simulate/duo-cloud-proxy.ts'
import type {CloudUser} from '../../src/core/simulate/duo-cloud-users.ts'
import {FakeRadiusPrimary} from '../../src/core/simulate/radius-primary.ts'
import {realWorld} from '../../src/core/world.ts'
import {markedConfig, markOfOption, type Places, type Values, type Way} from './marked-config.ts'
import {type Ran, runProgram} from './program.ts'
import {freeUdpPort} from './serve-process.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** The sections that are asked something, each with a Duo and an HTTP proxy of its own, which know its marks. */
export const asked = [
  'radius_server_challenge',
  'radius_server_auto',
  'radius_server_concat',
  'radius_server_duo_only',
] as const satisfies readonly Kind[]

export type Person = {
  readonly userName: string
  readonly password: string
  readonly isExpired?: boolean
  readonly passcodes: readonly string[]
}

/** A proxy whose whole configuration is made of marks, with all that it talks to; it begins to serve with `serve`. */
export async function markedStage(
  people: readonly Person[],
  reply: readonly Attribute[],
): Promise<{stage: MarkedStage; close: () => Promise<void>}> {
  const closers: (() => Promise<void>)[] = []
  const users: CloudUser[] = people.map(({userName, passcodes}) => ({
    userName,
    phones: [{number: '+15555551234'}],
    passcodes,
    passcodesLast: true,
    answer: 'approve',
  }))
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-marked-'))
  closers.push(async () => rmSync(folder, {recursive: true, force: true}))
  const primary = await FakeRadiusPrimary.start(
    {
      secret: new Secret(markOfOption('radius_client', 'secret').text),
      users: new Map(people.map(({userName, ...person}) => [userName, {...person, attributes: reply}])),
    },
    realWorld,
  )
  const service = {userName: 'svc', password: markOfOption('ad_client', 'service_account_password').text}
  const content = {
    baseDn: 'DC=example,DC=com',
    domain: 'EXAMPLE',
    groups: [{name: 'VPN Users'}],
    users: [service, ...people.map(({userName, password}) => ({userName, password, groups: ['VPN Users']}))],
  }
  const directory = await startFakeDirectory({content}, realWorld)
  const collector = await startCollector()
  closers.push(
    () => primary.close(),
    () => directory.close(),
    () => collector.close(),
  )
  const ports: Record<string, number> = {}
  const values: Record<string, string> = {
    debug: 'true',
    log_dir: join(folder, 'log'),
    state_dir: join(folder, 'state'),
    log_stdout: 'true',
    log_syslog: 'true',
    log_syslog_target: `udp://127.0.0.1:${collector.port}`,
    log_auth_events: 'true',
    test_connectivity_on_startup: 'true',
    metrics_listen: `127.0.0.1:${await freeUdpPort()}`,
    client: 'radius_client',
    'main.client': 'ad_client',
    'ldap_server_auto.client': 'ad_client',
    'main.server': 'radius_server_auto',
    'ad_client.port': `${directory.port}`,
    service_account_username: service.userName,
    search_dn: content.baseDn,
    security_group_dn: 'CN=VPN Users,OU=Groups,DC=example,DC=com',
    bind_dn: 'CN=svc,OU=People,DC=example,DC=com',
    'radius_client.port': `${primary.endpoint.port}`,
    'radius_client.port_2': `${primary.endpoint.port}`,
    'radius_client.pass_through_all': 'true',
    timeout: '2',
    retry_wait: '1',
    retries: '1',
    radius_ip_1: '127.0.0.1',
    push_guard_denials: '0',
    failmode: 'secure',
    http_proxy_username: 'proxy-user',
  }
  const authorities: string[] = []
  for (const kind of asked) {
    const skey = markOfOption(kind, 'skey').text
    const cloud = await startDuoCloud({world: realWorld, users, integration: {ikey: 'DISIMULATED000000000', skey}})
    const proxy = await startConnectProxy({
      credentials: {userName: 'proxy-user', password: markOfOption(kind, 'http_proxy_password').text},
    })
    closers.push(
      () => cloud.close(),
      () => proxy.close(),
    )
    authorities.push(cloud.caCert)
    values[`${kind}.api_host`] = cloud.host
    values[`${kind}.api_port`] = `${cloud.port}`
    values[`${kind}.http_proxy_host`] = proxy.host
    values[`${kind}.http_proxy_port`] = `${proxy.port}`
    ports[kind] = await freeUdpPort()
  }
  for (const kind of [...asked, 'radius_server_eap', 'radius_server_iframe', 'ldap_server_auto'] as const) {
    values[`${kind}.port`] = `${ports[kind] ?? (await freeUdpPort())}`
  }
  for (const name of ['conf', 'log', 'state']) mkdirSync(join(folder, name), {mode: 0o700})
  // Sections that are not served name keys too, and a file that is there is all that is asked of them.
  const pem = `${authorities.join('')}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`
  writeFileSync(join(folder, 'conf', 'ca.pem'), pem)
  // The key that protects values belongs to a file that is there.
  writeFileSync(join(folder, 'conf', 'authproxy.cfg'), '', {mode: 0o600})
  const stage = new MarkedStage(folder, values, ports, collector.text)
  closers.unshift(() => stage.stop())
  return {
    stage,
    close: async () => {
      for (const close of closers) await close()
    },
  }
}

export class MarkedStage {
  readonly folder: string
  readonly configFile: string
  readonly metricsAddress: string
  readonly #values: Values
  readonly #ports: Readonly<Record<string, number>>
  readonly #syslog: () => string
  readonly #env = new Map<string, string>()
  #child: ChildProcess | undefined
  #said = ''

  constructor(folder: string, values: Values, ports: Readonly<Record<string, number>>, syslog: () => string) {
    this.folder = folder
    this.configFile = join(folder, 'conf', 'authproxy.cfg')
    this.metricsAddress = values.metrics_listen ?? ''
    this.#values = values
    this.#ports = ports
    this.#syslog = syslog
  }

  /** Where a section listens. */
  endpointOf(kind: (typeof asked)[number]): Endpoint {
    return {address: '127.0.0.1', port: this.#ports[kind] ?? 0}
  }

  /** The environment with the variables that the file refers to. */
  get env(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#env)
  }

  /** Writes the file; a later generation has other secrets everywhere. */
  configure(of: readonly Kind[], way: Way, values: Values = {}, generation = 1): string {
    const protector = createProtector(this.configFile, {
      platform: 'linux',
      readFile: readLocalFile,
      randomBytes,
      runPowerShell: () => ({ok: false, reason: 'this is not Windows'}),
    })
    const places: Places = {
      env: this.#env,
      file: (name, content) => {
        const path = join(this.folder, 'conf', name)
        writeFileSync(path, content, {mode: 0o600})
        return path
      },
      protect: (secret) => protector.protect(secret),
    }
    const text = markedConfig(of, way, {values: {...this.#values, ...values}, places, generation})
    writeFileSync(this.configFile, text, {mode: 0o600})
    return text
  }

  async serve(): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM, 'serve', '-c', this.configFile], {
      env: {...process.env, ...this.env},
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#said = ''
    await new Promise<void>((resolve, reject) => {
      const keep = (chunk: Buffer) => {
        this.#said += chunk
        if (this.#said.includes('proxy.ready')) resolve()
      }
      child.stdout.on('data', keep)
      child.stderr.on('data', keep)
      child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${this.#said.slice(-3000)}`)))
    })
  }

  /** Ends the service, which writes all that it has to say. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    await closed
  }

  /** Runs a command beside the service. */
  run(...words: readonly string[]): Promise<Ran> {
    return runProgram([...words, '-c', this.configFile], {cwd: this.folder, env: this.env})
  }

  /** Sends octets to a section as they are; nothing is awaited. */
  async send(kind: (typeof asked)[number], ...datagrams: readonly Buffer[]): Promise<void> {
    const socket = createSocket('udp4')
    const {address, port} = this.endpointOf(kind)
    for (const datagram of datagrams) {
      await new Promise((resolve) => socket.send(datagram, port, address, resolve))
    }
    socket.close()
  }

  /** Everything the service has written so far, wherever, by the name of the place. */
  written(): Map<string, string> {
    const texts = new Map([
      ['standard output and error', this.#said],
      ['syslog', this.#syslog()],
    ])
    for (const part of ['log', 'run', 'state']) {
      const folder = join(this.folder, part)
      for (const name of readdirSync(folder, {recursive: true, encoding: 'utf8'})) {
        const path = join(folder, name)
        if (statSync(path).isFile()) texts.set(`${part}/${name}`, readFileSync(path, 'latin1'))
      }
    }
    return texts
  }
}

/** A syslog collector that keeps all it is sent. */
async function startCollector(): Promise<{port: number; text: () => string; close: () => Promise<void>}> {
  const received: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (datagram) => received.push(datagram.toString('latin1')))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    text: () => received.join('\n'),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}
