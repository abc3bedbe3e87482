import assert from 'node:assert/strict'
import {createSocket, type Socket} from 'node:dgram'
import {once} from 'node:events'
import {after, test} from 'node:test'
import {Fault} from '../../src/core/fault.ts'
import {createLog, type LogRecord} from '../../src/core/log/log.ts'
import {ClientTable} from '../../src/core/radius/client-table.ts'
import {createRadiusCounters} from '../../src/core/radius/counters.ts'
import {DuplicateCache} from '../../src/core/radius/duplicate-cache.ts'
import {LatchMemory} from '../../src/core/radius/latch.ts'
import type {Endpoint} from '../../src/core/radius/packet.ts'
import {Receiver, type SendReply} from '../../src/core/radius/receiver.ts'
import {RequestPlaces} from '../../src/core/radius/request-places.ts'
import {listenUdp, type UdpServer, type UdpServerOptions} from '../../src/core/radius/server.ts'
import {encodeRequest} from '../../src/core/radius/sign.ts'
import {verifyReply} from '../../src/core/radius/verify.ts'
import {realWorld} from '../../src/core/world.ts'
import {attribute, client, encoded, testKey} from './support.ts'

const open: {close: () => unknown}[] = []
after(() => Promise.all(open.map((socket) => socket.close())))

const records: LogRecord[] = []
const log = createLog(realWorld, [{write: (record) => records.push(record), close: async () => {}}], {debug: true})
const echo: UdpServerOptions['receive'] = (datagram, _from, send) => send(datagram)

async function listen(options: Partial<UdpServerOptions>): Promise<UdpServer> {
  const server = await listenUdp({log, interface: '127.0.0.1', port: 0, receive: echo, ...options})
  open.push(server)
  return server
}

function socketOf(type: 'udp4' | 'udp6'): Socket {
  const socket = createSocket(type)
  open.push(socket)
  return socket
}

async function ask(
  socket: Socket,
  datagram: Buffer,
  {address, port}: Endpoint,
): Promise<{reply: Buffer; from: Endpoint}> {
  const answered = once(socket, 'message', {signal: AbortSignal.timeout(10_000)})
  socket.send(datagram, port, address)
  const [reply, from] = await answered
  assert.ok(Buffer.isBuffer(reply))
  return {reply, from}
}

function portOf(server: UdpServer): number {
  const [first] = server.sockets
  assert.ok(first)
  return first.port
}

test('a login over UDP: the reply comes from the socket that received the request', async () => {
  const counters = createRadiusCounters()
  const duplicates = new DuplicateCache(realWorld)
  const receiver = new Receiver({
    log,
    listener: 'test',
    clients: new ClientTable([client({network: '127.0.0.0/8'})]),
    duplicates,
    latches: new LatchMemory(realWorld),
    counters,
    service: async () => ({code: 3, attributes: [attribute(18, 'no')]}),
    answersStatus: () => true,
    places: new RequestPlaces(realWorld, {all: 10, newLogins: 10, newLoginsOfOne: 10}),
  })
  const server = await listen({receive: (datagram, from, send) => receiver.receive(datagram, from, send)})
  const port = portOf(server)
  const request = {code: 1, identifier: 77, authenticator: Buffer.alloc(16, 1), attributes: [attribute(1, 'jdoe')]}
  const datagram = encoded(encodeRequest(request, testKey, {messageAuthenticator: true}))
  const nas = socketOf('udp4')
  const {reply, from} = await ask(nas, datagram, {address: '127.0.0.1', port})
  assert.deepEqual({address: from.address, port: from.port}, {address: '127.0.0.1', port})
  assert.ok(verifyReply(reply, request, testKey).ok)
  const {reply: again} = await ask(nas, datagram, {address: '127.0.0.1', port})
  assert.deepEqual(again, reply)
  assert.deepEqual([counters.requests, counters.duplicatesAnswered], [1, 1])
  duplicates.close()
})

test('without an interface one port serves IPv4 and IPv6, each by a socket of its own', async () => {
  const seen: string[] = []
  const server = await listen({
    interface: undefined,
    receive: (datagram, from, send) => {
      seen.push(from.address)
      send(datagram)
    },
  })
  const port = portOf(server)
  const addresses = server.sockets.map(({address}) => address)
  await ask(socketOf('udp4'), Buffer.from('four'), {address: '127.0.0.1', port})
  assert.deepEqual(seen, ['127.0.0.1'])
  if (addresses.length === 1) {
    assert.ok(
      records.some(({name}) => name === 'radius.no-ipv6'),
      'one socket only without IPv6, and said so',
    )
    return
  }
  assert.deepEqual(addresses, ['0.0.0.0', '::'])
  assert.ok(server.sockets.every((socket) => socket.port === port))
  await ask(socketOf('udp6'), Buffer.from('six'), {address: '::1', port})
  assert.deepEqual(seen, ['127.0.0.1', '::1'])
})

test('the interface :: serves IPv4 too, whose addresses are told as such', async (t) => {
  const seen: string[] = []
  const receive = (datagram: Buffer, from: Endpoint, send: SendReply) => {
    seen.push(from.address)
    send(datagram)
  }
  let server: UdpServer
  try {
    server = await listen({interface: '::', receive})
  } catch (error) {
    assert.ok(error instanceof Fault && /EAFNOSUPPORT|EADDRNOTAVAIL/.test(error.message), String(error))
    return t.skip('this machine has no IPv6')
  }
  await ask(socketOf('udp4'), Buffer.from('four'), {address: '127.0.0.1', port: portOf(server)})
  assert.deepEqual(seen, ['127.0.0.1'])
})

test('the receive buffer is asked for and told', async () => {
  const server = await listen({})
  const [socket] = server.sockets
  assert.ok(socket)
  const plain = socketOf('udp4')
  plain.bind(0, '127.0.0.1')
  await once(plain, 'listening')
  assert.ok(socket.receiveBufferOctets >= plain.getRecvBufferSize())
  const {text} = records.findLast(({name}) => name === 'radius.listening') ?? {}
  assert.equal(
    text,
    `RADIUS server listens on 127.0.0.1:${socket.port} (receive buffer ${socket.receiveBufferOctets} octets)`,
  )
})

test('an address that is taken, or not of this machine, is a fault that says so', async () => {
  const server = await listen({})
  await assert.rejects(
    listen({port: portOf(server)}),
    faultMatching(/127\.0\.0\.1:\d+ \(EADDRINUSE\)/, /another process/),
  )
  await assert.rejects(listen({interface: '192.0.2.1'}), faultMatching(/EADDRNOTAVAIL/, /no interface/))
  const wildcard = await listen({interface: undefined})
  await assert.rejects(
    listen({interface: undefined, port: portOf(wildcard)}),
    faultMatching(/EADDRINUSE/, /another process/),
  )
})

test('after close nothing is received, and a late reply is dropped without harm', async () => {
  const late = Promise.withResolvers<SendReply>()
  const server = await listenUdp({log, interface: '127.0.0.1', port: 0, receive: (_d, _f, send) => late.resolve(send)})
  const nas = socketOf('udp4')
  nas.send(Buffer.from('ask'), portOf(server), '127.0.0.1')
  const send = await late.promise
  await server.close()
  send(Buffer.from('too late'))
  const next = await listen({port: portOf(server)})
  const {reply} = await ask(nas, Buffer.from('ask again'), {address: '127.0.0.1', port: portOf(next)})
  assert.equal(reply.toString(), 'ask again')
})

test('the largest datagram of UDP arrives whole, to be refused by the codec', async () => {
  const arrived = Promise.withResolvers<number>()
  const server = await listen({receive: (datagram) => arrived.resolve(datagram.length)})
  socketOf('udp4').send(Buffer.alloc(65_000), portOf(server), '127.0.0.1')
  assert.equal(await arrived.promise, 65_000)
})

function faultMatching(message: RegExp, hint: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Fault, String(error))
    assert.equal(error.code, 'bind-failed')
    assert.match(error.message, message)
    assert.match(error.hint, hint)
    return true
  }
}
