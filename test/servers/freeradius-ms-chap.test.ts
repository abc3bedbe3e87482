// CHAP and MS-CHAPv2 through the proxy, with FreeRADIUS as the server that checks them and radclient as a NAS: proofs and
// keys are made and read by code that is not ours on one side at least.
import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {text} from 'node:stream/consumers'
import {after, type TestContext, test} from 'node:test'
import type {LogRecord} from '../../src/core/log/log.ts'
import {findAttribute, openVendorAttributes} from '../../src/core/radius/dictionary-lookup.ts'
import {decodeValue} from '../../src/core/radius/dictionary-value.ts'
import {dumpAttributes} from '../../src/core/radius/dump.ts'
import {Secret} from '../../src/core/secret.ts'
import type {LoginMethod} from '../../src/core/simulate/credentials.ts'
import type {CloudUser} from '../../src/core/simulate/duo-cloud-users.ts'
import {mppeKeys} from '../../src/core/simulate/ms-chap2.ts'
import {MsChap2Login} from '../../src/core/simulate/ms-chap2-login.ts'
import {type LoginReport, Nas} from '../../src/core/simulate/nas.ts'
import {profiles} from '../../src/core/simulate/profiles.ts'
import {type Stack, startStack} from '../../src/core/simulate/stack.ts'
import {openUdpTransport} from '../../src/core/simulate/transport.ts'
import {realWorld} from '../../src/core/world.ts'
import {startProxy} from '../../src/embedded-proxy.ts'
import {expiredPassword} from '../support/domain-helper.ts'
import {type FreeRadius, freeradiusSecret, startFreeRadius} from '../support/freeradius.ts'
import {needsProgram} from '../support/needs-program.ts'

const secret = 'test-secret-not-real'
const password = 'right-not-real'
let server: FreeRadius | undefined
after(() => server?.stop())

type Site = {readonly port: number; readonly stack: Stack; readonly records: LogRecord[]; readonly server: FreeRadius}

const duoUser = (userName: string, more: Partial<CloudUser> = {}): CloudUser => ({
  userName,
  answer: 'approve',
  phones: [{mask: 'XXX-XXX-1234', capabilities: ['push']}],
  passcodes: ['123456'],
  passcodesLast: true,
  ...more,
})

/** A proxy in front of FreeRADIUS; undefined, and the test skipped, where that is missing. */
async function site(
  t: TestContext,
  mode: 'auto' | 'challenge',
  users: readonly CloudUser[] = ['jdoe', 'expired', 'nthash', 'hashed'].map((name) => duoUser(name)),
): Promise<Site | undefined> {
  if (!needsProgram(t, 'freeradius', 'freeradius')) return undefined
  server ??= await startFreeRadius()
  const port = await freePort()
  const records: LogRecord[] = []
  const upstream = {host: '127.0.0.1', port: `${server.strictPort}`, secret: freeradiusSecret}
  const stack = await startStack({
    startProxy,
    world: realWorld,
    hostWorld: realWorld,
    primary: {kind: 'radius', users: []},
    duo: {api: 'v2', users},
    nas: {network: '127.0.0.1', secret},
    port,
    changes: [
      {name: 'radius_client', options: new Map(Object.entries(upstream))},
      {name: `radius_server_${mode}`, options: new Map()},
    ],
    sink: {write: (record) => records.push(record), close: async () => {}},
  })
  t.after(() => stack.close())
  return {port, stack, records, server}
}

async function login(
  t: TestContext,
  {port}: Site,
  method: LoginMethod,
  [userName, typed, newPassword]: readonly [string, string, string?],
): Promise<LoginReport> {
  const nas = new Nas({
    world: realWorld,
    profile: profiles.fortinet,
    secret: new Secret(secret),
    method,
    address: '127.0.0.1',
    policy: {timeoutMs: 8000, retries: 0},
    servers: [() => openUdpTransport({address: '127.0.0.1', port})],
  })
  t.after(() => nas.close())
  return nas.login({
    userName,
    password: new Secret(typed),
    ...(newPassword === undefined ? {} : {newPassword: new Secret(newPassword)}),
    clientAddress: '198.51.100.7',
    extra: [],
    answer: async () => new Secret('123456'),
  })
}

function lastReply({rounds}: LoginReport) {
  const packet = rounds.at(-1)?.reply?.packet
  assert.ok(packet !== undefined)
  return packet
}

for (const mode of ['auto', 'challenge'] as const) {
  for (const method of ['pap', 'chap', 'mschapv2'] as const) {
    test(`${mode}, ${method}: the right password and Duo let in, a wrong one does not`, async (t) => {
      const here = await site(t, mode)
      if (here === undefined) return
      const report = await login(t, here, method, ['jdoe', password])
      assert.deepEqual([report.outcome, report.problem], ['accept', undefined])
      assert.equal(report.rounds.length, mode === 'auto' ? 1 : 2)
      assert.deepEqual((await login(t, here, method, ['jdoe', 'wrong'])).outcome, 'reject')
      assert.equal(here.stack.cloud.pushes.length, mode === 'auto' ? 1 : 0)
    })
  }
}

test('MS-CHAPv2: proof and keys of FreeRADIUS are right for the NAS, in either mode', async (t) => {
  for (const mode of ['auto', 'challenge'] as const) {
    const here = await site(t, mode)
    if (here === undefined) return
    // The NAS itself checks MS-CHAP2-Success and both keys (`problemOf`); here only that they are there.
    const packet = lastReply(await login(t, here, 'mschapv2', ['jdoe', password]))
    for (const name of ['MS-CHAP2-Success', 'MS-MPPE-Send-Key', 'MS-MPPE-Recv-Key', 'MS-MPPE-Encryption-Policy']) {
      assert.ok(findAttribute(packet.attributes, name) !== undefined, `${mode} ${name}`)
    }
  }
})

test('MS-CHAPv2 with a server that knows the NT hash alone', async (t) => {
  const here = await site(t, 'auto')
  if (here === undefined) return
  assert.deepEqual((await login(t, here, 'mschapv2', ['nthash', password])).outcome, 'accept')
  assert.deepEqual((await login(t, here, 'chap', ['nthash', password])).outcome, 'reject')
  assert.deepEqual((await login(t, here, 'pap', ['hashed', password])).outcome, 'accept')
  assert.deepEqual((await login(t, here, 'mschapv2', ['hashed', password])).outcome, 'reject')
})

test('an expired password is refused with 648, and changed behind Duo', async (t) => {
  for (const mode of ['auto', 'challenge'] as const) {
    const here = await site(t, mode)
    if (here === undefined) return
    here.server.expirePassword()
    const refused = lastReply(await login(t, here, 'mschapv2', ['expired', expiredPassword]))
    assert.match(errorText(refused.attributes), /^.E=648 R=[01] C=[0-9A-Fa-f]{32} V=3/s)
    assert.equal(here.stack.cloud.pushes.length, 0)

    const next = `new-${mode}-ä€-not-real`
    const wrong = await login(t, here, 'mschapv2', ['expired', 'wrong', next])
    assert.equal(wrong.outcome, 'reject')
    assert.match(errorText(lastReply(wrong).attributes), /^.E=691 /s)
    assert.equal(here.server.changedPassword(), undefined)

    const changed = await login(t, here, 'mschapv2', ['expired', expiredPassword, next])
    assert.deepEqual([changed.outcome, changed.problem], ['accept', undefined])
    assert.equal(here.server.changedPassword(), next)
    assert.equal(here.stack.cloud.pushes.length, mode === 'auto' ? 1 : 0)
    assert.equal((await login(t, here, 'mschapv2', ['expired', next])).outcome, 'accept')
    assert.equal((await login(t, here, 'mschapv2', ['expired', expiredPassword])).outcome, 'reject')
  }
})

test('somebody whom Duo turns away is not told that an expired password was right', async (t) => {
  const here = await site(t, 'auto', [duoUser('expired', {access: 'deny'})])
  if (here === undefined) return
  here.server.expirePassword()
  const refused = lastReply(await login(t, here, 'mschapv2', ['expired', expiredPassword]))
  assert.equal(errorText(refused.attributes), '\0E=691 R=0 V=3')
  const change = await login(t, here, 'mschapv2', ['expired', expiredPassword, 'never-not-real'])
  assert.equal(change.outcome, 'reject')
  assert.equal(here.server.changedPassword(), undefined)
})

test('radclient with CHAP', async (t) => {
  if (!needsProgram(t, 'radclient', 'freeradius-utils')) return
  const here = await site(t, 'auto')
  if (here === undefined) return
  const accepted = await radclient(here.port, ['User-Name=jdoe', `CHAP-Password=${password}`])
  assert.match(accepted, /Received Access-Accept/)
  assert.match(await radclient(here.port, ['User-Name=jdoe', 'CHAP-Password=wrong']), /Received Access-Reject/)
})

test('radclient with MS-CHAPv2 finds the keys that the password gives, and the proof', async (t) => {
  if (!needsProgram(t, 'radclient', 'freeradius-utils')) return
  const here = await site(t, 'auto')
  if (here === undefined) return
  const own = MsChap2Login.withPassword('jdoe', password, realWorld, 77)
  const [challenge, response] = openVendorAttributes(own.attributes).map(({value}) => value)
  assert.ok(challenge !== undefined && response !== undefined)
  const output = await radclient(here.port, [
    'User-Name=jdoe',
    `MS-CHAP-Challenge=0x${challenge.toString('hex')}`,
    `MS-CHAP2-Response=0x${response.toString('hex')}`,
  ])
  assert.match(output, /Received Access-Accept/)
  assert.match(output, /MS-CHAP2-Success = 0x4d533d[0-9a-f]{80}/)
  const keys = mppeKeys(password, response.subarray(26, 50))
  assert.match(output, new RegExp(`MS-MPPE-Send-Key = 0x${keys.send.toString('hex')}\\b`))
  assert.match(output, new RegExp(`MS-MPPE-Recv-Key = 0x${keys.receive.toString('hex')}\\b`))
  assert.match(output, /MS-MPPE-Encryption-Policy = Encryption-Required/)

  const wrong = await radclient(here.port, [
    'User-Name=jdoe',
    `MS-CHAP-Challenge=0x${challenge.toString('hex')}`,
    `MS-CHAP2-Response=0x${response.toString('hex').replace(/.{8}$/, '00000000')}`,
  ])
  assert.match(wrong, /Received Access-Reject/)
  assert.match(wrong, /MS-CHAP-Error = "ME=691 /)
})

test('nothing of a CHAP or MS-CHAPv2 login is logged that a password could be guessed from', async (t) => {
  const here = await site(t, 'auto')
  if (here === undefined) return
  const report = await login(t, here, 'mschapv2', ['jdoe', password])
  const [sent] = report.rounds
  const response = findAttribute(sent?.sent.attributes ?? [], 'MS-CHAP2-Response')
  assert.ok(response !== undefined)
  const logged = JSON.stringify(here.records)
  assert.ok(!logged.includes(response.value.toString('hex').slice(-32)) && !logged.includes(password))
  assert.ok(dumpAttributes(sent?.sent.attributes ?? []).every((line) => !line.includes(decodeValue(response))))
})

function errorText(attributes: Parameters<typeof findAttribute>[0]): string {
  return findAttribute(attributes, 'MS-CHAP-Error')?.value.toString('latin1') ?? ''
}

async function radclient(port: number, attributes: readonly string[]): Promise<string> {
  const args = ['-x', '-t', '8', '-r', '1', `127.0.0.1:${port}`, 'auth', secret]
  const child = spawn('radclient', args, {stdio: ['pipe', 'pipe', 'pipe']})
  child.stdin.end(`${[...attributes, 'Message-Authenticator=0x00'].join('\n')}\n`)
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return output + errors
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const {port} = socket.address()
  socket.close()
  return port
}
