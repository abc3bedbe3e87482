// Two proxies that share a real Redis: one push a login, hand-over, single use, and no login refused while it is away.
import assert from 'node:assert/strict'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import type {Decision} from '../../src/core/login/login.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import {SealedValues} from '../../src/core/login/sealed-value.ts'
import type {FactorResult, FactorStart} from '../../src/core/login/second-factor.ts'
import type {SharedRegister} from '../../src/core/login/shared-register.ts'
import {SharedStore} from '../../src/core/login/shared-store.ts'
import {createCertificateAuthority} from '../../src/core/simulate/certificates.ts'
import {openRedis} from '../../src/core/store/redis-register.ts'
import {parseStoreUrl} from '../../src/core/store/store-url.ts'
import {Doubles, deferred, Node, stateOf} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {RecordingLog} from '../support/recording-log.ts'
import {PASSWORD, startRedis} from '../support/redis.ts'
import {freePort, run, startServer} from '../support/server-process.ts'

const password = 'password-not-real'
const keys: [Buffer, ...Buffer[]] = [Buffer.alloc(32, 7)]

async function register(t: TestContext, url: string, ca?: string): Promise<SharedRegister> {
  const parsed = parseStoreUrl(url)
  assert.ok(parsed.ok)
  const opened = await openRedis(parsed.address, ca)
  t.after(() => opened.close())
  return opened
}

/** A proxy of its own on the shared register. */
async function node(t: TestContext, doubles: Doubles, url: string) {
  const world = new ManualWorld({seed: `${Math.random()}`})
  const log = new RecordingLog()
  const store = new SharedStore(
    new MemoryStore(world),
    await register(t, url),
    new SealedValues(keys, world),
    log,
    world,
  )
  return {node: new Node(doubles, {world, store, keys}), store, log}
}

const urlOf = (port: number) => `redis://:${PASSWORD}@127.0.0.1:${port}`

test('the same answer on both nodes is one push, and both get its decision', async (t) => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  t.after(() => redis.server.stop())
  const doubles = new Doubles()
  const gate = deferred<FactorResult>()
  doubles.result = () => gate.promise
  const [a, b] = [await node(t, doubles, urlOf(redis.port)), await node(t, doubles, urlOf(redis.port))]
  const state = stateOf(await a.node.decide({password}))
  const first = a.node.decide({password: '1', state})
  while (doubles.resultCalls.length < 1) await new Promise(setImmediate)
  const second = b.node.decide({password: '1', state})
  while (doubles.resultCalls.length < 2) await new Promise(setImmediate)
  const other = await b.node.decide({password: '2', state})
  assert.equal(other.reason, 'answer-differs')
  gate.resolve({kind: 'allow', message: 'Success.'})
  assert.deepEqual([(await first).kind, (await second).kind], ['accept', 'accept'])
  assert.equal(doubles.beginCalls.length, 1)
  assert.deepEqual(doubles.resultCalls, ['tx-1', 'tx-1'])
  for (const {node: each} of [a, b]) assert.equal((await each.decide({password: '1', state})).reason, 'state-used')
})

test('while one node has asked Duo and knows no transaction yet, the other stays silent, and later gives up', async (t) => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  t.after(() => redis.server.stop())
  const doubles = new Doubles()
  const started = deferred<FactorStart>()
  doubles.begin = () => started.promise
  const [a, b] = [await node(t, doubles, urlOf(redis.port)), await node(t, doubles, urlOf(redis.port))]
  const state = stateOf(await a.node.decide({password}))
  const first = a.node.decide({password: '1', state})
  while (doubles.beginCalls.length < 1) await new Promise(setImmediate)
  const silent = await b.node.decide({password: '1', state})
  assert.deepEqual([silent.kind, silent.reason], ['ignore', 'answered-elsewhere'])
  b.node.world.advance(16_000)
  const late = await b.node.decide({password: '1', state})
  assert.deepEqual([late.kind, late.reason], ['reject', 'intent-without-transaction'])
  assert.equal(doubles.beginCalls.length, 1)
  started.resolve({kind: 'allow', message: 'passcode fine'})
  await first
})

test('a node that died after the push hands it over: no second push', async (t) => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  t.after(() => redis.server.stop())
  const doubles = new Doubles()
  const hanging = deferred<FactorResult>()
  doubles.result = () => hanging.promise
  const [a, b] = [await node(t, doubles, urlOf(redis.port)), await node(t, doubles, urlOf(redis.port))]
  const state = stateOf(await a.node.decide({password}))
  const lost = a.node.decide({password: '1', state})
  while (doubles.resultCalls.length < 1) await new Promise(setImmediate)
  doubles.result = () => ({kind: 'allow', message: 'Success.'})
  assert.equal((await b.node.decide({password: '1', state})).kind, 'accept')
  assert.equal(doubles.beginCalls.length, 1)
  hanging.resolve({kind: 'deny', message: '', reason: 'other'})
  await lost
})

test('one pending push a user over all nodes; records are found by the other node', async (t) => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  t.after(() => redis.server.stop())
  const doubles = new Doubles()
  const big = Buffer.alloc(253, 0x41)
  doubles.primary = () => ({
    kind: 'accept',
    message: '',
    attributes: Array.from({length: 9}, () => ({type: 25, value: big})),
  })
  const gate = deferred<FactorResult>()
  doubles.result = () => gate.promise
  const [a, b] = [await node(t, doubles, urlOf(redis.port)), await node(t, doubles, urlOf(redis.port))]
  const [first, second] = [stateOf(await a.node.decide({password})), stateOf(await a.node.decide({password}))]
  const pending = b.node.decide({password: '1', state: first})
  while (doubles.resultCalls.length < 1) await new Promise(setImmediate)
  assert.equal((await a.node.decide({password: '1', state: second})).reason, 'push-pending-elsewhere')
  gate.resolve({kind: 'allow', message: 'Success.'})
  const accepted = await pending
  assert.equal(accepted.kind === 'accept' && accepted.attributes.length, 9)
  assert.equal((await a.node.decide({password: '1', state: stateOf(await a.node.decide({password}))})).kind, 'accept')
})

test('the same request again, at the node that did not decide it, gets the same answer; another one does not', async (t) => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  t.after(() => redis.server.stop())
  for (const result of [
    {kind: 'allow', message: 'Success.'},
    {kind: 'deny', message: 'No.', reason: 'denied'},
  ] as const) {
    const doubles = new Doubles()
    doubles.result = () => result
    const a = await node(t, doubles, urlOf(redis.port))
    const b = await node(t, doubles, urlOf(redis.port))
    const state = stateOf(await a.node.decide({password}))
    const request = {password: '1', state, request: 'identifier 7 and its authenticator'}
    const first: Decision = await a.node.decide(request)
    const again: Decision = await b.node.decide(request)
    assert.deepEqual({...again, repeated: undefined}, {...first, repeated: undefined})
    assert.equal(again.repeated, true, 'it is not logged a second time')
    for (const {node: each} of [a, b]) {
      assert.equal((await each.decide({...request, request: 'another'})).reason, 'state-used')
      assert.equal((await each.decide({...request, password: '2'})).kind, 'reject')
    }
    b.node.world.advance(131_000)
    assert.equal((await b.node.decide(request)).reason, 'state-used', 'only for as long as retransmissions come')
    assert.equal(doubles.beginCalls.length, 1)
  }
})

test('the store goes away: logins go on, it is said once, and it is used again when it is back', async (t) => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const doubles = new Doubles()
  const {node: proxy, log, store} = await node(t, doubles, urlOf(redis.port))
  const state = stateOf(await proxy.decide({password}))
  await redis.server.stop()
  assert.equal((await proxy.decide({password: '1', state})).kind, 'accept')
  assert.equal(
    (await proxy.decide({password: '1', state})).reason,
    'state-used',
    'single use on this node all the same',
  )
  assert.equal(log.of('state.store.away').length, 1)
  const again = await startRedis(t, {port: redis.port})
  t.after(() => again?.server.stop())
  while (store.isAway) {
    await new Promise(setImmediate)
    await store.getRecord('AAAAAAAAAAAAAAAA')
  }
  assert.equal(log.of('state.store.back').length, 1)
})

test('what stands in the store tells nothing, and what others write there lets nobody in', async (t) => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  t.after(() => redis.server.stop())
  const doubles = new Doubles()
  const gate = deferred<FactorResult>()
  doubles.result = () => gate.promise
  const {node: a} = await node(t, doubles, urlOf(redis.port))
  const state = stateOf(await a.decide({user: 'somebody-with-a-name', password}))
  const pending = a.decide({user: 'somebody-with-a-name', password: '1', state})
  while (doubles.resultCalls.length < 1) await new Promise(setImmediate)
  const cli = (...args: string[]) =>
    run('redis-cli', ['-p', `${redis.port}`, '-a', PASSWORD, '--no-auth-warning', ...args])
  const names = (await cli('keys', '*')).trim().split('\n')
  assert.equal(names.length, 3)
  for (const name of names) {
    const value = await cli('get', name)
    for (const secret of ['somebody', 'tx-1', password]) assert.ok(!`${name} ${value}`.includes(secret), secret)
  }
  // A forged transaction in the place of the real one is not believed: the login is not continued with it.
  const transaction = names.find((name) => name.startsWith('authproxy:t:')) ?? ''
  await cli('set', transaction, 'somebody else approved this one')
  const {node: b} = await node(t, doubles, urlOf(redis.port))
  b.world.advance(16_000)
  assert.equal((await b.decide({user: 'somebody-with-a-name', password: '1', state})).kind, 'reject')
  gate.resolve({kind: 'allow', message: 'Success.'})
  assert.equal((await pending).kind, 'accept')
})

test('TLS with an authority of its own; without it the store counts as away', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-redis-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  const authority = createCertificateAuthority()
  const identity = authority.issue(['127.0.0.1', 'localhost'])
  for (const [name, text] of Object.entries({
    'ca.pem': authority.cert,
    'cert.pem': identity.cert,
    'key.pem': identity.key,
  })) {
    writeFileSync(join(folder, name), text)
  }
  const tlsPort = await freePort('127.0.0.1')
  const files = [
    '--tls-cert-file',
    join(folder, 'cert.pem'),
    '--tls-key-file',
    join(folder, 'key.pem'),
    '--tls-ca-cert-file',
    join(folder, 'ca.pem'),
  ]
  const redis = await startRedis(t, {args: ['--tls-port', `${tlsPort}`, '--tls-auth-clients', 'no', ...files]})
  if (redis === undefined) return
  t.after(() => redis.server.stop())
  const url = `rediss://default:${PASSWORD}@127.0.0.1:${tlsPort}`
  const trusted = await register(t, url, authority.cert)
  assert.equal(await trusted.setIfAbsent('c:x', Buffer.from('1'), 5000), true)
  assert.equal(await trusted.setIfAbsent('c:x', Buffer.from('2'), 5000), false)
  const untrusted = await register(t, url)
  await assert.rejects(untrusted.get('c:x'))
})

test('a cluster, and a master found through sentinels', async (t) => {
  const cluster = await startRedis(t, {
    args: [
      '--cluster-enabled',
      'yes',
      '--cluster-announce-ip',
      '127.0.0.1',
      '--cluster-config-file',
      `/tmp/authproxy-nodes-${process.pid}.conf`,
    ],
  })
  if (cluster === undefined) return
  t.after(async () => {
    await cluster.server.stop()
    rmSync(`/tmp/authproxy-nodes-${process.pid}.conf`, {force: true})
  })
  const cli = (...args: string[]) =>
    run('redis-cli', ['-p', `${cluster.port}`, '-a', PASSWORD, '--no-auth-warning', ...args])
  await cli('cluster', 'addslotsrange', '0', '16383')
  while (!(await cli('cluster', 'info')).includes('cluster_state:ok')) await new Promise(setImmediate)
  const clustered = await register(t, `redis+cluster://:${PASSWORD}@127.0.0.1:${cluster.port}`)
  assert.equal(await clustered.setIfAbsent('c:x', Buffer.from('1'), 5000), true)
  assert.equal(await clustered.setIfAbsent('c:x', Buffer.from('2'), 5000), false)

  const master = await startRedis(t)
  if (master === undefined) return
  t.after(() => master.server.stop())
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-sentinel-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  const port = await freePort('127.0.0.1')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor logins 127.0.0.1 ${master.port} 1`,
    `sentinel auth-pass logins ${PASSWORD}`,
  ]
  writeFileSync(join(folder, 'sentinel.conf'), `${lines.join('\n')}\n`)
  const sentinel = await startServer('redis-server', [join(folder, 'sentinel.conf'), '--sentinel'], {
    host: '127.0.0.1',
    port,
  })
  t.after(() => sentinel.stop())
  const found = await register(t, `redis+sentinel://:${PASSWORD}@127.0.0.1:${port}/logins`)
  await found.set('c:y', Buffer.from('3'), 5000)
  assert.equal((await found.get('c:y'))?.toString(), '3')
})
