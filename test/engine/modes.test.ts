// One file, one process, one port: sections of every mode with two kinds of client behind them.
import assert from 'node:assert/strict'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import type {LogRecord} from '../../src/core/log/log.ts'
import {findAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {Secret} from '../../src/core/secret.ts'
import type {LoginMethod} from '../../src/core/simulate/credentials.ts'
import {type FakeDirectory, startFakeDirectory} from '../../src/core/simulate/directory.ts'
import {type DuoCloud, startDuoCloud} from '../../src/core/simulate/duo-cloud.ts'
import {type LoginReport, Nas, replyMessages} from '../../src/core/simulate/nas.ts'
import {profiles} from '../../src/core/simulate/profiles.ts'
import {FakeRadiusPrimary} from '../../src/core/simulate/radius-primary.ts'
import {type RunningProxy, simulatedIntegration} from '../../src/core/simulate/stack.ts'
import type {Transport, TransportListener} from '../../src/core/simulate/transport.ts'
import {realWorld} from '../../src/core/world.ts'
import {startProxy} from '../../src/embedded-proxy.ts'

const baseDn = 'DC=example,DC=com'
const serviceAccount = {userName: 'svc-authproxy', password: 'service-password-not-real'}
const serviceDn = `CN=${serviceAccount.userName},OU=People,${baseDn}`

type Site = {
  readonly proxy: RunningProxy
  readonly cloud: DuoCloud
  readonly records: readonly LogRecord[]
  /** Passwords that were tried: with the RADIUS server, and binds with the directory. */
  readonly radiusTries: () => number
  readonly binds: () => number
}

async function site(t: TestContext): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-modes-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  const cloud = await startDuoCloud({
    world: realWorld,
    integration: simulatedIntegration,
    users: [
      {
        userName: 'jdoe',
        answer: 'approve',
        phones: [{mask: 'XXX-XXX-1234', capabilities: ['push', 'phone', 'sms']}],
        passcodes: ['123456'],
        passcodesLast: true,
        groups: ['vpn-users'],
      },
    ],
  })
  t.after(() => cloud.close())
  writeFileSync(join(folder, 'duo-ca.pem'), cloud.caCert)
  let binds = 0
  const directory = await startFakeDirectory(
    {
      content: {
        baseDn,
        domain: 'EXAMPLE',
        users: [serviceAccount, {userName: 'jdoe', password: 'directory-not-real'}],
        groups: [],
      },
      serviceUser: serviceAccount.userName,
      onEvent: (event) => {
        if (event.kind === 'bind' && event.name !== serviceDn) binds++
      },
    },
    realWorld,
  )
  t.after(() => directory.close())
  const radius = await FakeRadiusPrimary.start(
    {secret: new Secret('upstream-secret-not-real'), users: new Map([['jdoe', {password: 'radius-not-real'}]])},
    realWorld,
  )
  t.after(() => radius.close())
  const records: LogRecord[] = []
  const proxy = await startProxy({text: configuration(cloud, directory, radius), folder, listens: false}, realWorld, {
    write: (record) => records.push(record),
    close: async () => {},
  })
  t.after(() => proxy.stop())
  return {proxy, cloud, records, radiusTries: () => radius.received, binds: () => binds}
}

/** Each section has a NAS of its own, which its source address tells. */
const nases = {
  radius_server_challenge: '192.0.2.11',
  radius_server_challenge2: '192.0.2.12',
  radius_server_auto: '192.0.2.13',
  radius_server_concat: '192.0.2.14',
  radius_server_duo_only: '192.0.2.15',
} as const

function configuration(
  {integration, host, port: apiPort}: DuoCloud,
  directory: FakeDirectory,
  {endpoint}: FakeRadiusPrimary,
): string {
  const server = (name: keyof typeof nases, lines: readonly string[]) =>
    [
      `[${name}]`,
      `ikey=${integration.ikey}`,
      `skey=${integration.skey}`,
      `api_host=${host}`,
      `api_port=${apiPort}`,
      'http_ca_certs_file=duo-ca.pem',
      'failmode=secure',
      `radius_ip_1=${nases[name]}`,
      `radius_secret_1=${secretOf(name).reveal()}`,
      ...lines,
    ].join('\n')
  return [
    '[main]',
    `[ad_client]\nhost=${directory.host}\nport=${directory.port}\nservice_account_username=${serviceAccount.userName}
service_account_password=${serviceAccount.password}\nsearch_dn=${baseDn}\nauth_type=plain\nbind_dn=${serviceDn}`,
    `[radius_client]\nhost=${endpoint.address}\nport=${endpoint.port}\nsecret=upstream-secret-not-real`,
    server('radius_server_challenge', ['client=ad_client']),
    server('radius_server_challenge2', ['client=radius_client', 'prompt_format=short']),
    server('radius_server_auto', ['client=radius_client']),
    server('radius_server_concat', ['client=ad_client']),
    server('radius_server_duo_only', []),
  ].join('\n\n')
}

function secretOf(section: keyof typeof nases): Secret {
  return new Secret(`nas-of-${section.replaceAll('_', '-')}-not-real`)
}

async function login(
  t: TestContext,
  {proxy}: Site,
  section: keyof typeof nases,
  password: string,
  {method = 'pap', answer}: {method?: LoginMethod; answer?: string} = {},
): Promise<LoginReport> {
  const nas = new Nas({
    world: realWorld,
    profile: profiles.ivanti,
    secret: secretOf(section),
    method,
    address: nases[section],
    policy: {timeoutMs: 5000, retries: 0},
    servers: [async () => transportOf(proxy, nases[section])],
  })
  t.after(() => nas.close())
  return nas.login({
    userName: 'jdoe',
    password: new Secret(password),
    clientAddress: '198.51.100.7',
    extra: [],
    answer: async () => (answer === undefined ? undefined : new Secret(answer)),
  })
}

/** A NAS at this address, without a network in between. */
function transportOf(proxy: RunningProxy, address: string): Transport {
  let listener: TransportListener | undefined
  return {
    send: (datagram) => proxy.receive(datagram, {address, port: 40_000}, (reply) => listener?.received(reply)),
    listen(added) {
      listener = added
    },
    close: async () => {},
  }
}

function firstPrompt(report: LoginReport): string | undefined {
  const packet = report.rounds[0]?.reply?.packet
  return packet && replyMessages(packet)[0]
}

test('five sections and two clients in one file, on one port, told apart by the source address', async (t) => {
  const here = await site(t)
  const challenge = await login(t, here, 'radius_server_challenge', 'directory-not-real', {answer: '1'})
  assert.equal(challenge.outcome, 'accept')
  assert.match(firstPrompt(challenge) ?? '', /^Duo two-factor login for jdoe/)

  const second = await login(t, here, 'radius_server_challenge2', 'radius-not-real', {answer: '123456'})
  assert.equal(second.outcome, 'accept')
  assert.match(firstPrompt(second) ?? '', /^Choose a secondary factor from/)

  assert.equal((await login(t, here, 'radius_server_auto', 'radius-not-real,push')).outcome, 'accept')
  assert.equal((await login(t, here, 'radius_server_concat', 'directory-not-real,123456')).outcome, 'accept')

  const only = await login(t, here, 'radius_server_duo_only', 'push')
  assert.equal(only.outcome, 'accept')
  const group = findAttribute(only.rounds.at(-1)?.reply?.packet.attributes ?? [], 'Class')
  assert.equal(group?.value.toString(), 'OU=vpn-users;')

  const sections = here.records.filter(({name}) => name === 'login.decided').map(({fields}) => fields.section)
  assert.deepEqual([...new Set(sections)], Object.keys(nases))
  assert.equal(here.binds(), 2)
  assert.equal(here.radiusTries(), 2)
  assert.equal(here.cloud.pushes.length, 3)
})

test('a password of one client is none of the other', async (t) => {
  const here = await site(t)
  assert.equal((await login(t, here, 'radius_server_challenge', 'radius-not-real')).outcome, 'reject')
  assert.equal((await login(t, here, 'radius_server_auto', 'directory-not-real')).outcome, 'reject')
  assert.equal((await login(t, here, 'radius_server_concat', 'radius-not-real,push')).outcome, 'reject')
  assert.equal(here.cloud.pushes.length, 0)
})

test('CHAP and MS-CHAPv2 where the client can check them, and a clear refusal where it cannot', async (t) => {
  const here = await site(t)
  for (const method of ['chap', 'mschapv2'] as const) {
    assert.equal((await login(t, here, 'radius_server_auto', 'radius-not-real', {method})).outcome, 'accept')
    const second = await login(t, here, 'radius_server_challenge2', 'radius-not-real', {method, answer: '123456'})
    assert.deepEqual([second.outcome, second.problem], ['accept', undefined])
    const refused = await login(t, here, 'radius_server_challenge', 'directory-not-real', {method})
    assert.equal(refused.outcome, 'reject')
    assert.match(firstPrompt(refused) ?? '', /^This server cannot check (CHAP|MS-CHAPv2) passwords$/)
  }
  const told = here.records.filter(({name, text}) => name === 'login.primary.result' && text.includes('[ad_client]'))
  assert.equal(told.length, 2)
  assert.equal(here.binds(), 0)
})
