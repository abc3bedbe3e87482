import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {createLog, type LogRecord} from '../../src/core/log/log.ts'
import {ClientTable, type RadiusClient} from '../../src/core/radius/client-table.ts'
import {createRadiusCounters} from '../../src/core/radius/counters.ts'
import {DuplicateCache} from '../../src/core/radius/duplicate-cache.ts'
import {LatchMemory} from '../../src/core/radius/latch.ts'
import {type Attribute, type Packet, packetCode} from '../../src/core/radius/packet.ts'
import {Receiver} from '../../src/core/radius/receiver.ts'
import {type PendingLimits, RequestPlaces} from '../../src/core/radius/request-places.ts'
import type {ServedRequest, Service, ServiceReply} from '../../src/core/radius/served-request.ts'
import type {SharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeRequest} from '../../src/core/radius/sign.ts'
import {verifyReply} from '../../src/core/radius/verify.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {attribute, client, encoded, exchange, hex, octets, otherKey, testKey} from './support.ts'

const {accessRequest, accessAccept, accessReject, accessChallenge, accountingRequest, statusServer} = packetCode
const nas = {address: '192.0.2.1', port: 40_000}
const user = attribute(1, 'jdoe')
const proxyState = attribute(33, 'hop')
const password = attribute(2, Buffer.alloc(16, 0x50))
const accept: ServiceReply = {code: accessAccept, attributes: [attribute(25, 'class')]}
const reject: ServiceReply = {code: accessReject, attributes: [attribute(18, 'no')]}

test('a request goes to the service with its client, and its reply back to the NAS', async () => {
  const {receiver, receive, served, sent, counters} = stack()
  const datagram = request({attributes: [user, proxyState]})
  receive(datagram)
  await receiver.idle()
  assert.equal(served.length, 1)
  assert.equal(served[0]?.client.section, 'radius_server_challenge')
  assert.equal(served[0]?.messageAuthenticator, 'valid')
  assert.equal(served[0]?.listener, '0.0.0.0:1812')
  assert.deepEqual(served[0]?.from, nas)
  const reply = verifyReply(only(sent), packetOf({attributes: [user, proxyState]}), testKey)
  assert.ok(reply.ok)
  assert.equal(reply.packet.code, accessAccept)
  assert.equal(reply.messageAuthenticator, 'valid')
  assert.deepEqual(reply.packet.attributes.slice(1), [attribute(25, 'class'), proxyState])
  assert.deepEqual([counters.received, counters.requests, counters.accepts], [1, 1, 1])
})

test("what turns out to be nobody's login is written of five times a minute for each address, and counted each time", async () => {
  const {receiver, receive, records, counters} = stack({service: async () => ({...reject, unread: true})})
  for (const address of ['192.0.2.1', '192.0.2.2']) {
    for (let port = 1024; port < 1224; port++) receive(request({identifier: port & 255}), {address, port})
  }
  await receiver.idle()
  const written = (name: string) => records.filter((record) => record.name === name).length
  assert.deepEqual([written('radius.request.received'), written('radius.reply.sent')], [10, 10])
  assert.deepEqual([counters.requests, counters.rejects], [400, 400])
})

test('the log keeps the phrases that others search for', async () => {
  const service: Service = async ({identified}) => {
    identified?.({loginId: '0123456789ab', from: '192.0.2.1:40000', identifier: 9, userName: 'jdoe'})
    return accept
  }
  const {receiver, receive, texts} = stack({service})
  receive(request({identifier: 9}))
  receive(request({identifier: 9}))
  await receiver.idle()
  receive(request({identifier: 9}))
  receive(Buffer.from('nonsense'))
  const seen = texts()
  assert.match(seen[0] ?? '', /^Received new request id 9 from \('192\.0\.2\.1', 40000\)/)
  assert.match(seen[1] ?? '', /must from now on/)
  assert.match(seen[2] ?? '', /^Received duplicate request.*being worked on$/)
  assert.equal(seen[3], 'Returning response code 2: AccessAccept')
  assert.match(seen[4] ?? '', /must from now on|limit_proxy_state/)
  assert.match(seen[5] ?? '', /^Received duplicate request.*it was answered/)
  assert.equal(seen[6], 'dropping packet from 192.0.2.1:40000 - malformed at offset 8 (too-short)')
})

test('a retransmission is silent while the first is worked on, then gets the same octets', async () => {
  const {receiver, receive, served, sent, counters, world} = stack()
  receive(request({}))
  receive(request({}))
  assert.equal(sent.length, 0)
  await receiver.idle()
  assert.equal(sent.length, 1)
  receive(request({}))
  assert.deepEqual(sent[1], sent[0])
  assert.equal(served.length, 1)
  assert.deepEqual([counters.duplicatesPending, counters.duplicatesAnswered], [1, 1])
  world.advance(70_001)
  receive(request({}))
  await receiver.idle()
  assert.equal(served.length, 2)
})

test('retransmissions are logged as part of the login they belong to, once it is known', async () => {
  const login = {loginId: '0123456789ab', from: '192.0.2.1:40000', identifier: 1, userName: 'jdoe'}
  let decide = () => {}
  const decided = new Promise<void>((resolve) => {
    decide = resolve
  })
  const {receiver, receive, records} = stack({
    service: async ({identified}) => {
      await Promise.resolve()
      identified?.(login)
      await decided
      return {...accept, login}
    },
  })
  receive(request({}))
  receive(request({}))
  await new Promise(setImmediate)
  receive(request({}))
  decide()
  await receiver.idle()
  receive(request({}))
  const duplicates = records.filter(({name}) => name === 'radius.duplicate')
  assert.deepEqual(
    duplicates.map((record) => record.login),
    [undefined, login, login],
  )
  const sent = records.find(({name}) => name === 'radius.reply.sent')
  assert.equal(JSON.stringify(sent?.fields.attributes), JSON.stringify(['Class = 0x636c617373']))
})

test('another authenticator with the same Identifier is a new request', async () => {
  const {receiver, receive, served} = stack()
  receive(request({}))
  receive(request({authenticator: Buffer.alloc(16, 2)}))
  await receiver.idle()
  assert.equal(served.length, 2)
})

test('a service that decides on silence is asked once', async () => {
  const {receiver, receive, served, sent, counters} = stack({service: async () => 'silent'})
  receive(request({}))
  await receiver.idle()
  receive(request({}))
  await receiver.idle()
  assert.deepEqual([served.length, sent.length, counters.silent], [1, 0, 1])
})

test('an exception is one log line, and the NAS may try again', async () => {
  let calls = 0
  const service: Service = async () => {
    calls++
    if (calls === 1) throw new TypeError('a bug')
    return accept
  }
  const {receiver, receive, sent, counters, records} = stack({service})
  receive(request({}))
  await receiver.idle()
  assert.equal(sent.length, 0)
  assert.equal(counters.bugs, 1)
  const bug = records.find(({name}) => name === 'proxy.bug')
  assert.match(bug?.text ?? '', /TypeError: a bug/)
  receive(request({}))
  await receiver.idle()
  assert.equal(sent.length, 1)
})

test('an exception before the first await ends the same way', async () => {
  const {receiver, receive, counters} = stack({
    service: () => {
      throw new TypeError('a bug')
    },
  })
  receive(request({}))
  await receiver.idle()
  assert.deepEqual([counters.bugs, receiver.pending], [1, 0])
})

test('above the bound new requests are shed, and those in work are answered', async () => {
  const gate = Promise.withResolvers<ServiceReply>()
  const {receiver, receive, served, sent, counters, texts} = stack({service: () => gate.promise, limits: {all: 2}})
  for (const identifier of [1, 2, 3, 4]) receive(request({identifier}))
  receive(request({identifier: 1}))
  assert.equal(served.length, 2)
  assert.equal(counters.discarded.overloaded, 2)
  assert.equal(counters.duplicatesPending, 1)
  assert.ok(texts().some((text) => text.endsWith('2 requests are in work, no more are taken')))
  gate.resolve(accept)
  await receiver.idle()
  assert.equal(sent.length, 2)
  receive(request({identifier: 3}))
  await receiver.idle()
  assert.equal(served.length, 3)
})

test('new logins are shed before answers to challenges are', async () => {
  const gate = Promise.withResolvers<ServiceReply>()
  const {receiver, receive, served, counters, texts} = stack({
    service: () => gate.promise,
    limits: {all: 4, newLogins: 2},
  })
  const answer = (identifier: number) => request({identifier, attributes: [user, attribute(24, 'state')]})
  for (const identifier of [1, 2, 3]) receive(request({identifier}))
  assert.deepEqual([served.length, counters.discarded.overloaded], [2, 1])
  assert.ok(texts().some((text) => text.endsWith('2 new logins are in work, no more are taken')))
  for (const identifier of [4, 5, 6]) receive(answer(identifier))
  assert.deepEqual([served.length, counters.discarded.overloaded], [4, 2])
  assert.equal(receiver.pending, 4)
  gate.resolve(accept)
  await receiver.idle()
  receive(request({identifier: 7}))
  assert.equal(served.length, 5)
})

test('a gateway that begins too many logins a second is cut short, and its answers to challenges are not', async () => {
  const {receiver, receive, served, counters, texts, world} = stack({client: {loginsPerSecond: 1}})
  for (let identifier = 0; identifier < 20; identifier++) receive(request({identifier}))
  assert.deepEqual([served.length, counters.discarded.overloaded], [10, 10])
  assert.ok(texts().some((text) => text.endsWith('this address begins more than 1 logins a second, no more are taken')))
  receive(request({identifier: 20, attributes: [user, attribute(24, 'state')]}))
  receive(request({identifier: 21}), {...nas, address: '192.0.2.2'})
  assert.equal(served.length, 12)
  await receiver.idle()
  world.advance(1000)
  receive(request({identifier: 19}))
  assert.equal(served.length, 13)
})

test('what comes again octet for octet is no new login; the same login under a new Identifier is one', async () => {
  const {receiver, receive, served, counters} = stack({client: {loginsPerSecond: 1}})
  const first = request({identifier: 0})
  for (let times = 0; times < 20; times++) receive(first)
  for (let identifier = 1; identifier < 11; identifier++) receive(request({identifier}))
  assert.deepEqual([served.length, counters.discarded.overloaded], [10, 1])
  await receiver.idle()
})

test('a gateway gone wild leaves room for the others', async () => {
  const gate = Promise.withResolvers<ServiceReply>()
  const {receiver, receive, served, texts} = stack({service: () => gate.promise, limits: {newLoginsOfOne: 2}})
  for (const identifier of [1, 2, 3]) receive(request({identifier}))
  assert.equal(served.length, 2)
  assert.ok(texts().some((text) => text.endsWith('2 new logins of this address are in work, no more are taken')))
  receive(request({identifier: 4}), {...nas, address: '192.0.2.2'})
  assert.equal(served.length, 3)
  gate.resolve(accept)
  await receiver.idle()
  for (const identifier of [5, 6]) receive(request({identifier}))
  assert.equal(served.length, 5)
})

test('an unknown source is named in the log and gets nothing', () => {
  const {receive, sent, counters, texts} = stack()
  receive(request({}), {address: '198.51.100.9', port: 5})
  assert.equal(counters.discarded['unknown-source'], 1)
  assert.deepEqual(texts(), ['dropping packet from 198.51.100.9:5 - no client has this address'])
  assert.equal(sent.length, 0)
})

test('codes that are not served are discarded before their authenticity is looked at', () => {
  const {receive, counters} = stack({client: {requireMessageAuthenticator: 'yes'}})
  for (const code of [0, accessAccept, accountingRequest, 13, 40, 43, 255]) {
    receive(request({code, key: otherKey}))
    receive(request({code, messageAuthenticator: false}))
  }
  assert.equal(counters.discarded['code-not-served'], 14)
})

test('another secret or a forgery is told apart from a missing Message-Authenticator', () => {
  const {receive, counters, texts} = stack({client: {requireMessageAuthenticator: 'yes'}})
  receive(request({key: otherKey}))
  receive(request({messageAuthenticator: false}))
  receive(request({messageAuthenticator: false, attributes: [attribute(80, Buffer.alloc(3))]}))
  receive(request({attributes: [attribute(80, Buffer.alloc(16))]}))
  assert.equal(counters.discarded.forged, 1)
  assert.equal(counters.discarded['missing-message-authenticator'], 1)
  assert.equal(counters.discarded['bad-message-authenticator'], 2)
  assert.deepEqual(
    texts().map((text) => text.replace(/^.* - /, '')),
    [
      'bad shared secret or forged: Message-Authenticator does not verify',
      'missing Message-Authenticator, which this client must send (require_message_authenticator = yes)',
      'Message-Authenticator has not 16 octets',
      'more than one Message-Authenticator',
    ],
  )
})

test('a forged request does not touch what is remembered of the real one', async () => {
  const gate = Promise.withResolvers<ServiceReply>()
  const {receiver, receive, served, sent, counters} = stack({service: () => gate.promise})
  receive(request({}))
  receive(request({key: otherKey}))
  receive(request({}))
  assert.equal(counters.duplicatesPending, 1)
  gate.resolve(accept)
  await receiver.idle()
  assert.deepEqual([served.length, sent.length], [1, 1])
})

test('Status-Server can be left unanswered while logins cannot work, and is answered again after it', () => {
  let ready = false
  const {receive, sent, counters} = stack({answersStatus: () => ready})
  receive(request({code: statusServer, attributes: []}))
  assert.deepEqual([sent.length, counters.discarded['not-ready']], [0, 1])
  ready = true
  receive(request({code: statusServer, attributes: []}))
  assert.deepEqual([sent.length, counters.statusServer], [1, 1])
})

test('Status-Server of RFC 5997 is answered without the service, each time', async () => {
  const {receiver, receive, served, sent, counters} = stack({client: {requireMessageAuthenticator: 'no'}})
  const datagram = request({code: statusServer, attributes: []})
  receive(datagram)
  receive(datagram)
  await receiver.idle()
  assert.deepEqual([served.length, sent.length, counters.statusServer], [0, 2, 2])
  const reply = verifyReply(sent[0] ?? Buffer.alloc(0), packetOf({code: statusServer}), testKey)
  assert.ok(reply.ok)
  assert.equal(reply.packet.code, accessAccept)
  receive(request({code: statusServer, messageAuthenticator: false}))
  receive(hex(exchange('RFC 5997 6.1').request))
  assert.equal(counters.discarded['missing-message-authenticator'], 1)
  assert.equal(counters.discarded.forged, 1)
  assert.equal(sent.length, 2)
})

test('EAP-Message without Message-Authenticator is discarded whatever the policy', () => {
  const {receive, counters} = stack({client: {requireMessageAuthenticator: 'no', limitProxyState: 'no'}})
  receive(request({messageAuthenticator: false, attributes: [attribute(79, 'eap')]}))
  assert.equal(counters.discarded['missing-message-authenticator'], 1)
})

test('auto asks an address for Message-Authenticator once it has sent a valid one', async () => {
  const {receiver, receive, served, counters, latches} = stack()
  receive(request({identifier: 1, messageAuthenticator: false}))
  receive(request({identifier: 2, code: statusServer}))
  receive(request({identifier: 3, attributes: [attribute(79, 'eap')]}))
  receive(request({identifier: 4, key: otherKey}))
  await receiver.idle()
  assert.equal(served.length, 2)
  assert.equal(latches.has('message-authenticator', nas.address), false)
  receive(request({identifier: 5}))
  receive(request({identifier: 6, messageAuthenticator: false}))
  receive(request({identifier: 7, messageAuthenticator: false}), {...nas, address: '192.0.2.2'})
  await receiver.idle()
  assert.equal(counters.discarded['missing-message-authenticator'], 1)
  assert.equal(served.length, 4)
  latches.clear(nas.address)
  receive(request({identifier: 8, messageAuthenticator: false}))
  await receiver.idle()
  assert.equal(served.length, 5)
})

test('once the address is latched no flip of a bit of a signed request is served', async () => {
  const {receiver, receive, served, sent, counters} = stack()
  const signed = request({attributes: [user, password, proxyState]})
  receive(signed)
  await receiver.idle()
  const [before, answered] = [served.length, sent.length]
  for (const bit of bitsOf(signed)) receive(withFlipped(signed, bit))
  await receiver.idle()
  assert.deepEqual([served.length - before, sent.length - answered], [0, 0])
  const discarded = Object.values(counters.discarded).reduce((sum, count) => sum + count, 0)
  assert.equal(discarded, signed.length * 8, 'none is taken for a retransmission either')
  assert.equal(counters.discarded['missing-message-authenticator'], 8)
})

test('before the latch auto serves those flips that leave an unsigned request: the type octet of the Message-Authenticator', async () => {
  const signed = request({attributes: [user, password, proxyState]})
  const typeOctet = signed.indexOf(Buffer.of(80, 18))
  assert.equal(typeOctet, 20, 'it is the first attribute')
  const seen: {bit: number; messageAuthenticator: string | undefined}[] = []
  for (const bit of bitsOf(signed)) {
    const {receiver, receive, served} = stack()
    receive(withFlipped(signed, bit))
    await receiver.idle()
    if (served.length > 0) seen.push({bit, messageAuthenticator: served[0]?.messageAuthenticator})
  }
  assert.deepEqual(
    seen,
    [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => ({bit: typeOctet * 8 + bit, messageAuthenticator: 'absent'})),
  )
})

test('no and yes need no latch and set none', async () => {
  for (const policy of ['no', 'yes'] as const) {
    const {receiver, receive, latches} = stack({client: {requireMessageAuthenticator: policy, limitProxyState: policy}})
    receive(request({}))
    await receiver.idle()
    assert.deepEqual(latches.list(), [])
  }
})

test('limit_proxy_state auto: an address that logs in without Proxy-State may not send one unauthenticated', async () => {
  const answers: ServiceReply[] = [reject, accept]
  const {receiver, receive, served, counters} = stack({service: async () => answers.shift() ?? accept})
  const unsigned = {messageAuthenticator: false}
  const withProxyState = {...unsigned, attributes: [user, proxyState]}
  receive(request({...unsigned, identifier: 1}))
  await receiver.idle()
  receive(request({...withProxyState, identifier: 2}))
  await receiver.idle()
  assert.equal(served.length, 2, 'a rejected request shows nothing, and one with Proxy-State neither')
  receive(request({...unsigned, identifier: 3}))
  await receiver.idle()
  receive(request({...withProxyState, identifier: 4}))
  assert.equal(counters.discarded['unauthenticated-proxy-state'], 1)
  receive(request({attributes: [user, proxyState], identifier: 5}))
  await receiver.idle()
  assert.equal(served.length, 4, 'with a Message-Authenticator Proxy-State is welcome')
})

test('limit_proxy_state yes discards at once, no never does', async () => {
  const unsigned = request({messageAuthenticator: false, attributes: [user, proxyState]})
  const yes = stack({client: {limitProxyState: 'yes'}})
  yes.receive(unsigned)
  assert.equal(yes.counters.discarded['unauthenticated-proxy-state'], 1)
  const no = stack({client: {limitProxyState: 'no'}})
  no.receive(request({messageAuthenticator: false, identifier: 1}))
  await no.receiver.idle()
  no.receive(unsigned)
  await no.receiver.idle()
  assert.equal(no.served.length, 2)
})

test('a reply that does not fit is sent shorter, and said', async () => {
  const long: ServiceReply = {code: accessChallenge, attributes: [attribute(18, 'x'.repeat(300))]}
  const {receiver, receive, sent, counters, texts} = stack({service: async () => long})
  receive(request({}))
  await receiver.idle()
  assert.ok(verifyReply(only(sent), packetOf({}), testKey).ok)
  assert.deepEqual([counters.shortened, counters.challenges], [1, 1])
  assert.ok(
    texts().includes(
      'The reply to 192.0.2.1:40000 does not fit: attribute 18 has more than 253 octets. Sent a shorter AccessChallenge',
    ),
  )
})

test('a packet of nothing but Proxy-States is counted, once for all its retransmissions', async () => {
  const filler = Array.from({length: 15}, () => attribute(33, Buffer.alloc(253, 1)))
  const datagram = request({messageAuthenticator: false, attributes: [...filler, attribute(33, Buffer.alloc(249))]})
  assert.equal(datagram.length, 4096)
  const {receiver, receive, sent, counters} = stack()
  receive(datagram)
  await receiver.idle()
  receive(datagram)
  assert.deepEqual([sent.length, counters.discarded.unanswerable, counters.duplicatesAnswered], [0, 1, 1])
})

test('a thousand Proxy-States come back', async () => {
  const attributes = Array.from({length: 1000}, (_, i) => attribute(33, Buffer.of(i & 255)))
  const {receiver, receive, sent} = stack()
  receive(request({attributes}))
  await receiver.idle()
  const reply = verifyReply(only(sent), packetOf({}), testKey)
  assert.ok(reply.ok)
  assert.deepEqual(reply.packet.attributes.slice(-1000), attributes)
})

test('the duplicate cache lets go of everything in time', async () => {
  const {receiver, receive, duplicates, world} = stack()
  for (let identifier = 0; identifier < 256; identifier++) receive(request({identifier}))
  await receiver.idle()
  assert.deepEqual([duplicates.pending, duplicates.answered], [0, 256])
  world.advance(71_001)
  assert.deepEqual([duplicates.answered, world.pendingTimers], [0, 0])
})

test('any octets are discarded or served, never an exception, and the log stays short', async () => {
  const {receiver, receive, counters, records} = stack({client: {requireMessageAuthenticator: 'yes'}})
  const real = request({attributes: [user, proxyState]})
  const mutated = fc.tuple(fc.nat(real.length - 1), fc.nat(255)).map(([index, octet]) => {
    const datagram = Buffer.from(real)
    datagram[index] = octet
    return datagram
  })
  const cut = fc.nat(real.length).map((length) => real.subarray(0, length))
  fc.assert(
    fc.property(fc.oneof(octets({maxLength: 5000, minLength: 0}), mutated, cut), (datagram) => {
      receive(datagram)
    }),
    {numRuns: 1000},
  )
  await receiver.idle()
  const discarded = Object.values(counters.discarded).reduce((sum, count) => sum + count, 0)
  const repeated = counters.duplicatesAnswered + counters.duplicatesPending
  assert.equal(discarded + repeated + counters.requests, counters.received)
  assert.equal(counters.bugs, 0)
  assert.ok(counters.requests <= 1, 'only the unchanged request is served')
  assert.ok(records.length < 60, `${records.length} log lines`)
})

test('no log line or field holds a secret', async () => {
  const {receiver, receive, records} = stack()
  receive(request({attributes: [user, password]}))
  receive(request({key: otherKey}))
  await receiver.idle()
  assert.doesNotMatch(JSON.stringify(records), /not-real|PPPP/)
})

function bitsOf(datagram: Buffer): readonly number[] {
  return Array.from({length: datagram.length * 8}, (_, bit) => bit)
}

function withFlipped(datagram: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(datagram)
  const octet = bit >> 3
  flipped[octet] = (flipped[octet] ?? 0) ^ (1 << (bit & 7))
  return flipped
}

type RequestOptions = {
  code?: number
  identifier?: number
  authenticator?: Buffer
  attributes?: readonly Attribute[]
  key?: SharedKey
  messageAuthenticator?: boolean
}

function packetOf(options: RequestOptions): Packet {
  return {code: accessRequest, identifier: 1, authenticator: Buffer.alloc(16, 1), attributes: [user], ...options}
}

function request(options: RequestOptions): Buffer {
  const {key = testKey, messageAuthenticator = true} = options
  return encoded(encodeRequest(packetOf(options), key, {messageAuthenticator}))
}

function stack(
  options: {
    service?: Service
    client?: Partial<Omit<RadiusClient, 'network'>>
    limits?: Partial<PendingLimits>
    answersStatus?: () => boolean
  } = {},
) {
  const world = new ManualWorld()
  const records: LogRecord[] = []
  const log = createLog(world, [{write: (record) => records.push(record), close: async () => {}}], {debug: false})
  const counters = createRadiusCounters()
  const latches = new LatchMemory(world)
  const duplicates = new DuplicateCache(world)
  const served: ServedRequest[] = []
  const sent: Buffer[] = []
  const service = options.service ?? (async () => accept)
  const receiver = new Receiver({
    log,
    listener: '0.0.0.0:1812',
    clients: new ClientTable([client({network: '192.0.2.0/24', ...options.client})]),
    duplicates,
    latches,
    counters,
    service: (request) => {
      served.push(request)
      return service(request)
    },
    answersStatus: options.answersStatus ?? (() => true),
    places: new RequestPlaces(world, {all: 1000, newLogins: 1000, newLoginsOfOne: 1000, ...options.limits}),
  })
  const receive = (datagram: Buffer, from = nas) => receiver.receive(datagram, from, (reply) => sent.push(reply))
  const texts = () => records.map(({text}) => text)
  return {world, records, texts, counters, latches, duplicates, served, sent, receiver, receive}
}

function only(datagrams: readonly Buffer[]): Buffer {
  const [first, ...others] = datagrams
  assert.ok(first && others.length === 0, `${datagrams.length} datagrams`)
  return first
}
