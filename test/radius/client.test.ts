import assert from 'node:assert/strict'
import {type TestContext, test} from 'node:test'
import {setImmediate} from 'node:timers/promises'
import fc from 'fast-check'
import {LatchMemory} from '../../src/core/radius/latch.ts'
import {packetCode} from '../../src/core/radius/packet.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {checkMessageAuthenticator} from '../../src/core/radius/verify.ts'
import {Secret} from '../../src/core/secret.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {nextLogin, openUpstream, packetOf, replyTo, upstreamSecret} from '../support/radius-upstream.ts'
import {UdpPeer} from '../support/udp-peer.ts'

const request = {
  code: packetCode.accessRequest,
  attributes: () => [{type: 1, value: Buffer.from('jdoe')}],
}
const never = new AbortController().signal

async function open(t: TestContext, count: 1 | 2 | 3, options: Parameters<typeof openUpstream>[2] = {}) {
  const upstream = await openUpstream(t, count, options)
  const [first, second = first, third = first] = upstream.servers
  assert.ok(first && second && third)
  return {...upstream, first, second, third}
}

test('a request is signed first of all, and its reply is the answer', async (t) => {
  const {client, first, world} = await open(t, 1)
  const result = client.request(request, never)
  const received = await first.next()
  const packet = packetOf(received)
  assert.deepEqual(
    packet.attributes.map(({type}) => type),
    [80, 1],
  )
  assert.equal(checkMessageAuthenticator(received.datagram, packet, sharedKey(upstreamSecret)), 'valid')
  await first.send(replyTo(received, {attributes: [{type: 25, value: Buffer.from('staff')}]}), received.from)
  const answer = await result
  assert.equal(answer.kind, 'reply')
  assert.ok(answer.kind === 'reply')
  assert.equal(answer.packet.code, packetCode.accessAccept)
  assert.deepEqual(answer.server, {host: '127.0.0.1', port: first.endpoint.port, address: '127.0.0.1'})
  assert.equal(world.pendingTimers, 0)
})

test('the same datagram goes to the next server after each wait, around in a circle, retries + 1 times', async (t) => {
  const {client, first, second, third, world} = await open(t, 3)
  const result = client.request(request, never)
  const sent = []
  for (const server of [first, second, third, first]) {
    sent.push((await nextLogin(server)).datagram.toString('hex'))
    world.advance(2000)
  }
  assert.deepEqual(await result, {kind: 'timeout'})
  assert.equal(new Set(sent).size, 1)
  assert.equal(world.monotonicMs(), 8000)
})

test('without retries a request is sent once', async (t) => {
  const {client, first, world} = await open(t, 1, {retries: 0, retryWaitMs: 500})
  const result = client.request(request, never)
  await first.next()
  world.advance(500)
  assert.deepEqual(await result, {kind: 'timeout'})
})

test('a late reply of the first server is taken while the second is being asked', async (t) => {
  const {client, first, second, world} = await open(t, 2)
  const result = client.request(request, never)
  const early = await first.next()
  world.advance(2000)
  await second.next()
  await first.send(replyTo(early, {code: packetCode.accessReject}), early.from)
  const answer = await result
  assert.ok(answer.kind === 'reply')
  assert.equal(answer.packet.code, packetCode.accessReject)
  assert.equal(answer.server.port, first.endpoint.port)
})

test('a reply that is forged, from elsewhere or no answer is dropped, and the wait goes on', async (t) => {
  const {client, first, second, log} = await open(t, 2)
  const stranger = await UdpPeer.open()
  t.after(() => stranger.close())
  const result = client.request(request, never)
  const received = await first.next()
  const {from} = received
  const good = replyTo(received)
  await first.send(replyTo(received, {signer: sharedKey(new Secret('another-secret-not-real'))}), from)
  await first.send(replyTo(received, {code: packetCode.accountingResponse}), from)
  await first.send(good.subarray(0, 10), from)
  await first.send(Buffer.from([2]), from)
  await first.send(Buffer.concat([good.subarray(0, 1), Buffer.from([(good[1] ?? 0) ^ 1]), good.subarray(2)]), from)
  // The second server knows the secret, but was not asked; the stranger does not matter.
  await second.send(good, from)
  await stranger.send(good, from)
  await first.send(replyTo(received, {code: packetCode.accessReject}), from)
  const answer = await result
  assert.ok(answer.kind === 'reply')
  assert.equal(answer.packet.code, packetCode.accessReject)
  const reasons = log.of('upstream.discarded').map(({reason}) => reason)
  for (const reason of ['bad-response-authenticator', 'unexpected-code', 'too-short', 'unexpected']) {
    assert.ok(reasons.includes(reason), `${reason} in ${reasons}`)
  }
  assert.ok(!JSON.stringify(log.events).includes(upstreamSecret.reveal()))
})

test('no bit of a reply can be changed', async (t) => {
  const {client, first, log} = await open(t, 1)
  const result = client.request(request, never)
  const received = await first.next()
  const good = replyTo(received, {code: packetCode.accessReject, attributes: [{type: 18, value: Buffer.from('no')}]})
  let flips = 0
  for (let bit = 0; bit < good.length * 8; bit++) {
    const octet = Math.floor(bit / 8)
    // The identifier leads to another request, which the test before this one sees.
    if (octet === 1) continue
    const flipped = Buffer.from(good)
    flipped[octet] = (flipped[octet] ?? 0) ^ (1 << (bit % 8))
    await first.send(flipped, received.from)
    // Lets the client read, so that its socket's buffer does not overflow.
    await setImmediate()
    flips++
  }
  await first.send(good, received.from)
  const answer = await result
  assert.ok(answer.kind === 'reply')
  assert.equal(answer.packet.code, packetCode.accessReject)
  assert.equal(log.of('upstream.discarded').length, flips)
})

test('whatever octets come, the wait goes on to the true reply', async (t) => {
  const {client, first, log} = await open(t, 1)
  const result = client.request(request, never)
  const received = await first.next()
  const good = replyTo(received)
  const anything = fc.oneof(
    fc.uint8Array({maxLength: 200}).map((octets) => Buffer.from(octets)),
    // With the header of the true reply, so that more of it is read.
    fc.uint8Array({maxLength: 100}).map((octets) => Buffer.concat([good.subarray(0, 20), octets])),
  )
  for (const datagram of fc.sample(anything, 300)) {
    await first.send(datagram, received.from)
    await setImmediate()
  }
  await first.send(good, received.from)
  const answer = await result
  assert.ok(answer.kind === 'reply' && answer.packet.code === packetCode.accessAccept)
  assert.ok(log.of('upstream.discarded').length > 100)
})

test('a wrong Message-Authenticator is dropped even when the Response Authenticator is right', async (t) => {
  const {client, first, log} = await open(t, 1, {requireMessageAuthenticator: 'no'})
  const result = client.request(request, never)
  const received = await first.next()
  const forged = replyTo(received, {attributes: [{type: 80, value: Buffer.alloc(16)}], signed: false})
  const unsigned = Buffer.concat([forged, Buffer.from([80, 18]), Buffer.alloc(16, 7)])
  unsigned.writeUInt16BE(unsigned.length, 2)
  const key = sharedKey(upstreamSecret)
  key.responseAuthenticator(unsigned, unsigned.length, packetOf(received).authenticator, unsigned, 4)
  await first.send(unsigned, received.from)
  await first.send(replyTo(received, {code: packetCode.accessReject}), received.from)
  const answer = await result
  assert.ok(answer.kind === 'reply' && answer.packet.code === packetCode.accessReject)
  assert.deepEqual(
    log.of('upstream.discarded').map(({reason}) => reason),
    ['message-authenticator-wrong'],
  )
})

test('require_message_authenticator: no takes a reply without one, yes never, auto until the server has signed one', async (t) => {
  for (const [policy, unsignedTaken, afterSigned] of [
    ['no', true, true],
    ['yes', false, false],
    ['auto', true, false],
  ] as const) {
    const {client, first} = await open(t, 1, {requireMessageAuthenticator: policy})
    for (const [round, taken] of [unsignedTaken, undefined, afterSigned].entries()) {
      const result = client.request(request, never)
      const received = await first.next()
      // The unsigned accept comes first; the signed reject is taken only when it was dropped.
      if (taken !== undefined) await first.send(replyTo(received, {signed: false}), received.from)
      await first.send(replyTo(received, {code: packetCode.accessReject}), received.from)
      const answer = await result
      assert.ok(answer.kind === 'reply')
      const expected = taken === true ? packetCode.accessAccept : packetCode.accessReject
      assert.equal(answer.packet.code, expected, `${policy}, round ${round}`)
    }
  }
})

test('what a server has shown outlives the client, where the latches are kept', async (t) => {
  const latches = new LatchMemory(new ManualWorld())
  const before = await openUpstream(t, 1, {}, {latches})
  const [server] = before.servers
  assert.ok(server)
  const first = before.client.request(request, never)
  const asked = await server.next()
  await server.send(replyTo(asked), asked.from)
  await first
  assert.deepEqual(
    before.log.of('radius.latched').map(({address}) => address),
    ['127.0.0.1'],
  )
  await before.client.close()
  const {port} = server.endpoint
  const after = await openUpstream(t, 0, {servers: [{host: '127.0.0.1', port}]}, {latches})
  const second = after.client.request(request, never)
  const again = await server.next()
  await server.send(replyTo(again, {signed: false}), again.from)
  await server.send(replyTo(again, {code: packetCode.accessReject}), again.from)
  const answer = await second
  assert.ok(answer.kind === 'reply' && answer.packet.code === packetCode.accessReject)
})

test('the signal ends the wait at once and leaves nothing behind', async (t) => {
  const {client, first, world} = await open(t, 1)
  const controller = new AbortController()
  const result = client.request(request, controller.signal)
  await first.next()
  controller.abort()
  assert.deepEqual(await result, {kind: 'aborted'})
  assert.equal(world.pendingTimers, 0)
  assert.deepEqual(await client.request(request, controller.signal), {kind: 'aborted'})
})

test('close ends every wait', async (t) => {
  const {client, first} = await open(t, 1)
  const result = client.request(request, never)
  await first.next()
  await client.close()
  assert.deepEqual(await result, {kind: 'aborted'})
  assert.deepEqual(await client.request(request, never), {kind: 'aborted'})
})

test('attributes that fit no packet are told, not sent', async (t) => {
  const {client, first} = await open(t, 1)
  const tooLong = {...request, attributes: () => Array.from({length: 17}, () => ({type: 25, value: Buffer.alloc(253)}))}
  assert.deepEqual(await client.request(tooLong, never), {kind: 'too-long'})
  assert.equal(first.unread, 0)
})

test('more than 256 requests at a time use more source ports, each Identifier once on each', async (t) => {
  const {client, first} = await open(t, 1)
  const results = []
  const received = []
  // In portions, so that no socket's buffer overflows.
  for (let portion = 0; portion < 6; portion++) {
    for (let i = 0; i < 100; i++) results.push(client.request(request, never))
    for (let i = 0; i < 100; i++) received.push(await first.next())
  }
  const tickets = new Set(received.map((one) => `${one.from.port} ${packetOf(one).identifier}`))
  const ports = new Set(received.map(({from}) => from.port))
  for (const one of received) {
    await first.send(replyTo(one), one.from)
    await setImmediate()
  }
  const answers = await Promise.all(results)
  assert.ok(answers.every(({kind}) => kind === 'reply'))
  assert.deepEqual([tickets.size, ports.size], [600, 3])
})

test('when every identifier is out, some requests wait for one and the others are told at once', async (t) => {
  const {client} = await open(t, 1)
  const controller = new AbortController()
  const under = Array.from({length: 16 * 256}, () => client.request(request, controller.signal))
  const queued = Array.from({length: 256}, () => client.request(request, never))
  assert.deepEqual(await client.request(request, never), {kind: 'busy'})
  controller.abort()
  await Promise.all(under)
  // Those in the queue got the identifiers that came free: they wait for a reply now.
  await client.close()
  assert.deepEqual(new Set((await Promise.all(queued)).map(({kind}) => kind)), new Set(['aborted']))
})

test('a request that waits too long for an identifier is told that the client is busy', async (t) => {
  const {client, world} = await open(t, 1)
  const controller = new AbortController()
  const under = Array.from({length: 16 * 256}, () => client.request(request, controller.signal))
  const queued = client.request(request, never)
  // Its wait ends with the wait of those before it, but they are sent again.
  world.advance(2000)
  assert.deepEqual(await queued, {kind: 'busy'})
  controller.abort()
  await Promise.all(under)
})

test('a server on IPv6 is asked as well', async (t) => {
  const server = await UdpPeer.open('::1')
  t.after(() => server.close())
  const {client} = await openUpstream(t, 0, {servers: [{host: '0:0:0:0:0:0:0:1', port: server.endpoint.port}]})
  const result = client.request(request, never)
  const received = await server.next()
  await server.send(replyTo(received), received.from)
  const answer = await result
  assert.ok(answer.kind === 'reply')
  assert.equal(answer.server.address, '::1')
  assert.equal(await client.outboundAddress(never), '::1')
})

test('the address that requests leave from is known', async (t) => {
  const {client} = await open(t, 1)
  assert.equal(await client.outboundAddress(never), '127.0.0.1')
})
