import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {createServer, type Server, type Socket} from 'node:net'
import {dirname} from 'node:path'
import {text} from 'node:stream/consumers'
import {type TestContext, test} from 'node:test'
import {createServer as createTlsServer} from 'node:tls'
import {fileURLToPath} from 'node:url'
import {backOffMs, readRetryAfter} from '../../src/core/duo/retry-after.ts'
import type {DuoSecondFactorOptions} from '../../src/core/duo/second-factor.ts'
import {Fault} from '../../src/core/fault.ts'
import type {Preauth} from '../../src/core/login/second-factor.ts'
import {Secret} from '../../src/core/secret.ts'
import {createCertificateAuthority, EXPIRED} from '../../src/core/simulate/certificates.ts'
import {type CloudFault, type DuoCloudOptions, startDuoCloud} from '../../src/core/simulate/duo-cloud.ts'
import {type ConnectProxyOptions, startConnectProxy} from '../../src/core/simulate/duo-cloud-proxy.ts'
import {realWorld} from '../../src/core/world.ts'
import {expire, never, preauthOf, request, settle, startLab, until, writeCaFile} from './support.ts'

const html = {'Content-Type': 'text/html'}

// Every row of the fail-mode table (decisions: fail mode), as an answer of the cloud to preauth.
const rows: readonly [string, CloudFault, 'unavailable' | 'refused'][] = [
  ['503', {kind: 'fail', code: 50302}, 'unavailable'],
  ['500 without JSON', {kind: 'answer', status: 500, headers: html, body: '<html>'}, 'unavailable'],
  ['no answer', {kind: 'hang'}, 'unavailable'],
  ['a broken connection', {kind: 'reset'}, 'unavailable'],
  ['an answer cut in the middle', {kind: 'cut'}, 'unavailable'],
  ['JSON without stat', {kind: 'answer', status: 200, body: '{}'}, 'unavailable'],
  ['no result', {kind: 'answer', status: 200, body: '{"stat":"OK","response":{}}'}, 'unavailable'],
  ['unknown result', {kind: 'answer', status: 200, body: '{"stat":"OK","response":{"result":"maybe"}}'}, 'unavailable'],
  [
    'no prompt, no devices',
    {kind: 'answer', status: 200, body: '{"stat":"OK","response":{"result":"auth"}}'},
    'unavailable',
  ],
  ['bad keys', {kind: 'fail', code: 40103}, 'refused'],
  ['bad request', {kind: 'fail', code: 40002}, 'refused'],
  ['too many requests, too long a wait', {kind: 'fail', code: 42901, retryAfter: '60'}, 'refused'],
  ['403 of something else', {kind: 'answer', status: 403, headers: html, body: '<html>blocked'}, 'refused'],
  ['200 without JSON', {kind: 'answer', status: 200, headers: html, body: '<html>Welcome'}, 'refused'],
  ['more than Duo ever says', {kind: 'answer', status: 200, body: `"${'x'.repeat(1_100_000)}"`}, 'refused'],
]

for (const [name, fault, expected] of rows) {
  test(`preauth answered with ${name}: ${expected}`, async (t) => {
    const {world, cloud, factor} = await startLab(t)
    cloud.fail('*', fault, Number.POSITIVE_INFINITY)
    const preauth = factor.preauth(preauthOf('jdoe'), never)
    const told = fault.kind === 'hang' ? expire(world, preauth, () => cloud.calls.length > 0, 10_000) : preauth
    assert.equal((await told).kind, expected)
  })
}

test('a redirect is refused and never followed', async (t) => {
  const {cloud, factor} = await startLab(t)
  const location = `https://localhost:${cloud.port}/rest/v1/preauth`
  for (const status of [301, 302, 303, 307, 308]) {
    cloud.fail('/auth/v2/preauth', {kind: 'answer', status, headers: {Location: location}})
    assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'refused')
  }
  assert.equal(cloud.calls.length, 5)
})

test('a name that does not resolve, a port that nobody listens on: unavailable', async (t) => {
  const {cloud, factor, another} = await startLab(t)
  // No name has a label of more than 63 octets, so nobody is asked (RFC 1035 2.3.4).
  const unresolved = await another({apiHost: `${'x'.repeat(64)}.example`}).ping(never)
  assert.equal(unresolved.kind === 'unavailable' ? unresolved.reason : unresolved.kind, 'dns')
  await cloud.close()
  const gone = await factor.ping(never)
  assert.equal(gone.kind === 'unavailable' ? gone.reason : gone.kind, 'network')
})

/** A server on a free port that ends with the test. */
async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('whoever speaks no HTTP, behind TLS or as the proxy, is not Duo: unavailable', async (t) => {
  const {another, cloud} = await startLab(t)
  const garble = (socket: Socket) => socket.on('error', () => {}).end('\x00\xff220 mail.example ESMTP\r\n\r\n')
  const identity = createCertificateAuthority()
  const behindTls = await listen(t, createTlsServer({...identity.issue(['localhost'])}, garble))
  const caFile = writeCaFile(t, identity.cert)
  const garbled = await another({apiPort: behindTls, caFile}).ping(never)
  assert.equal(garbled.kind === 'unavailable' ? garbled.reason : garbled.kind, 'network')

  const plain = await another({apiPort: await listen(t, createServer(garble))}).ping(never)
  assert.equal(plain.kind === 'unavailable' ? plain.reason : plain.kind, 'tls')

  const proxy = {
    host: '127.0.0.1',
    port: await listen(t, createServer(garble)),
    userName: undefined,
    password: undefined,
  }
  const tunnelled = await another({proxy}).ping(never)
  assert.equal(tunnelled.kind === 'unavailable' ? tunnelled.reason : tunnelled.kind, 'proxy')
  assert.equal(cloud.calls.length, 0)
})

test('a host that accepts and says nothing is given up at the deadline', async (t) => {
  let accepted = 0
  const server = createServer(() => {
    accepted++
  })
  const port = await listen(t, server)
  const {world, another} = await startLab(t)
  const silent = another({apiPort: port})
  const ping = await expire(world, silent.ping(never), () => accepted > 0, 10_000)
  assert.equal(ping.kind === 'unavailable' ? ping.reason : ping.kind, 'timeout')
  await silent.close()
})

test('a broken connection is tried once more for what may be repeated', async (t) => {
  const {cloud, factor} = await startLab(t)
  cloud.fail('/auth/v2/preauth', {kind: 'reset'})
  assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'choose')
  assert.equal(cloud.count('/auth/v2/preauth'), 2)
})

test('auth is sent once, whatever happens to its answer: never two pushes', async (t) => {
  for (const kind of ['reset', 'lost-answer', 'cut'] as const) {
    const {cloud, factor} = await startLab(t)
    cloud.fail('/auth/v2/auth', {kind})
    const start = await factor.begin(request('push1'), never)
    assert.equal(start.kind, 'unavailable')
    assert.equal(cloud.count('/auth/v2/auth'), 1)
    assert.equal(cloud.pushesStarted, kind === 'reset' ? 0 : 1)
  }
})

// What the factor step gets when Duo fails: never an allow.
for (const [name, fault, expected] of rows) {
  test(`auth answered with ${name}: ${expected}, never allow`, async (t) => {
    const {world, cloud, factor} = await startLab(t)
    cloud.fail('*', fault, Number.POSITIVE_INFINITY)
    const start = factor.begin(request('123456'), never)
    const told = fault.kind === 'hang' ? expire(world, start, () => cloud.calls.length > 0, 70_000) : start
    assert.equal((await told).kind, expected)
  })
}

test('429: waits as long as Retry-After or X-Retry-After asks, in seconds or until a date', async (t) => {
  const {world, cloud, factor, records} = await startLab(t)
  const at = (ms: number) => new Date(world.wallMs() + ms).toUTCString()
  for (const [header, retryAfter] of [
    ['Retry-After', '3'],
    ['X-Retry-After', '3'],
    ['Retry-After', at(3_000)],
  ] as const) {
    const startMs = world.monotonicMs()
    const before = cloud.count('/auth/v2/preauth')
    cloud.fail('/auth/v2/preauth', {
      kind: 'fail',
      code: 42901,
      header,
      retryAfter: retryAfter === '3' ? '3' : at(3_000),
    })
    assert.equal((await settle(world, factor.preauth(preauthOf('jdoe'), never))).kind, 'choose')
    assert.equal(world.monotonicMs() - startMs, 3_000)
    assert.equal(cloud.count('/auth/v2/preauth') - before, 2)
  }
  assert.equal(records.filter((record) => record.name === 'duo.rate-limited').length, 3)
})

test('429 without a wait: backs off 1, 2, 4 s and a random part, and gives up within the deadline', async (t) => {
  const {world, cloud, factor, records} = await startLab(t)
  cloud.fail('/auth/v2/preauth', {kind: 'fail', code: 42901}, Number.POSITIVE_INFINITY)
  const preauth = factor.preauth(preauthOf('jdoe'), never)
  // Each wait is told before it begins. What is left for the last try is no longer than a wait, and must not pass as one.
  for (let wait = 1; wait <= 3; wait++) {
    await until(() => records.filter(({name}) => name === 'duo.rate-limited').length === wait)
    world.passPause()
  }
  assert.equal((await preauth).kind, 'refused')
  assert.equal(cloud.count('/auth/v2/preauth'), 4)
  assert.equal(world.monotonicMs() < 10_000, true)
})

test('429 that asks for longer than the deadline is told at once', async (t) => {
  const {world, cloud, factor} = await startLab(t)
  cloud.fail('/auth/v2/preauth', {kind: 'fail', code: 42901, retryAfter: '11'})
  assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'refused')
  assert.equal(world.monotonicMs(), 0)
})

test('Retry-After: odd values count as none; a date in the past is now', () => {
  const nowMs = Date.UTC(2026, 0, 5)
  assert.equal(readRetryAfter({'retry-after': '7'}, nowMs), 7_000)
  assert.equal(readRetryAfter({'x-retry-after': new Date(nowMs + 9_000).toUTCString()}, nowMs), 9_000)
  assert.equal(readRetryAfter({'retry-after': new Date(nowMs - 9_000).toUTCString()}, nowMs), 0)
  for (const odd of ['', '-1', '1.5', 'soon', '99999999999']) {
    assert.equal(readRetryAfter({'retry-after': odd}, nowMs), undefined)
  }
  assert.equal(readRetryAfter({}, nowMs), undefined)
  assert.deepEqual(
    [0, 1, 5, 9].map((attempt) => backOffMs(attempt, 0.5)),
    [1_500, 2_500, 32_500, 32_500],
  )
})

test("a clock that is wrong: signed calls are dated by Duo's after one refusal, whichever way it is wrong", async (t) => {
  for (const offsetMs of [3_600_000, -3_600_000]) {
    const {cloud, factor, records} = await startLab(t)
    cloud.clockOffsetMs = offsetMs
    assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'choose')
    assert.equal((await factor.check(never)).kind, 'ok')
    assert.deepEqual(
      cloud.calls.map((call) => [call.path, call.status]),
      [
        ['/auth/v2/preauth', 401],
        ['/auth/v2/ping', 200],
        ['/auth/v2/preauth', 200],
        ['/auth/v2/check', 200],
      ],
    )
    const warned = records.find((record) => record.name === 'duo.clock-differs')
    assert.equal(warned?.fields.offsetMs, offsetMs)
  }
})

test("a jump of the system's clock does not matter once Duo's time is known", async (t) => {
  const {world, cloud, factor} = await startLab(t)
  assert.deepEqual(await factor.ping(never), {kind: 'ok', api: 'v2', latencyMs: 0, offsetMs: 0})
  world.jumpWallClock(-86_400_000)
  cloud.clockOffsetMs = 86_400_000
  assert.equal((await factor.check(never)).kind, 'ok')
  assert.equal(cloud.calls.length, 2)
})

test('a clock that stays wrong is refused after one try more, not in a loop', async (t) => {
  const {cloud, factor} = await startLab(t)
  cloud.fail('/auth/v2/preauth', {kind: 'fail', code: 40105}, Number.POSITIVE_INFINITY)
  assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'refused')
  assert.equal(cloud.count('/auth/v2/preauth'), 2)
})

test('ping tells the offset, check tells wrong keys from right ones', async (t) => {
  const {cloud, factor, another} = await startLab(t)
  cloud.clockOffsetMs = -90_000
  assert.deepEqual(await factor.ping(never), {kind: 'ok', api: 'v2', latencyMs: 0, offsetMs: -90_000})
  assert.equal((await factor.check(never)).kind, 'ok')
  for (const duoApi of ['v1', 'v2'] as const) {
    assert.equal((await another({duoApi}).check(never)).kind, 'ok')
    const wrongKey = await another({duoApi, skey: new Secret('another-test-skey')}).check(never)
    assert.equal(wrongKey.kind === 'refused' ? wrongKey.code : 0, 40103)
    const wrongIkey = await another({duoApi, ikey: 'DIANOTHER00000000000'}).check(never)
    assert.equal(wrongIkey.kind === 'refused' ? wrongIkey.code : 0, 40102)
  }
})

// TLS: whoever can break it can also cut the line, so a failure is "not reached" and never an answer.
const authority = createCertificateAuthority()
const tlsRows: readonly [string, Partial<DuoCloudOptions>][] = [
  ['an authority we do not trust', {identity: createCertificateAuthority().issue(['localhost'])}],
  ['another name', {identity: authority.issue(['elsewhere.example'])}],
  ['an expired certificate', {identity: authority.issue(['localhost'], {validity: EXPIRED})}],
  [
    'TLS 1.1',
    {
      identity: authority.issue(['localhost']),
      tls: {minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0'},
    },
  ],
]

for (const [name, cloudOptions] of tlsRows) {
  test(`TLS with ${name}: unavailable, and nothing was sent`, async (t) => {
    const {cloud, another} = await startLab(t, {cloud: cloudOptions, options: {caFile: undefined}})
    const factor = another({caFile: writeCaFile(t, authority.cert)})
    const ping = await factor.ping(never)
    assert.equal(ping.kind === 'unavailable' ? ping.reason : ping.kind, 'tls')
    assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'unavailable')
    assert.equal(cloud.calls.length, 0)
  })
}

test('a CA file replaces the trust store; without one the system decides', async (t) => {
  const {factor, another} = await startLab(t)
  assert.equal((await factor.ping(never)).kind, 'ok')
  const system = await another({caFile: undefined}).ping(never)
  assert.equal(system.kind === 'unavailable' ? system.reason : system.kind, 'tls')
})

test("the system's trust store is believed when there is no CA file", async (t) => {
  const cloud = await startDuoCloud({world: realWorld})
  t.after(() => cloud.close())
  const store = writeCaFile(t, cloud.caCert)
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('system-trust.ts', import.meta.url)), String(cloud.port)],
    {
      env: {SSL_CERT_FILE: store, SSL_CERT_DIR: dirname(store)},
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  assert.equal((await text(child.stdout)).trim(), 'ok')
})

test('a CA file that is not there or holds no certificate is a fault at the start', async (t) => {
  const {another} = await startLab(t)
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  for (const caFile of ['/nowhere/ca.pem', writeCaFile(t, 'no certificate'), writeCaFile(t, broken)]) {
    assert.throws(
      () => another({caFile}),
      (error) => error instanceof Fault && error.code === 'file-unreadable',
    )
  }
})

const proxyRows: readonly [string, ConnectProxyOptions, Partial<DuoSecondFactorOptions['proxy']>, string][] = [
  ['open to all', {}, {}, 'choose'],
  [
    'with credentials',
    {credentials: {userName: 'proxy user', password: 'test-pässword: not real'}},
    {userName: 'proxy user', password: new Secret('test-pässword: not real')},
    'choose',
  ],
  ['with wrong credentials', {credentials: {userName: 'a', password: 'b'}}, {userName: 'a'}, 'unavailable'],
  ['that wants credentials and gets none', {credentials: {userName: 'a', password: 'b'}}, {}, 'unavailable'],
  ['that forbids', {refuseWith: 403}, {}, 'unavailable'],
  ['that cannot reach Duo', {refuseWith: 502}, {}, 'unavailable'],
  ['that is silent', {refuseWith: 0}, {}, 'unavailable'],
]

for (const [name, proxyOptions, credentials, expected] of proxyRows) {
  test(`an HTTP proxy ${name}: ${expected}`, async (t) => {
    const proxy = await startConnectProxy(proxyOptions)
    t.after(() => proxy.close())
    const {world, cloud, another} = await startLab(t)
    const {host, port} = proxy
    const factor = another({proxy: {host, port, userName: undefined, password: undefined, ...credentials}})
    const asked = factor.preauth(preauthOf('jdoe'), never)
    const silent = proxyOptions.refuseWith === 0
    const preauth: Preauth = silent ? await expire(world, asked, () => proxy.tunnels.length > 0, 10_000) : await asked
    assert.equal(preauth.kind, expected)
    assert.equal(proxy.tunnels[0]?.target, `localhost:${cloud.port}`)
    if (expected === 'choose') {
      for (let at = 0; at < 5; at++) assert.equal((await factor.ping(never)).kind, 'ok')
      assert.equal(proxy.tunnels.length <= 2, true)
    }
    if (preauth.kind === 'unavailable' && proxy.tunnels[0]?.status === 407) assert.match(preauth.cause, /proxy.*407/)
    await factor.close()
  })
}

test('connections are kept, and pending pushes leave room for new logins', async (t) => {
  const {cloud, factor} = await startLab(t, {options: {connections: 3}})
  const ids: string[] = []
  for (let at = 0; at < 5; at++) {
    const start = await factor.begin(request('push1'), never)
    ids.push(start.kind === 'pending' ? start.transactionId : '')
  }
  const results = ids.map((id) => factor.result(id, never))
  await until(() => cloud.count('/auth/v2/auth_status') >= 5)
  assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'choose')
  for (const id of ids) cloud.phone.approve(id)
  const told = await Promise.all(results)
  assert.equal(
    told.every((result) => result.kind === 'allow'),
    true,
  )
})

test('a queue of our own is no outage: while Duo answers others, it lets nobody in by the fail mode', async (t) => {
  const {cloud, factor, world} = await startLab(t)
  const CONNECTIONS = 64
  const ask = () => factor.preauth({userName: 'jdoe', clientAddress: undefined}, never)
  assert.equal((await ask()).kind, 'choose')
  cloud.fail('/auth/v2/preauth', {kind: 'hang'}, Number.POSITIVE_INFINITY)
  const crowd = Array.from({length: CONNECTIONS + 6}, ask)
  while (cloud.calls.length < CONNECTIONS + 1) await new Promise(setImmediate)
  world.advance(10_000)
  const kinds = new Set((await Promise.all(crowd)).map(({kind}) => kind))
  assert.deepEqual([...kinds], ['refused'])

  world.advance(1000)
  const alone = ask()
  const known = cloud.calls.length
  while (cloud.calls.length === known) await new Promise(setImmediate)
  world.advance(10_000)
  assert.equal((await alone).kind, 'unavailable', 'one call that Duo leaves hanging is an outage')
})
