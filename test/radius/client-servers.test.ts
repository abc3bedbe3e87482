import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type ServerState, UpstreamServer, walkOrder} from '../../src/core/radius/client-servers.ts'
import {packetCode} from '../../src/core/radius/packet.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {nextLogin, openUpstream, packetOf, replyTo} from '../support/radius-upstream.ts'

const request = {code: packetCode.accessRequest, attributes: () => []}
const never = new AbortController().signal

function servers(world: ManualWorld, count: number): UpstreamServer[] {
  return Array.from(
    {length: count},
    (_, i) =>
      new UpstreamServer(
        {host: `192.0.2.${i + 1}`, port: 1812},
        async () => [],
        world,
        () => {},
      ),
  )
}

function states(all: readonly UpstreamServer[]): ServerState[] {
  return all.map(({state}) => state)
}

test('a server that does not answer becomes a zombie, and dead when its probes are not answered either', () => {
  const world = new ManualWorld()
  const [server] = servers(world, 1)
  assert.ok(server)
  server.loginUnanswered(world.monotonicMs())
  assert.equal(server.state, 'zombie')
  server.loginUnanswered(world.monotonicMs())
  assert.equal(server.state, 'zombie')
  server.probesUnanswered()
  assert.equal(server.state, 'dead')
  server.loginAnswered()
  assert.equal(server.state, 'alive')
})

test('a lost request counts for nothing when the server has answered another one since', () => {
  const world = new ManualWorld()
  const [server] = servers(world, 1)
  assert.ok(server)
  const sentMs = world.monotonicMs()
  world.advance(1000)
  server.loginAnswered()
  world.advance(1000)
  server.loginUnanswered(sentMs)
  assert.equal(server.state, 'alive')
})

test('a dead server that has never answered a probe gets a login after a minute, then more and more rarely', () => {
  const world = new ManualWorld()
  const [server] = servers(world, 1)
  assert.ok(server)
  server.loginUnanswered(0)
  server.probesUnanswered()
  for (const waitMs of [60_000, 120_000, 240_000, 480_000, 600_000, 600_000]) {
    world.advance(waitMs - 1)
    assert.equal(server.tryAgain(), false)
    world.advance(1)
    assert.equal(server.tryAgain(), true)
    assert.equal(server.state, 'alive')
    server.loginUnanswered(world.monotonicMs())
    assert.equal(server.state, 'dead')
  }
  // Started at last, it answers a probe: no reason to wait on.
  server.probeAnswered()
  assert.equal(server.state, 'alive')
})

test('a dead server that knows probes waits for one to be answered', () => {
  const world = new ManualWorld()
  const [server] = servers(world, 1)
  assert.ok(server)
  server.probeAnswered()
  server.loginUnanswered(world.monotonicMs())
  server.probesUnanswered()
  world.advance(3_600_000)
  assert.equal(server.tryAgain(), false)
  server.probeAnswered()
  assert.equal(server.state, 'alive')
})

test('a server that answers probes and no login gets one now and then, until it answers one', () => {
  const world = new ManualWorld()
  const [server] = servers(world, 1)
  assert.ok(server)
  server.loginUnanswered(world.monotonicMs())
  server.probeAnswered()
  assert.equal(server.state, 'alive')
  for (const waitMs of [60_000, 120_000]) {
    server.loginUnanswered(world.monotonicMs())
    assert.equal(server.state, 'zombie')
    world.advance(waitMs - 1)
    server.probeAnswered()
    assert.equal(server.state, 'zombie')
    world.advance(1)
    server.probeAnswered()
    assert.equal(server.state, 'alive')
  }
  server.loginAnswered()
  world.advance(1)
  server.loginUnanswered(world.monotonicMs())
  server.probeAnswered()
  assert.equal(server.state, 'alive')
})

test('logins that were under way when it fell silent count once', () => {
  const world = new ManualWorld()
  const [server] = servers(world, 1)
  assert.ok(server)
  world.advance(2000)
  server.loginUnanswered(0)
  world.advance(10)
  server.probeAnswered()
  server.loginUnanswered(1)
  assert.equal(server.state, 'alive')
})

test('the walk keeps the configured order, zombies last, the dead only when nobody is alive', () => {
  const world = new ManualWorld()
  const all = servers(world, 4)
  const [first, second, third, fourth] = all
  assert.ok(first && second && third && fourth)
  assert.deepEqual(walkOrder(all), all)
  first.loginUnanswered(0)
  assert.deepEqual(walkOrder(all), [second, third, fourth, first])
  second.loginUnanswered(0)
  second.probesUnanswered()
  assert.deepEqual(walkOrder(all), [third, fourth, first])
  third.loginUnanswered(0)
  fourth.loginUnanswered(0)
  fourth.probesUnanswered()
  assert.deepEqual(states(all), ['zombie', 'dead', 'zombie', 'dead'])
  assert.deepEqual(walkOrder(all), [first, third, second, fourth])
})

test('a dead first server costs one login its wait, not every login', async (t) => {
  const {client, servers, world, log} = await openUpstream(t, 2)
  const [first, second] = servers
  assert.ok(first && second)
  const slow = client.request(request, never)
  await nextLogin(first)
  world.advance(2000)
  const delayed = await nextLogin(second)
  await second.send(replyTo(delayed), delayed.from)
  assert.equal((await slow).kind, 'reply')
  for (let i = 0; i < 5; i++) {
    const quick = client.request(request, never)
    const received = await nextLogin(second)
    await second.send(replyTo(received), received.from)
    assert.equal((await quick).kind, 'reply')
  }
  assert.equal(world.monotonicMs(), 2000)
  assert.deepEqual(
    log.of('upstream.server_state').map(({from, to}) => `${from} ${to}`),
    ['alive zombie'],
  )
  assert.deepEqual(
    client.servers.map(({state}) => state),
    ['zombie', 'alive'],
  )
})

test('a probe that is answered brings the server back to its place', async (t) => {
  const {client, servers, world} = await openUpstream(t, 2)
  const [first, second] = servers
  assert.ok(first && second)
  const slow = client.request(request, never)
  await nextLogin(first)
  world.advance(2000)
  const probe = await first.next()
  assert.equal(packetOf(probe).code, packetCode.statusServer)
  assert.equal(packetOf(probe).attributes[0]?.type, 80)
  await first.send(replyTo(probe), probe.from)
  const delayed = await nextLogin(second)
  await second.send(replyTo(delayed), delayed.from)
  await slow
  while (client.servers[0]?.state !== 'alive') await new Promise(setImmediate)
  const quick = client.request(request, never)
  const received = await nextLogin(first)
  await first.send(replyTo(received), received.from)
  assert.equal((await quick).kind, 'reply')
  assert.equal(world.pendingTimers, 0)
})

test('three probes without an answer make it dead; a minute later a login may try it, as it may not know probes', async (t) => {
  const {client, servers, world, log} = await openUpstream(t, 2)
  const [first, second] = servers
  assert.ok(first && second)
  const slow = client.request(request, never)
  await nextLogin(first)
  world.advance(2000)
  const delayed = await nextLogin(second)
  await second.send(replyTo(delayed), delayed.from)
  await slow
  for (let seconds = 0; client.servers[0]?.state !== 'alive'; seconds++) {
    assert.ok(seconds < 200, 'the server got no trial')
    world.advance(1000)
    await new Promise(setImmediate)
  }
  assert.ok(world.monotonicMs() > 60_000)
  assert.deepEqual(
    log.of('upstream.server_state').map(({from, to}) => `${from} ${to}`),
    ['alive zombie', 'zombie dead', 'dead alive'],
  )
  while (first.unread > 0) assert.equal(packetOf(await first.next()).code, packetCode.statusServer)
  const trial = client.request(request, never)
  await nextLogin(first)
  world.advance(2000)
  const again = await nextLogin(second)
  await second.send(replyTo(again), again.from)
  assert.equal((await trial).kind, 'reply')
  assert.equal(client.servers[0]?.state, 'dead')
})

test('a probe on request says whether the server answers it', async (t) => {
  const {client, servers, world} = await openUpstream(t, 1)
  const [server] = servers
  assert.ok(server)
  const {address: host, port} = server.endpoint
  const answered = client.probe({host, port}, never)
  const received = await server.next()
  await server.send(replyTo(received), received.from)
  assert.equal((await answered).kind, 'reply')
  const unanswered = client.probe({host, port}, never)
  await server.next()
  world.advance(2000)
  assert.deepEqual(await unanswered, {kind: 'timeout'})
  assert.deepEqual(await client.probe({host, port: port + 1}, never), {kind: 'unresolved'})
})
