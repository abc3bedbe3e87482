import assert from 'node:assert/strict'
import {test} from 'node:test'
import {checkChapPassword} from '../../src/core/radius/chap.ts'
import {decodePacket} from '../../src/core/radius/codec.ts'
import {findAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {dumpPacket} from '../../src/core/radius/dump.ts'
import {type Attribute, attributeType, firstAttribute, packetCode} from '../../src/core/radius/packet.ts'
import {revealPassword} from '../../src/core/radius/password.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeReply} from '../../src/core/radius/sign.ts'
import {checkMessageAuthenticator} from '../../src/core/radius/verify.ts'
import {Secret} from '../../src/core/secret.ts'
import type {LoginMethod} from '../../src/core/simulate/credentials.ts'
import {msChap2Response} from '../../src/core/simulate/ms-chap2.ts'
import {type LoginAttempt, Nas, type NasOptions} from '../../src/core/simulate/nas.ts'
import {type ProfileName, profiles} from '../../src/core/simulate/profiles.ts'
import {loopbackServer} from '../support/loopback-transport.ts'
import {ManualWorld} from '../support/manual-world.ts'

const secret = new Secret('test-secret-not-real')
const key = sharedKey(secret)

function packetOf(datagram: Buffer | undefined) {
  assert.ok(datagram !== undefined)
  const decoded = decodePacket(datagram)
  assert.ok(decoded.ok)
  return decoded.packet
}

function replyTo(datagram: Buffer, code: number, attributes: readonly Attribute[] = [], signedWith = key): Buffer {
  const encoded = encodeReply({code, attributes}, packetOf(datagram), signedWith)
  assert.ok(encoded.ok)
  return encoded.datagram
}

function passwordOf(datagram: Buffer | undefined): string {
  const packet = packetOf(datagram)
  const hidden = firstAttribute(packet.attributes, attributeType.userPassword)
  assert.ok(hidden !== undefined)
  return revealPassword(hidden, packet.authenticator, key)?.toString('utf8') ?? ''
}

function nasOf(
  world: ManualWorld,
  servers: NasOptions['servers'],
  profile: ProfileName = 'ivanti',
  method: LoginMethod = 'pap',
): Nas {
  const {timeoutMs, retries} = profiles[profile]
  return new Nas({
    world,
    profile: profiles[profile],
    secret,
    method,
    address: '192.0.2.10',
    policy: {timeoutMs, retries},
    servers,
  })
}

function attempt(...answers: string[]): LoginAttempt {
  return {
    userName: 'jdoe',
    password: new Secret('test-password'),
    clientAddress: '198.51.100.7',
    extra: [],
    answer: async () => {
      const next = answers.shift()
      return next === undefined ? undefined : new Secret(next)
    },
  }
}

const text = (type: number, value: string): Attribute => ({type, value: Buffer.from(value)})
/** Lets promises that need no timer come to rest. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

test('an Ivanti sends what an Ivanti sends, signed, and no Calling-Station-Id', async () => {
  const server = loopbackServer((datagram) => replyTo(datagram, packetCode.accessAccept))
  const report = await nasOf(new ManualWorld(), [async () => server.transport]).login(attempt())
  assert.equal(report.outcome, 'accept')
  const [datagram] = server.sent
  const packet = packetOf(datagram)
  assert.deepEqual(dumpPacket(packet).slice(1), [
    'Message-Authenticator = *****',
    'NAS-Identifier = Ivanti Connect Secure',
    'User-Name = jdoe',
    'User-Password = *****',
    'Tunnel-Client-Endpoint:0 = 198.51.100.7',
    'NAS-IP-Address = 192.0.2.10',
    'NAS-Port = 0',
    `Acct-Session-Id = ${firstAttribute(packet.attributes, attributeType.acctSessionId)}`,
  ])
  assert.match(
    `${firstAttribute(packet.attributes, attributeType.acctSessionId)}`,
    /^jdoe\(Duo-Users\)"Mon Jan {2}5 09:00:00 2026"\/[\w-]{7}$/,
  )
  assert.equal(passwordOf(datagram), 'test-password')
  assert.equal(datagram === undefined ? '' : checkMessageAuthenticator(datagram, packet, key), 'valid')
})

test('an older Ivanti does not sign', async () => {
  const server = loopbackServer((datagram) => replyTo(datagram, packetCode.accessReject))
  const report = await nasOf(new ManualWorld(), [async () => server.transport], 'ivanti-old').login(attempt())
  assert.equal(report.outcome, 'reject')
  assert.equal(firstAttribute(packetOf(server.sent[0]).attributes, attributeType.messageAuthenticator), undefined)
})

test('a challenge is answered with its State, a new Identifier and a new authenticator', async () => {
  const server = loopbackServer((datagram, sends) =>
    sends === 1
      ? replyTo(datagram, packetCode.accessChallenge, [
          text(attributeType.replyMessage, 'Code?'),
          text(attributeType.state, 'of-the-challenge'),
        ])
      : replyTo(datagram, packetCode.accessAccept, [text(attributeType.class, 'VPN')]),
  )
  const nas = nasOf(new ManualWorld(), [async () => server.transport])
  const prompts: string[] = []
  const report = await nas.login({
    ...attempt(),
    answer: async ({messages}) => {
      prompts.push(...messages)
      return new Secret('123456')
    },
  })
  assert.equal(report.outcome, 'accept')
  assert.deepEqual(prompts, ['Code?'])
  const [first, second] = server.sent.map((datagram) => packetOf(datagram))
  assert.ok(first !== undefined && second !== undefined)
  assert.equal(`${firstAttribute(second.attributes, attributeType.state)}`, 'of-the-challenge')
  assert.notEqual(first.identifier, second.identifier)
  assert.notDeepEqual(first.authenticator, second.authenticator)
  assert.deepEqual(
    firstAttribute(first.attributes, attributeType.acctSessionId),
    firstAttribute(second.attributes, attributeType.acctSessionId),
  )
  assert.equal(passwordOf(server.sent[1]), '123456')
  assert.equal(report.rounds.length, 2)
})

test('a challenge that nobody answers ends the login as an error', async () => {
  const server = loopbackServer((datagram) => replyTo(datagram, packetCode.accessChallenge))
  const report = await nasOf(new ManualWorld(), [async () => server.transport]).login(attempt())
  assert.equal(report.outcome, 'error')
  assert.equal(report.problem, 'the challenge was not answered')
})

test('without a reply the same octets go out again, then the login ends', async () => {
  const world = new ManualWorld()
  const server = loopbackServer()
  const login = nasOf(world, [async () => server.transport], 'pam').login(attempt())
  await settled()
  for (let send = 0; send < 3; send++) world.advance(3000)
  const report = await login
  assert.equal(report.outcome, 'no-reply')
  assert.equal(report.rounds[0]?.sends, 3)
  assert.equal(server.sent.length, 3)
  assert.deepEqual(server.sent[1], server.sent[0])
  assert.deepEqual(server.sent[2], server.sent[0])
  assert.equal(report.elapsedMs, 9000)
  assert.equal(world.pendingTimers, 0)
})

test('a forged reply is reported, and the wait goes on for the right one', async () => {
  const server = loopbackServer()
  const login = nasOf(new ManualWorld(), [async () => server.transport]).login(attempt())
  await settled()
  const [asked] = server.sent
  assert.ok(asked !== undefined)
  server.reply(replyTo(asked, packetCode.accessAccept, [], sharedKey(new Secret('another-secret-not-real'))))
  const spoilt = replyTo(asked, packetCode.accessAccept)
  spoilt[22] = (spoilt[22] ?? 0) ^ 1
  server.reply(spoilt)
  server.reply(Buffer.from('garbage'))
  server.refuse('ECONNREFUSED')
  server.reply(replyTo(asked, packetCode.accessReject))
  const report = await login
  assert.equal(report.outcome, 'reject')
  assert.deepEqual(
    report.rounds[0]?.refused.map(({reason}) => reason),
    ['bad-response-authenticator', 'bad-response-authenticator', 'ECONNREFUSED'],
  )
})

test('a server that does not answer is followed by the second one, asked anew', async () => {
  const world = new ManualWorld()
  const dead = loopbackServer()
  const alive = loopbackServer((datagram) => replyTo(datagram, packetCode.accessAccept))
  const nas = nasOf(world, [async () => dead.transport, async () => alive.transport])
  const login = nas.login(attempt())
  await settled()
  world.advance(60_000)
  const report = await login
  assert.equal(report.outcome, 'accept')
  assert.equal(report.rounds[0]?.server, 1)
  assert.notDeepEqual(packetOf(dead.sent[0]).authenticator, packetOf(alive.sent[0]).authenticator)
  const [asked] = dead.sent
  assert.ok(asked !== undefined)
  dead.reply(replyTo(asked, packetCode.accessAccept))
  assert.equal(nas.late, 1)
  await nas.close()
  assert.ok(dead.closed && alive.closed)
})

test('more than 256 logins at once take another port', async () => {
  const servers: ReturnType<typeof loopbackServer>[] = []
  const nas = nasOf(new ManualWorld(), [
    async () => {
      const server = loopbackServer()
      servers.push(server)
      return server.transport
    },
  ])
  const logins = Array.from({length: 600}, () => nas.login(attempt()))
  await settled()
  assert.deepEqual(
    servers.map(({sent}) => sent.length),
    [256, 256, 88],
  )
  for (const {sent} of servers) assert.equal(new Set(sent.map((datagram) => datagram[1])).size, sent.length)
  await nas.close()
  const reports = await Promise.all(logins)
  assert.ok(reports.every(({outcome}) => outcome === 'no-reply'))
})

for (const name of ['fortinet', 'cisco', 'pam'] as const) {
  test(`the profile ${name} is made of attributes that can be sent, with and without an address of the user`, async () => {
    for (const clientAddress of ['2001:db8::7', undefined]) {
      const server = loopbackServer((datagram) => replyTo(datagram, packetCode.accessAccept))
      const nas = nasOf(new ManualWorld(), [async () => server.transport], name)
      const report = await nas.login({...attempt(), clientAddress})
      assert.equal(report.problem, undefined)
      const lines = dumpPacket(packetOf(server.sent[0])).join('\n')
      assert.equal(lines.includes('2001:db8::7'), clientAddress !== undefined)
    }
  })
}

test('attributes given by hand take the place of those of the profile', async () => {
  const server = loopbackServer((datagram) => replyTo(datagram, packetCode.accessAccept))
  const nas = nasOf(new ManualWorld(), [async () => server.transport])
  await nas.login({...attempt(), extra: [text(attributeType.nasIdentifier, 'mine')]})
  const lines = dumpPacket(packetOf(server.sent[0]))
  assert.deepEqual(
    lines.filter((line) => line.startsWith('NAS-Identifier')),
    ['NAS-Identifier = mine'],
  )
})

test('what cannot be sent is an error, not a throw', async () => {
  const server = loopbackServer()
  const nas = nasOf(new ManualWorld(), [async () => server.transport])
  const long = await nas.login({...attempt(), password: new Secret('x'.repeat(129))})
  assert.equal(long.problem, 'a User-Password holds at most 128 octets')
  const nameless = await nas.login({...attempt(), userName: ''})
  assert.equal(nameless.problem, 'a user name has 1 to 253 octets')
  const big = {type: attributeType.vendorSpecific, value: Buffer.alloc(250)}
  const huge = await nas.login({...attempt(), extra: Array.from({length: 17}, () => big)})
  assert.match(huge.problem ?? '', /4096 is the most/)
  assert.equal(server.sent.length, 0)
})

test('chap sends a CHAP-Password that the password makes, and no User-Password', async () => {
  const server = loopbackServer((datagram) => replyTo(datagram, packetCode.accessAccept))
  await nasOf(new ManualWorld(), [async () => server.transport], 'ivanti', 'chap').login(attempt())
  const {attributes} = packetOf(server.sent[0])
  const challenge = firstAttribute(attributes, attributeType.chapChallenge)
  const value = firstAttribute(attributes, attributeType.chapPassword)
  assert.ok(challenge !== undefined && value !== undefined)
  assert.ok(checkChapPassword(value, Buffer.from('test-password'), challenge))
  assert.equal(firstAttribute(attributes, attributeType.userPassword), undefined)
})

test('mschapv2 sends a challenge and a response, and no User-Password', async () => {
  const server = loopbackServer((datagram) => replyTo(datagram, packetCode.accessAccept))
  await nasOf(new ManualWorld(), [async () => server.transport], 'ivanti', 'mschapv2').login(attempt())
  const {attributes} = packetOf(server.sent[0])
  const challenge = findAttribute(attributes, 'MS-CHAP-Challenge')?.value
  const response = findAttribute(attributes, 'MS-CHAP2-Response')?.value
  assert.ok(challenge !== undefined && response !== undefined)
  const expected = msChap2Response(0, 'jdoe', 'test-password', challenge, response.subarray(2, 18))
  assert.deepEqual(response, expected)
  assert.equal(firstAttribute(attributes, attributeType.userPassword), undefined)
})
