import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {LogSink} from '../log/log.ts'
import type {Endpoint} from '../radius/packet.ts'
import type {World} from '../world.ts'
import {createCertificateAuthority} from './certificates.ts'
import {type CloudCall, type DuoCloud, startDuoCloud} from './duo-cloud.ts'
import {startConnectProxy} from './duo-cloud-proxy.ts'
import type {CloudUser} from './duo-cloud-users.ts'
import type {ConfigSection, Restart, ScenarioDuo, ScenarioPrimary} from './scenario.ts'
import type {PrimaryCall} from './scenario-stage.ts'
import {type StackPrimary, startPrimary} from './stack-primary.ts'
import {type ConfigOptions, configText} from './standard-config.ts'

/** The proxy as the simulators need it. */
export type RunningProxy = {
  /** Takes a datagram as if it had come in on its port; `reply` is called when there is an answer, now or later. */
  receive(datagram: Buffer, from: Endpoint, reply: (datagram: Buffer) => void): void
  stop(): Promise<void>
}

/**
 * Starts a proxy from the text of a configuration; `folder` is where its files go. Opens no port unless `listens`; is in
 * primary-only mode for `primaryOnlyMs`.
 */
export type StartProxy = (
  configuration: {
    readonly text: string
    readonly folder: string
    readonly listens: boolean
    readonly primaryOnlyMs?: number | undefined
  },
  world: World,
  sink: LogSink,
) => Promise<RunningProxy>

export type StackPlan = {
  readonly startProxy: StartProxy
  /** Time and chance of the proxy and of Duo. */
  readonly world: World
  /** Those of the servers that answer at once. */
  readonly hostWorld: World
  readonly primary: ScenarioPrimary
  readonly duo: ScenarioDuo
  /** Makes users for Duo that the plan does not name. */
  readonly strangers?: (userName: string) => CloudUser | undefined
  readonly nas: {readonly network: string; readonly secret: string}
  /** The UDP port the proxy listens on, on 127.0.0.1; undefined when it is called directly. */
  readonly port: number | undefined
  readonly changes: readonly ConfigSection[]
  readonly sink: LogSink
  readonly onDuoCall?: (call: CloudCall) => void
  readonly onDuoAnswer?: (call: CloudCall) => void
  readonly onPrimaryCall?: (call: PrimaryCall) => void
}

/** A proxy on loopback with a Duo cloud and a primary server of its own; nothing else is needed. */
export type Stack = {
  readonly cloud: DuoCloud
  readonly primary: StackPrimary
  readonly proxy: RunningProxy
  readonly configText: string
  /** `kill` leaves the old proxy as it is, as if its process had been killed; its files stay. */
  restart(restart: Restart): Promise<void>
  close(): Promise<void>
}

/** Keys of the form that Duo gives out. */
export const simulatedIntegration = {
  ikey: 'DISIMULATED000000000',
  skey: 'simulatedSecretKeyNotReal'.padEnd(40, '0'),
} as const

const LOOPBACK = '127.0.0.1'

export async function startStack(plan: StackPlan): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-simulate-'))
  const opened: (() => Promise<void>)[] = [async () => rmSync(folder, {recursive: true, force: true})]
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  try {
    const {world} = plan
    const cloud = await startDuoCloud({
      world,
      users: plan.duo.users,
      integration: simulatedIntegration,
      ...(plan.strangers === undefined ? {} : {strangers: plan.strangers}),
      ...(plan.onDuoCall === undefined ? {} : {onArrival: plan.onDuoCall}),
      ...(plan.onDuoAnswer === undefined ? {} : {onCall: plan.onDuoAnswer}),
    })
    opened.push(() => cloud.close())
    cloud.modes.textPrompt = plan.duo.api === 'v2'
    cloud.modes.v2 = plan.duo.api === 'v1' ? 'refused' : 'served'
    const primary = await startPrimary(plan.primary, plan.hostWorld, plan.onPrimaryCall ?? (() => {}))
    opened.push(() => primary.close())

    const trusted = join(folder, 'duo-ca.pem')
    const other = join(folder, 'other-ca.pem')
    writeFileSync(trusted, cloud.caCert)
    writeFileSync(other, createCertificateAuthority('another authority').cert)
    const refusing = plan.changes.some(({options}) => [...options.values()].includes('{proxy.refusing}'))
      ? await startConnectProxy({refuseWith: 407})
      : undefined
    if (refusing !== undefined) opened.push(() => refusing.close())
    const text = configText(
      {
        main: {log_dir: join(folder, 'log'), interface: plan.port === undefined ? undefined : LOOPBACK},
        ...primary.config,
        ...serverSections(plan.changes, {
          ikey: cloud.integration.ikey,
          skey: cloud.integration.skey,
          api_host: cloud.host,
          api_port: cloud.port,
          http_ca_certs_file: trusted,
          client: primary.section,
          radius_ip_1: plan.nas.network,
          radius_secret_1: plan.nas.secret,
          port: plan.port,
        }),
      },
      plan.changes,
    )
      .replaceAll('{ca.other}', other)
      .replaceAll('{proxy.refusing}', `${refusing?.port ?? ''}`)

    const start = (primaryOnlyMs: number | undefined) =>
      plan.startProxy({text, folder, listens: plan.port !== undefined, primaryOnlyMs}, world, plan.sink)
    let proxy = await start(undefined)
    const killed: RunningProxy[] = []
    opened.push(async () => {
      await Promise.all([proxy, ...killed].map((each) => each.stop()))
    })
    return {
      cloud,
      primary,
      get proxy() {
        return proxy
      },
      configText: text,
      async restart({how, primaryOnlyMs}) {
        if (how === 'stop') await proxy.stop()
        else killed.push(proxy)
        proxy = await start(primaryOnlyMs)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The server sections that the changes name, all with the same options to start from; without any, one that asks. */
function serverSections(changes: readonly ConfigSection[], options: ConfigOptions[string]): ConfigOptions {
  const named = changes.map(({name}) => name).filter((name) => name.startsWith('radius_server_'))
  const others = named.filter((name) => !name.startsWith('radius_server_challenge'))
  const names = others.length > 0 && others.length === named.length ? others : ['radius_server_challenge', ...others]
  return Object.fromEntries(
    names.map((name) => [name, /duo_only/.test(name) ? {...options, client: undefined} : options]),
  )
}
