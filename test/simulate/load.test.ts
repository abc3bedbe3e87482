import assert from 'node:assert/strict'
import {test} from 'node:test'
import {Chalk} from 'chalk'
import fc from 'fast-check'
import {decodePacket} from '../../src/core/radius/codec.ts'
import {packetCode} from '../../src/core/radius/packet.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeReply} from '../../src/core/radius/sign.ts'
import {Secret} from '../../src/core/secret.ts'
import {faultyTransport} from '../../src/core/simulate/faulty-transport.ts'
import {LatencyHistogram, runLoad} from '../../src/core/simulate/load.ts'
import {Nas} from '../../src/core/simulate/nas.ts'
import {profiles} from '../../src/core/simulate/profiles.ts'
import type {Transport} from '../../src/core/simulate/transport.ts'
import {runManyLogins} from '../../src/simulate-run.ts'
import {loopbackServer} from '../support/loopback-transport.ts'
import {ManualWorld} from '../support/manual-world.ts'

const secret = new Secret('test-secret-not-real')

function accepting(code: number = packetCode.accessAccept) {
  return loopbackServer((datagram) => {
    const decoded = decodePacket(datagram)
    assert.ok(decoded.ok)
    const encoded = encodeReply({code, attributes: []}, decoded.packet, sharedKey(secret))
    assert.ok(encoded.ok)
    return encoded.datagram
  })
}

function nasFor(world: ManualWorld, transport: Transport, retries = 0): Nas {
  return new Nas({
    world,
    profile: profiles.ivanti,
    method: 'pap',
    secret,
    address: '192.0.2.10',
    policy: {timeoutMs: 1000, retries},
    servers: [async () => transport],
  })
}

const attempt = () => ({
  userName: 'jdoe',
  password: new Secret('test-password'),
  clientAddress: undefined,
  extra: [],
  answer: async () => undefined,
})
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
const never = new AbortController().signal

test('a load of logins is counted by outcome', async () => {
  const world = new ManualWorld()
  const server = accepting()
  let told = 0
  const plan = {count: 300, concurrency: 20, rate: undefined, attempt}
  const report = await runLoad(world, nasFor(world, server.transport), plan, (ended) => (told = ended), never)
  assert.equal(told, 300)
  assert.deepEqual(report.outcomes, {accept: 300, reject: 0, 'no-reply': 0, error: 0})
  assert.equal(report.requests, 300)
  assert.equal(report.retransmissions, 0)
  assert.equal(server.sent.length, 300)
})

test('a rate spreads the logins over time', async () => {
  const world = new ManualWorld()
  const server = accepting()
  const plan = {count: 10, concurrency: 10, rate: 5, attempt}
  const running = runLoad(world, nasFor(world, server.transport), plan, () => {}, never)
  await settled()
  assert.equal(server.sent.length, 1)
  world.advance(1000)
  await settled()
  assert.equal(server.sent.length, 6)
  world.advance(1000)
  const report = await running
  assert.equal(server.sent.length, 10)
  assert.equal(Math.round(report.elapsedMs), 2000)
})

test('an interrupted load ends with what it has', async () => {
  const world = new ManualWorld()
  const controller = new AbortController()
  const plan = {count: 100, concurrency: 2, rate: 1, attempt}
  const running = runLoad(world, nasFor(world, accepting().transport), plan, () => {}, controller.signal)
  await settled()
  world.advance(3000)
  await settled()
  controller.abort()
  const report = await running
  assert.ok(report.logins >= 3 && report.logins <= 6)
  assert.equal(world.pendingTimers, 0)
})

test('a network that drops everything gives no answer, one that drops nothing gives all', async () => {
  for (const drop of [0, 1]) {
    const world = new ManualWorld()
    const server = accepting()
    const transport = faultyTransport(server.transport, {drop, duplicate: 0, reorder: 0}, world)
    const login = nasFor(world, transport, 2).login(attempt())
    await settled()
    for (let send = 0; send < 3; send++) world.advance(1000)
    const {outcome, rounds} = await login
    assert.equal(outcome, drop === 1 ? 'no-reply' : 'accept')
    assert.equal(rounds[0]?.sends, drop === 1 ? 3 : 1)
    assert.equal(server.sent.length, drop === 1 ? 0 : 1)
  }
})

test('a network that doubles everything sends the same octets twice', async () => {
  const world = new ManualWorld()
  const server = accepting()
  const transport = faultyTransport(server.transport, {drop: 0, duplicate: 1, reorder: 0}, world)
  assert.equal((await nasFor(world, transport).login(attempt())).outcome, 'accept')
  assert.equal(server.sent.length, 2)
  assert.deepEqual(server.sent[0], server.sent[1])
})

test('a network that reorders holds a datagram back until others have passed', async () => {
  const world = new ManualWorld()
  const server = loopbackServer()
  const transport = faultyTransport(server.transport, {drop: 0, duplicate: 0, reorder: 1}, world)
  transport.send(Buffer.from('first'))
  assert.equal(server.sent.length, 0)
  world.advance(50)
  assert.equal(server.sent.length, 1)
})

test('percentiles are right within one percent', () => {
  fc.assert(
    fc.property(fc.array(fc.double({min: 0.02, max: 100_000, noNaN: true}), {minLength: 1}), (times) => {
      const histogram = new LatencyHistogram()
      for (const time of times) histogram.add(time)
      const sorted = times.toSorted((a, b) => a - b)
      const {p50, p90, p99, max} = histogram.percentiles()
      for (const [share, found] of [
        [0.5, p50],
        [0.9, p90],
        [0.99, p99],
      ] as const) {
        const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0
        assert.ok(found >= exact * 0.999 && found <= exact * 1.0101, `${found} for ${exact}`)
      }
      assert.equal(max, sorted.at(-1))
    }),
  )
})

test('no logins have no latency', () => {
  assert.deepEqual(new LatencyHistogram().percentiles(), {p50: 0, p90: 0, p99: 0, max: 0})
})

test('more pushes than logins are told, and are no success', async (t) => {
  const told: string[] = []
  t.mock.method(process.stderr, 'write', (text: string) => told.push(text) > 0)
  const exitCodes: unknown[] = []
  for (const pushes of [2, 3]) {
    const before = process.exitCode
    const nas = nasFor(new ManualWorld(), accepting().transport)
    const options = {paint: new Chalk({level: 0}), trace: false, print: () => {}, quiet: true, expected: []}
    await runManyLogins(nas, attempt(), {count: 2, concurrency: 1, rate: undefined}, options, () => pushes)
    exitCodes.push(process.exitCode)
    process.exitCode = before
  }
  assert.deepEqual(exitCodes, [0, 1])
  assert.deepEqual(told, ['3 pushes for 2 logins: somebody was asked twice\n'])
})
