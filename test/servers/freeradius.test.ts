// FreeRADIUS as the primary server: passwords, attributes and challenges judged by code that is not ours.
import assert from 'node:assert/strict'
import {after, type TestContext, test} from 'node:test'
import type {PrimaryRequest} from '../../src/core/login/primary-authenticator.ts'
import {RadiusPrimary, type RadiusPrimaryOptions} from '../../src/core/primary/radius.ts'
import {UpstreamClient, type UpstreamClientOptions} from '../../src/core/radius/client.ts'
import {findAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {dumpAttributes} from '../../src/core/radius/dump.ts'
import {Secret} from '../../src/core/secret.ts'
import {realWorld} from '../../src/core/world.ts'
import {type FreeRadius, freeradiusSecret, receiveKey, sendKey, startFreeRadius} from '../support/freeradius.ts'
import {needsProgram} from '../support/needs-program.ts'
import {RecordingLog} from '../support/recording-log.ts'
import {UdpPeer} from '../support/udp-peer.ts'

const never = new AbortController().signal
let server: FreeRadius | undefined

type Setup = {
  readonly ports: (server: FreeRadius) => readonly number[]
  readonly client?: Partial<UpstreamClientOptions>
  readonly primary?: Partial<RadiusPrimaryOptions>
}

/** A primary that asks the given ports; undefined, and the test skipped, where FreeRADIUS is missing. */
async function open(t: TestContext, {ports, client: more = {}, primary = {}}: Setup) {
  if (!needsProgram(t, 'freeradius', 'freeradius')) return undefined
  server ??= await startFreeRadius()
  const log = new RecordingLog()
  const client = new UpstreamClient(
    {
      section: 'radius_client',
      servers: ports(server).map((port) => ({host: '127.0.0.1', port})),
      secret: new Secret(freeradiusSecret),
      retries: 3,
      retryWaitMs: 1000,
      requireMessageAuthenticator: 'auto',
      ...more,
    },
    {world: realWorld, log},
  )
  const radius = new RadiusPrimary(
    client,
    {nasIp: undefined, passwordCodec: 'utf-8', passThrough: 'all', ...primary},
    log,
  )
  t.after(() => radius.close())
  return {radius, client, log, server}
}

after(() => server?.stop())

function login(userName: string, password: string, more: Partial<PrimaryRequest> = {}): PrimaryRequest {
  return {
    userName,
    credentials: {kind: 'password', password: new Secret(password)},
    clientAddress: undefined,
    forwarded: [],
    resume: undefined,
    ...more,
  }
}

const strict = ({strictPort}: FreeRadius) => [strictPort]

test('the right password is accepted and every attribute kept', async (t) => {
  const upstream = await open(t, {ports: strict})
  if (upstream === undefined) return
  const result = await upstream.radius.authenticate(login('jdoe', 'right-not-real'), never)
  assert.ok(result.kind === 'accept')
  assert.equal(result.message, 'Welcome')
  assert.deepEqual(dumpAttributes(result.attributes).sort(), [
    'Cisco-AVPair = ip:addr-pool=vpn',
    'Cisco-AVPair = shell:priv-lvl=15',
    'Class = 0x00ff',
    'Class = 0x7374616666',
    'Filter-Id = vpn',
    'Fortinet-Group-Name = vpn-users',
    'Framed-IP-Address = 192.0.2.33',
    'Juniper-Local-User-Name = remote',
    'PaloAlto-User-Group = staff',
    'Reply-Message = Welcome',
    'Tunnel-Private-Group-Id:1 = 42',
    'Tunnel-Type:1 = VLAN',
  ])
})

test('only the named attributes are kept where some are named', async (t) => {
  const upstream = await open(t, {ports: strict, primary: {passThrough: ['Class', 'Juniper-Local-User-Name']}})
  if (upstream === undefined) return
  const result = await upstream.radius.authenticate(login('jdoe', 'right-not-real'), never)
  assert.ok(result.kind === 'accept')
  assert.deepEqual(dumpAttributes(result.attributes), [
    'Class = 0x7374616666',
    'Class = 0x00ff',
    'Juniper-Local-User-Name = remote',
  ])
})

test('a password beyond ASCII arrives, and a wrong one is rejected', async (t) => {
  const upstream = await open(t, {ports: strict})
  if (upstream === undefined) return
  const {radius} = upstream
  assert.equal((await radius.authenticate(login('jörg', 'pässwörd-€'), never)).kind, 'accept')
  const wrong = await radius.authenticate(login('jörg', 'passwort'), never)
  assert.ok(wrong.kind === 'reject')
  assert.deepEqual([wrong.reason, wrong.message], ['rejected', 'No reply message in packet'])
})

test('the text of a reject is the message', async (t) => {
  const upstream = await open(t, {ports: strict})
  if (upstream === undefined) return
  const result = await upstream.radius.authenticate(login('refused', 'right-not-real'), never)
  assert.ok(result.kind === 'reject')
  assert.equal(result.message, 'Your account is closed')
})

test('the server sees the address of the user and of the proxy, and what the NAS sent', async (t) => {
  const upstream = await open(t, {ports: strict, primary: {passThrough: ['Filter-Id']}})
  if (upstream === undefined) return
  const forwarded = [{type: 32, value: Buffer.from('vpn.example.com')}]
  const request = login('echo', 'right-not-real', {clientAddress: '192.0.2.7', forwarded})
  const result = await upstream.radius.authenticate(request, never)
  assert.ok(result.kind === 'accept')
  assert.deepEqual(dumpAttributes(result.attributes), ['Filter-Id = 192.0.2.7|127.0.0.1|vpn.example.com|echo'])
})

test('a challenge is relayed with its State, once', async (t) => {
  const upstream = await open(t, {ports: strict, primary: {passThrough: ['Class']}})
  if (upstream === undefined) return
  const {radius} = upstream
  const challenge = await radius.authenticate(login('otp', 'right-not-real'), never)
  assert.ok(challenge.kind === 'challenge')
  assert.deepEqual(challenge.messages, ['Enter the code', 'of your token'])
  assert.deepEqual(dumpAttributes(challenge.attributes), ['Prompt = No-Echo'])
  const {resume} = challenge
  const accepted = await radius.authenticate(login('otp', '123456', {resume}), never)
  assert.ok(accepted.kind === 'accept')
  assert.deepEqual(dumpAttributes(accepted.attributes), ['Class = 0x6f7470'])
  assert.equal((await radius.authenticate(login('otp', '123456', {resume}), never)).kind, 'reject')
  const again = await radius.authenticate(login('otp', 'right-not-real'), never)
  assert.ok(again.kind === 'challenge')
  const wrong = await radius.authenticate(login('otp', '000000', {resume: again.resume}), never)
  assert.ok(wrong.kind === 'reject')
  assert.equal(wrong.message, 'That is not the code')
})

test('the answer to a challenge goes to the server that asked, not to the first one', async (t) => {
  const upstream = await open(t, {ports: ({silentPort, strictPort}) => [silentPort, strictPort]})
  if (upstream === undefined) return
  const {radius} = upstream
  const challenge = await radius.authenticate(login('otp', 'right-not-real'), never)
  assert.ok(challenge.kind === 'challenge')
  const accepted = await radius.authenticate(login('otp', '123456', {resume: challenge.resume}), never)
  assert.equal(accepted.kind, 'accept')
})

test('keys that FreeRADIUS hides are revealed', async (t) => {
  const upstream = await open(t, {ports: strict})
  if (upstream === undefined) return
  const result = await upstream.radius.authenticate(login('keys', 'right-not-real'), never)
  assert.ok(result.kind === 'accept')
  const value = (name: string) => findAttribute(result.attributes, name)?.value
  assert.deepEqual(value('MS-MPPE-Send-Key'), sendKey)
  assert.deepEqual(value('MS-MPPE-Recv-Key'), receiveKey)
  assert.deepEqual(value('Tunnel-Password'), Buffer.concat([Buffer.from([3]), Buffer.from('tunnel-not-real')]))
})

test('a server that signs no reply is taken with no and auto, not with yes', async (t) => {
  for (const [requireMessageAuthenticator, kind] of [
    ['no', 'accept'],
    ['auto', 'accept'],
    ['yes', 'unavailable'],
  ] as const) {
    const upstream = await open(t, {
      ports: ({laxPort}) => [laxPort],
      client: {requireMessageAuthenticator, retries: kind === 'unavailable' ? 0 : 3},
    })
    if (upstream === undefined) return
    const result = await upstream.radius.authenticate(login('jdoe', 'right-not-real'), never)
    assert.equal(result.kind, kind, requireMessageAuthenticator)
    const dropped = upstream.log.of('upstream.discarded').map(({reason}) => reason)
    assert.deepEqual(dropped, kind === 'unavailable' ? ['message-authenticator-absent'] : [])
  }
})

test('a dead first server costs the first login its wait, and the next goes to the second at once', async (t) => {
  const dead = await UdpPeer.open()
  t.after(() => dead.close())
  const upstream = await open(t, {ports: ({strictPort}) => [dead.endpoint.port, strictPort]})
  if (upstream === undefined) return
  const {radius, log} = upstream
  for (let round = 0; round < 3; round++) {
    assert.equal((await radius.authenticate(login('jdoe', 'right-not-real'), never)).kind, 'accept')
  }
  const ports = log.of('upstream.sent').map(({server: name}) => Number(String(name).split(':')[1]))
  const {strictPort} = upstream.server
  assert.deepEqual(ports, [dead.endpoint.port, strictPort, strictPort, strictPort])
})

test('a server that answers probes and no login costs two logins their wait, then none for a while', async (t) => {
  const upstream = await open(t, {
    ports: ({silentPort, strictPort}) => [silentPort, strictPort],
    client: {retryWaitMs: 300},
  })
  if (upstream === undefined) return
  const {radius, client, log} = upstream
  const sentToSilent = () =>
    log.of('upstream.sent').filter(({server: n}) => String(n).endsWith(`:${upstream.server.silentPort}`))
  for (let round = 0; round < 2; round++) {
    while (client.servers[0]?.state !== 'alive') await new Promise(setImmediate)
    assert.equal((await radius.authenticate(login('jdoe', 'right-not-real'), never)).kind, 'accept')
  }
  for (let round = 0; round < 3; round++) {
    assert.equal((await radius.authenticate(login('jdoe', 'right-not-real'), never)).kind, 'accept')
  }
  assert.equal(sentToSilent().length, 2)
  assert.equal(client.servers[0]?.state, 'zombie')
})

test('a server that is there answers a probe', async (t) => {
  const upstream = await open(t, {ports: strict})
  if (upstream === undefined) return
  const port = upstream.server.strictPort
  assert.equal((await upstream.client.probe({host: '127.0.0.1', port}, never)).kind, 'reply')
})

test('with another secret there is no answer, and the words that are searched for', async (t) => {
  const secret = new Secret('other-secret-not-real')
  const upstream = await open(t, {ports: strict, client: {secret, retries: 0}})
  if (upstream === undefined) return
  assert.deepEqual(await upstream.radius.authenticate(login('jdoe', 'right-not-real'), never), {
    kind: 'unavailable',
    message: 'Error performing primary authentication: RADIUS auth request timed out',
  })
})
