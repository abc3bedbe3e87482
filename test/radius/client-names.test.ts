import assert from 'node:assert/strict'
import {test} from 'node:test'
import {HostAddresses, type Lookup} from '../../src/core/radius/client-names.ts'
import {packetCode} from '../../src/core/radius/packet.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {nextLogin, openUpstream, replyTo} from '../support/radius-upstream.ts'
import {UdpPeer} from '../support/udp-peer.ts'

const request = {code: packetCode.accessRequest, attributes: () => []}
const never = new AbortController().signal

/** A name server of the test: answers are changed while it runs. */
function names(answers: Record<string, readonly string[] | 'fails' | 'hangs'>): {lookup: Lookup; asked: string[]} {
  const asked: string[] = []
  const lookup: Lookup = async (host) => {
    asked.push(host)
    const answer = answers[host] ?? 'fails'
    if (answer === 'hangs') return new Promise(() => {})
    if (answer === 'fails') throw new Error('no such name')
    return answer
  }
  return {lookup, asked}
}

test('a literal address never asks, and is compared in one spelling', async () => {
  const {lookup, asked} = names({})
  const world = new ManualWorld()
  assert.deepEqual(await new HostAddresses('192.0.2.1', lookup, world).current(), ['192.0.2.1'])
  assert.deepEqual(await new HostAddresses('2001:DB8:0::1', lookup, world).current(), ['2001:db8::1'])
  assert.deepEqual(await new HostAddresses('fe80::1%eth0', lookup, world).current(), ['fe80::1%eth0'])
  assert.deepEqual(asked, [])
})

test('a name is asked for once a minute, and its old addresses serve meanwhile', async () => {
  const answers: Record<string, readonly string[] | 'fails'> = {'radius.example.com': ['192.0.2.1', 'nonsense']}
  const {lookup, asked} = names(answers)
  const world = new ManualWorld()
  const host = new HostAddresses('radius.example.com', lookup, world)
  const both = await Promise.all([host.current(), host.current()])
  assert.deepEqual(both, [['192.0.2.1'], ['192.0.2.1']])
  assert.equal(asked.length, 1)
  answers['radius.example.com'] = ['192.0.2.2']
  world.advance(59_999)
  assert.deepEqual(await host.current(), ['192.0.2.1'])
  assert.equal(asked.length, 1)
  world.advance(1)
  assert.deepEqual(await host.current(), ['192.0.2.1'])
  assert.equal(asked.length, 2)
  assert.deepEqual(await host.current(), ['192.0.2.2'])
  answers['radius.example.com'] = 'fails'
  world.advance(60_000)
  await host.current()
  assert.deepEqual(await host.current(), ['192.0.2.2'])
})

test('a name that does not resolve is asked for again after five seconds, not by every login', async () => {
  const answers: Record<string, readonly string[] | 'fails'> = {}
  const {lookup, asked} = names(answers)
  const world = new ManualWorld()
  const host = new HostAddresses('radius.example.com', lookup, world)
  assert.deepEqual(await host.current(), [])
  assert.deepEqual(await host.current(), [])
  assert.equal(asked.length, 1)
  answers['radius.example.com'] = ['192.0.2.1']
  world.advance(5_000)
  assert.deepEqual(await host.current(), ['192.0.2.1'])
})

test('a server is asked by its name, and a host that does not resolve is passed over', async (t) => {
  const server = await UdpPeer.open()
  t.after(() => server.close())
  const {port} = server.endpoint
  const {lookup} = names({'b.example.com': ['127.0.0.1']})
  const servers = [
    {host: 'a.example.com', port},
    {host: 'b.example.com', port},
  ]
  const {client, world} = await openUpstream(t, 0, {servers}, {lookup})
  const result = client.request(request, never)
  const received = await nextLogin(server)
  assert.equal(world.monotonicMs(), 0)
  await server.send(replyTo(received), received.from)
  const answer = await result
  assert.ok(answer.kind === 'reply')
  assert.deepEqual(answer.server, {host: 'b.example.com', port, address: '127.0.0.1'})
})

test('when no name resolves the login is told so at once', async (t) => {
  const {lookup} = names({})
  const {client} = await openUpstream(t, 0, {servers: [{host: 'a.example.com', port: 1812}]}, {lookup})
  assert.deepEqual(await client.request(request, never), {kind: 'unresolved'})
  assert.equal(await client.outboundAddress(never), undefined)
})

test('a name server that hangs holds the walk up no longer than a RADIUS server would', async (t) => {
  const {lookup} = names({'a.example.com': 'hangs'})
  const server = await UdpPeer.open()
  t.after(() => server.close())
  const servers = [
    {host: 'a.example.com', port: 1812},
    {host: '127.0.0.1', port: server.endpoint.port},
  ]
  const {client, world} = await openUpstream(t, 0, {servers}, {lookup})
  const result = client.request(request, never)
  while (world.pendingTimers === 0) await Promise.resolve()
  // The wait for an identifier ended already; what is left is the wait for the name.
  await Promise.resolve()
  world.advance(2000)
  const received = await nextLogin(server)
  await server.send(replyTo(received), received.from)
  assert.equal((await result).kind, 'reply')
})

test('of several addresses the next one is used after a turn without an answer', async (t) => {
  const server = await UdpPeer.open()
  t.after(() => server.close())
  const {lookup} = names({'farm.example.com': ['127.0.0.2', '127.0.0.1']})
  const servers = [{host: 'farm.example.com', port: server.endpoint.port}]
  const {client, world} = await openUpstream(t, 0, {servers}, {lookup, trace: (_, {address}) => sent.push(address)})
  const sent: string[] = []
  const result = client.request(request, never)
  while (sent.length === 0) await Promise.resolve()
  world.advance(2000)
  const received = await nextLogin(server)
  assert.deepEqual(sent, ['127.0.0.2', '127.0.0.1'])
  await server.send(replyTo(received), received.from)
  assert.equal((await result).kind, 'reply')
})

test('a request for one server goes there alone, every time it is sent', async (t) => {
  const {client, servers, world} = await openUpstream(t, 2)
  const [first, second] = servers
  assert.ok(first && second)
  const {port} = second.endpoint
  const result = client.request(request, never, {host: '127.0.0.1', port, address: '127.0.0.1'})
  for (let i = 0; i < 4; i++) {
    await nextLogin(second)
    world.advance(2000)
  }
  assert.deepEqual(await result, {kind: 'timeout'})
  assert.equal(first.unread, 0)
})

test('a server that is not configured any more, or has moved, is not asked', async (t) => {
  const {lookup} = names({'radius.example.com': ['127.0.0.1']})
  const servers = [{host: 'radius.example.com', port: 1812}]
  const {client} = await openUpstream(t, 0, {servers}, {lookup})
  for (const other of [
    {host: 'old.example.com', port: 1812, address: '127.0.0.1'},
    {host: 'radius.example.com', port: 1645, address: '127.0.0.1'},
    {host: 'radius.example.com', port: 1812, address: '127.0.0.9'},
  ]) {
    assert.deepEqual(await client.request(request, never, other), {kind: 'unresolved'})
  }
})
