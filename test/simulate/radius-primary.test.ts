import assert from 'node:assert/strict'
import {type TestContext, test} from 'node:test'
import {packetCode} from '../../src/core/radius/packet.ts'
import {hidePassword} from '../../src/core/radius/password.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeRequest} from '../../src/core/radius/sign.ts'
import {verifyReply} from '../../src/core/radius/verify.ts'
import {Secret} from '../../src/core/secret.ts'
import {type FakePrimaryOptions, FakeRadiusPrimary} from '../../src/core/simulate/radius-primary.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {UdpPeer} from '../support/udp-peer.ts'

const secret = new Secret('upstream-secret-not-real')
const key = sharedKey(secret)
const users = new Map([['jdoe', {password: 'right-not-real'}]])

async function open(t: TestContext, options: Partial<FakePrimaryOptions> = {}) {
  const world = new ManualWorld()
  const server = await FakeRadiusPrimary.start({secret, users, ...options}, world)
  const nas = await UdpPeer.open()
  t.after(async () => {
    await nas.close()
    await server.close()
  })
  return {server, nas, world}
}

function request(password: string, options: {code?: number; identifier?: number; signed?: boolean} = {}) {
  const {code = packetCode.accessRequest, identifier = 1, signed = true} = options
  const authenticator = Buffer.alloc(16, identifier)
  const value = hidePassword(Buffer.from(password), authenticator, key)
  assert.ok(value)
  const attributes = [
    {type: 1, value: Buffer.from('jdoe')},
    {type: 2, value},
  ]
  const encoded = encodeRequest({code, identifier, authenticator, attributes}, key, {messageAuthenticator: signed})
  assert.ok(encoded.ok)
  return {datagram: encoded.datagram, identifier, authenticator}
}

test('it answers Accept and Reject, signed', async (t) => {
  const {server, nas} = await open(t)
  for (const [password, code] of [
    ['right-not-real', 2],
    ['wrong', 3],
  ] as const) {
    const asked = request(password, {identifier: code})
    await nas.send(asked.datagram, server.endpoint)
    const verified = verifyReply((await nas.next()).datagram, asked, key)
    assert.ok(verified.ok)
    assert.deepEqual([verified.packet.code, verified.messageAuthenticator], [code, 'valid'])
  }
})

test('a retransmission is not decided again, and gets the same octets once there is an answer', async (t) => {
  let decided = 0
  const {server, nas, world} = await open(t, {delayMs: 500, onExchange: () => decided++})
  const {datagram} = request('right-not-real')
  await nas.send(datagram, server.endpoint)
  await nas.send(datagram, server.endpoint)
  while (server.received < 2) await new Promise(setImmediate)
  assert.equal(nas.unread, 0)
  world.advance(500)
  const first = await nas.next()
  await nas.send(datagram, server.endpoint)
  assert.deepEqual((await nas.next()).datagram, first.datagram)
  assert.equal(decided, 1)
})

test('it can be silent, sign with another secret, and not sign at all', async (t) => {
  const {server, nas} = await open(t, {signReplies: false, mode: 'silent'})
  await nas.send(request('right-not-real', {identifier: 1}).datagram, server.endpoint)
  while (server.received < 1) await new Promise(setImmediate)
  server.mode = 'wrong-secret'
  const forged = request('right-not-real', {identifier: 2})
  await nas.send(forged.datagram, server.endpoint)
  const dropped = verifyReply((await nas.next()).datagram, forged, key)
  assert.ok(!dropped.ok)
  assert.equal(dropped.reason, 'bad-response-authenticator')
  server.mode = 'answer'
  const asked = request('right-not-real', {identifier: 3})
  await nas.send(asked.datagram, server.endpoint)
  const unsigned = verifyReply((await nas.next()).datagram, asked, key)
  assert.ok(unsigned.ok)
  assert.equal(unsigned.messageAuthenticator, 'absent')
})

test('it can demand a signature, and always does of Status-Server', async (t) => {
  const {server, nas} = await open(t, {demandSignature: true})
  await nas.send(request('right-not-real', {identifier: 1, signed: false}).datagram, server.endpoint)
  await nas.send(request('', {identifier: 2, signed: false, code: packetCode.statusServer}).datagram, server.endpoint)
  await nas.send(Buffer.from('not a packet'), server.endpoint)
  await nas.send(request('', {identifier: 3, code: packetCode.statusServer}).datagram, server.endpoint)
  assert.equal((await nas.next()).datagram[1], 3)
  assert.equal(server.received, 1)
})
