import {createSocket} from 'node:dgram'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {TestContext} from 'node:test'
import {configContext} from '../../../src/config-context.ts'
import {loadChecked} from '../../../src/core/config/load-checked.ts'
import {createLog} from '../../../src/core/log/log.ts'
import type {Check} from '../../../src/core/probes/probe.ts'
import type {ProbeContext} from '../../../src/core/probes/probe-context.ts'
import {probesFor} from '../../../src/core/probes/probes-for.ts'
import {startProbes} from '../../../src/core/probes/run-probes.ts'
import {lookupWithSystem} from '../../../src/core/radius/client-names.ts'
import {Secret} from '../../../src/core/secret.ts'
import {type CertificateAuthority, createCertificateAuthority} from '../../../src/core/simulate/certificates.ts'
import {type DirectoryOptions, type FakeDirectory, startFakeDirectory} from '../../../src/core/simulate/directory.ts'
import type {DirectoryContent} from '../../../src/core/simulate/directory-entries.ts'
import {type DuoCloud, type DuoCloudOptions, startDuoCloud} from '../../../src/core/simulate/duo-cloud.ts'
import {type FakePrimaryOptions, FakeRadiusPrimary} from '../../../src/core/simulate/radius-primary.ts'
import {simulatedIntegration} from '../../../src/core/simulate/stack.ts'
import {realWorld} from '../../../src/core/world.ts'
import {thisMachine} from '../../../src/this-machine.ts'

export type Options = Readonly<Record<string, string | number | undefined>>

/** The sections of a configuration, and what the checks are told besides it. */
export type Scene = {
  readonly sections: Readonly<Record<string, Options>>
  readonly context?: Partial<ProbeContext>
}

/** One authority and its certificates for all fakes. */
export const authority: CertificateAuthority = createCertificateAuthority()
export const identity = authority.issue(['localhost', '127.0.0.1'])

export const baseDn = 'DC=example,DC=com'
export const groupDn = (name: string) => `CN=${name},OU=Groups,${baseDn}`
export const serviceDn = `CN=svc-mfa,OU=Services,${baseDn}`
export const servicePassword = 'fake-password-svc-mfa'
export const radiusSecret = 'test-secret-not-real-radius'

export const content: DirectoryContent = {
  baseDn,
  domain: 'EXAMPLE',
  groups: [{name: 'vpn'}, {name: 'empty'}, {name: 'staff', memberOf: ['vpn']}],
  users: [
    {userName: 'svc-mfa', password: servicePassword, unit: 'Services', groups: ['staff']},
    {userName: 'jdoe', password: 'fake-password-jdoe', name: 'John Doe', groups: ['vpn']},
    {userName: 'bob', password: 'fake-password-bob', groups: ['staff']},
  ],
}

export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'authproxy-world-'))
  t.after(() => rmSync(path, {recursive: true, force: true}))
  return path
}

export function fileOf(t: TestContext, name: string, text: string): string {
  const path = join(folder(t), name)
  writeFileSync(path, text)
  return path
}

export async function cloud(t: TestContext, options: Partial<DuoCloudOptions> = {}): Promise<DuoCloud> {
  const started = await startDuoCloud({world: realWorld, identity, integration: simulatedIntegration, ...options})
  t.after(() => started.close())
  return started
}

/** A UDP port that nobody has at this moment. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const {port} = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

/** The server section of a healthy world, in front of the given cloud. */
export async function serverSection(t: TestContext, duo: DuoCloud, more: Options = {}): Promise<Options> {
  return {
    ikey: duo.integration.ikey,
    skey: duo.integration.skey,
    api_host: 'localhost',
    api_port: duo.port,
    http_ca_certs_file: fileOf(t, 'duo-ca.pem', authority.cert),
    radius_ip_1: '127.0.0.1',
    radius_secret_1: 'test-secret-not-real-nas',
    port: await freeUdpPort(),
    interface: '127.0.0.1',
    ...more,
  }
}

export async function directory(t: TestContext, options: Partial<DirectoryOptions> = {}): Promise<FakeDirectory> {
  const started = await startFakeDirectory({content, certificate: identity, ...options}, realWorld)
  t.after(() => started.close())
  return started
}

/** The client section of a healthy world, in front of the given directory. */
export function directorySection({port}: {readonly port: number}, more: Options = {}): Options {
  return {
    host: '127.0.0.1',
    port,
    auth_type: 'plain',
    bind_dn: serviceDn,
    service_account_username: 'svc-mfa',
    service_account_password: servicePassword,
    search_dn: baseDn,
    ...more,
  }
}

export async function radiusServer(
  t: TestContext,
  options: Partial<FakePrimaryOptions> = {},
): Promise<FakeRadiusPrimary> {
  const started = await FakeRadiusPrimary.start(
    {secret: new Secret(radiusSecret), users: new Map(), ...options},
    realWorld,
  )
  t.after(() => started.close())
  return started
}

export function radiusSection({port}: {readonly port: number}, more: Options = {}): Options {
  return {host: '127.0.0.1', port, secret: radiusSecret, ...more}
}

export const noPrimary = {duo_only_client: {}}

export function writeConfig(t: TestContext, {sections}: Scene): string {
  const text = Object.entries(sections)
    .map(([name, options]) => `[${name}]\n${lines(options)}`)
    .join('\n')
  const path = join(folder(t), 'authproxy.cfg')
  writeFileSync(path, text, {mode: 0o600})
  return path
}

function lines(options: Options): string {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

/** Runs every check of the scene against this machine, as the command does. */
export async function checksOf(t: TestContext, scene: Scene, only?: string): Promise<readonly Check[]> {
  const path = writeConfig(t, scene)
  const {config} = loadChecked(path, await configContext(path))
  const place = folder(t)
  const context: ProbeContext = {
    world: realWorld,
    log: createLog(realWorld, [], {debug: false}),
    version: '0.0.0',
    timeoutMs: 5000,
    lookup: lookupWithSystem,
    machine: thisMachine(),
    logDirectory: config.main.log_dir ?? place,
    stateDirectory: config.main.state_dir ?? place,
    ownService: async () => undefined,
    user: undefined,
    radiusUser: undefined,
    ...scene.context,
  }
  const list = probesFor(config, context, only)
  const checks = await startProbes(list.probes, {
    world: realWorld,
    timeoutMs: context.timeoutMs,
    signal: new AbortController().signal,
  }).all
  await list.close()
  return checks
}
