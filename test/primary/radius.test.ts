import assert from 'node:assert/strict'
import {type TestContext, test} from 'node:test'
import type {PrimaryRequest} from '../../src/core/login/primary-authenticator.ts'
import {createNoPrimary} from '../../src/core/primary/none.ts'
import {RadiusPrimary, type RadiusPrimaryOptions} from '../../src/core/primary/radius.ts'
import {UpstreamClient, type UpstreamClientOptions} from '../../src/core/radius/client.ts'
import {vendorAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {dumpAttributes} from '../../src/core/radius/dump.ts'
import {type Attribute, type Packet, packetCode} from '../../src/core/radius/packet.ts'
import {hideForHop} from '../../src/core/radius/pass-through.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {Secret} from '../../src/core/secret.ts'
import {
  type FakePrimaryOptions,
  type FakePrimaryUser,
  FakeRadiusPrimary,
} from '../../src/core/simulate/radius-primary.ts'
import {realWorld} from '../../src/core/world.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {nextLogin, openUpstream, packetOf, replyTo, upstreamSecret} from '../support/radius-upstream.ts'
import {RecordingLog} from '../support/recording-log.ts'

const octets = (text: string) => Buffer.from(text)
const never = new AbortController().signal

const users = new Map<string, FakePrimaryUser>([
  [
    'jdoe',
    {
      password: 'right-not-real',
      attributes: [
        {type: 25, value: octets('staff')},
        {type: 11, value: octets('vpn')},
        vendorAttribute(12356, 1, octets('group')),
      ],
      acceptMessage: 'Welcome',
      rejectMessage: 'Wrong, sorry',
    },
  ],
  ['silentreply', {password: 'right-not-real'}],
  ['jörg', {password: 'pässwörd'}],
  [
    'otp',
    {
      password: 'right-not-real',
      challenges: [
        {prompts: ['Enter your PIN', 'four digits'], answer: '1234'},
        {prompts: ['And the next code'], answer: '5678'},
      ],
      attributes: [{type: 25, value: octets('staff')}],
    },
  ],
])

type Setup = {
  readonly fake?: Partial<FakePrimaryOptions>
  readonly primary?: Partial<RadiusPrimaryOptions>
  readonly client?: Partial<UpstreamClientOptions>
}

/** A primary with the fake server behind it, and the packets that server saw. */
async function open(t: TestContext, {fake = {}, primary = {}, client = {}}: Setup = {}) {
  const world = new ManualWorld()
  const log = new RecordingLog()
  const requests: Packet[] = []
  const onExchange = (request: Packet) => requests.push(request)
  const server = await FakeRadiusPrimary.start({secret: upstreamSecret, users, onExchange, ...fake}, realWorld)
  const {address, port} = server.endpoint
  const radius = new RadiusPrimary(
    new UpstreamClient(
      {
        section: 'radius_client',
        servers: [{host: address, port}],
        secret: upstreamSecret,
        retries: 3,
        retryWaitMs: 2000,
        requireMessageAuthenticator: 'auto',
        ...client,
      },
      {world, log},
    ),
    {nasIp: undefined, passwordCodec: 'utf-8', passThrough: [], ...primary},
    log,
  )
  t.after(async () => {
    await radius.close()
    await server.close()
  })
  return {radius, server, world, log, requests}
}

function login(userName: string, password: string, more: Partial<PrimaryRequest> = {}): PrimaryRequest {
  return {
    userName,
    credentials: {kind: 'password', password: new Secret(password)},
    clientAddress: undefined,
    forwarded: [],
    resume: undefined,
    ...more,
  }
}

function dumped(packet: Packet | undefined): string[] {
  assert.ok(packet)
  return dumpAttributes(packet.attributes)
}

test('the right password is accepted, with the message of the server', async (t) => {
  const {radius, requests, log} = await open(t)
  const result = await radius.authenticate(login('jdoe', 'right-not-real'), never)
  assert.ok(result.kind === 'accept')
  assert.match(result.detail ?? '', /^127\.0\.0\.1:\d+$/)
  assert.deepEqual({...result, detail: ''}, {kind: 'accept', message: 'Welcome', detail: '', attributes: []})
  assert.equal(requests.length, 1)
  const [sent] = log.of('upstream.sent')
  assert.equal(sent?.userName, 'jdoe')
  assert.deepEqual(
    log.of('upstream.received').map(({identifier, code}) => ({identifier, code})),
    [{identifier: sent?.identifier, code: 2}],
  )
  assert.ok(!JSON.stringify(log.events).includes('right-not-real'))
})

test('a wrong password is rejected with the text of the server, and tried once', async (t) => {
  const {radius, requests} = await open(t, {primary: {passThrough: 'all'}})
  const result = await radius.authenticate(login('jdoe', 'wrong'), never)
  assert.ok(result.kind === 'reject')
  assert.match(result.detail ?? '', /^127\.0\.0\.1:\d+$/)
  const {message, reason, attributes} = result
  assert.deepEqual({message, reason, attributes}, {message: 'Wrong, sorry', reason: 'rejected', attributes: []})
  assert.equal(requests.length, 1)
})

test('a server that says nothing is said to have said nothing', async (t) => {
  const {radius} = await open(t)
  for (const [password, kind] of [
    ['right-not-real', 'accept'],
    ['wrong', 'reject'],
  ] as const) {
    const result = await radius.authenticate(login('silentreply', password), never)
    assert.equal(result.kind, kind)
    assert.ok('message' in result)
    assert.equal(result.message, 'No reply message in packet')
  }
})

test('the request holds name, password, addresses and what is forwarded, each once', async (t) => {
  const forwarded: Attribute[] = [
    {type: 1, value: octets('someone-else')},
    {type: 4, value: Buffer.from([192, 0, 2, 200])},
    {type: 31, value: octets('00-11-22-33-44-55')},
    {type: 32, value: octets('vpn.example.com')},
    {type: 24, value: octets('state-of-the-nas')},
    {type: 33, value: octets('proxy-state')},
    {type: 80, value: Buffer.alloc(16)},
    {type: 2, value: Buffer.alloc(16)},
    {type: 79, value: octets('eap')},
    vendorAttribute(25461, 7, octets('192.0.2.9')),
  ]
  const {radius, requests} = await open(t)
  await radius.authenticate(login('jdoe', 'right-not-real', {clientAddress: '192.0.2.7', forwarded}), never)
  assert.deepEqual(dumped(requests[0]), [
    'Message-Authenticator = *****',
    'User-Name = jdoe',
    'NAS-IP-Address = 127.0.0.1',
    'Calling-Station-Id = 192.0.2.7',
    'User-Password = *****',
    'NAS-Identifier = vpn.example.com',
    'PaloAlto-Client-Source-IP = 192.0.2.9',
  ])
  await radius.authenticate(login('jdoe', 'right-not-real', {forwarded}), never)
  assert.ok(dumped(requests[1]).includes('Calling-Station-Id = 00-11-22-33-44-55'))
})

test('nas_ip is sent as it is configured, of either family', async (t) => {
  for (const [nasIp, line] of [
    ['192.0.2.10', 'NAS-IP-Address = 192.0.2.10'],
    ['2001:db8::10', 'NAS-IPv6-Address = 2001:db8::10'],
  ] as const) {
    const {radius, requests} = await open(t, {primary: {nasIp}})
    await radius.authenticate(login('jdoe', 'right-not-real'), never)
    assert.equal(dumped(requests[0])[2], line)
  }
})

test('attributes of the Accept go to the NAS: the named ones, or all', async (t) => {
  const named = await open(t, {primary: {passThrough: ['Class', 'fortinet-group-name']}})
  const some = await named.radius.authenticate(login('jdoe', 'right-not-real'), never)
  assert.ok(some.kind === 'accept')
  assert.deepEqual(dumpAttributes(some.attributes), ['Class = 0x7374616666', 'Fortinet-Group-Name = group'])
  const whole = await open(t, {primary: {passThrough: 'all'}})
  const all = await whole.radius.authenticate(login('jdoe', 'right-not-real'), never)
  assert.ok(all.kind === 'accept')
  assert.deepEqual(dumpAttributes(all.attributes), [
    'Reply-Message = Welcome',
    'Class = 0x7374616666',
    'Filter-Id = vpn',
    'Fortinet-Group-Name = group',
  ])
})

test('MPPE keys come to the login in the clear, whatever is configured', async (t) => {
  const {client, servers, log} = await openUpstream(t, 1)
  const radius = new RadiusPrimary(client, {nasIp: undefined, passwordCodec: 'utf-8', passThrough: []}, log)
  const [server] = servers
  assert.ok(server)
  const result = radius.authenticate(login('jdoe', 'right-not-real'), never)
  const received = await nextLogin(server)
  const sessionKey = vendorAttribute(311, 16, Buffer.alloc(16, 7))
  const {authenticator} = packetOf(received)
  const key = sharedKey(upstreamSecret)
  const attributes = hideForHop([sessionKey], authenticator, key, new ManualWorld().randomBytes)
  assert.notDeepEqual(attributes, [sessionKey])
  await server.send(replyTo(received, {attributes: [...attributes, {type: 25, value: octets('staff')}]}), received.from)
  const accepted = await result
  assert.ok(accepted.kind === 'accept')
  assert.deepEqual(accepted.attributes, [sessionKey])
})

test('a challenge of the server is shown with all its texts, and the answer goes back to the same server', async (t) => {
  const {radius, requests} = await open(t, {primary: {passThrough: ['Class']}})
  const first = await radius.authenticate(login('otp', 'right-not-real'), never)
  assert.ok(first.kind === 'challenge')
  assert.deepEqual([first.messages, first.attributes], [['Enter your PIN', 'four digits'], []])
  const second = await radius.authenticate(login('otp', '1234', {resume: first.resume}), never)
  assert.ok(second.kind === 'challenge')
  assert.deepEqual(second.messages, ['And the next code'])
  const third = await radius.authenticate(login('otp', '5678', {resume: second.resume}), never)
  assert.ok(third.kind === 'accept')
  assert.deepEqual(dumpAttributes(third.attributes), ['Class = 0x7374616666'])
  assert.ok(dumped(requests[1]).some((line) => line.startsWith('State = ')))
  const wrong = await radius.authenticate(login('otp', '0000', {resume: first.resume}), never)
  assert.equal(wrong.kind, 'reject')
})

test('whether the answer may be seen goes to the NAS; a challenge without text gets one, without State none', async (t) => {
  const {client, servers, log} = await openUpstream(t, 1)
  const radius = new RadiusPrimary(client, {nasIp: undefined, passwordCodec: 'utf-8', passThrough: []}, log)
  const [server] = servers
  assert.ok(server)
  const result = radius.authenticate(login('jdoe', 'right-not-real'), never)
  const received = await nextLogin(server)
  const prompt = {type: 76, value: Buffer.from([0, 0, 0, 0])}
  const attributes = [prompt, {type: 25, value: octets('staff')}]
  await server.send(replyTo(received, {code: packetCode.accessChallenge, attributes}), received.from)
  const challenge = await result
  assert.ok(challenge.kind === 'challenge')
  assert.deepEqual(challenge.attributes, [prompt])
  assert.equal(challenge.messages.length, 1)
  const answer = radius.authenticate(login('jdoe', '1234', {resume: challenge.resume}), never)
  const answered = await nextLogin(server)
  assert.ok(packetOf(answered).attributes.every(({type}) => type !== 24))
  await server.send(replyTo(answered), answered.from)
  assert.equal((await answer).kind, 'accept')
})

test("a resume that is nobody's, or of a server that is gone, is no login", async (t) => {
  const {radius, requests} = await open(t)
  for (const resume of [Buffer.from('x'), Buffer.from([7, 20, 9, ...octets('192.0.2.9'), 0, 1])]) {
    const result = await radius.authenticate(login('jdoe', 'right-not-real', {resume}), never)
    assert.equal(result.kind, 'unavailable')
  }
  assert.equal(requests.length, 0)
})

test('a server that does not answer makes the primary unavailable, in the words that are searched for', async (t) => {
  const {client, servers, world, log} = await openUpstream(t, 1)
  const radius = new RadiusPrimary(client, {nasIp: '192.0.2.10', passwordCodec: 'utf-8', passThrough: []}, log)
  const [server] = servers
  assert.ok(server)
  const result = radius.authenticate(login('jdoe', 'right-not-real'), never)
  for (let sent = 0; sent < 4; sent++) {
    await nextLogin(server)
    world.advance(2000)
  }
  assert.deepEqual(await result, {
    kind: 'unavailable',
    message: 'Error performing primary authentication: RADIUS auth request timed out',
  })
})

test('a server with another secret is never believed', async (t) => {
  const {radius, server, world, log} = await open(t, {fake: {mode: 'wrong-secret'}, client: {retries: 0}})
  const result = radius.authenticate(login('jdoe', 'right-not-real'), never)
  while (log.of('upstream.discarded').length === 0) await new Promise(setImmediate)
  world.advance(2000)
  assert.equal((await result).kind, 'unavailable')
  assert.equal(server.received, 1)
})

test('close ends a login as unavailable', async (t) => {
  const {radius, server} = await open(t, {fake: {mode: 'silent'}})
  const result = radius.authenticate(login('jdoe', 'right-not-real'), never)
  while (server.received === 0) await new Promise(setImmediate)
  await radius.close()
  assert.equal((await result).kind, 'unavailable')
})

test('the password is sent in pw_codec, and one that cannot be is refused without a word to the server', async (t) => {
  const utf8 = await open(t)
  assert.equal((await utf8.radius.authenticate(login('jörg', 'pässwörd'), never)).kind, 'accept')
  const latin = await open(t, {primary: {passwordCodec: 'latin-1'}})
  assert.equal((await latin.radius.authenticate(login('jörg', 'pässwörd'), never)).kind, 'reject')
  assert.equal(latin.requests.length, 1)
  for (const password of ['日本', 'x'.repeat(129)]) {
    const result = await latin.radius.authenticate(login('jdoe', password), never)
    assert.ok(result.kind === 'reject')
    assert.equal(result.reason, 'wrong-password')
    assert.ok(!JSON.stringify(result).includes(password))
  }
  assert.equal(latin.requests.length, 1)
})

test('forwarded attributes that find no room are left out, and that is logged', async (t) => {
  const {radius, requests, log} = await open(t)
  const forwarded = Array.from({length: 20}, () => ({type: 25, value: Buffer.alloc(253, 1)}))
  const result = await radius.authenticate(login('jdoe', 'right-not-real', {forwarded}), never)
  assert.equal(result.kind, 'accept')
  const kept = requests[0]?.attributes.filter(({type}) => type === 25).length ?? 0
  assert.equal(kept, 15)
  assert.deepEqual(log.of('upstream.attributes_left_out'), [{userName: 'jdoe', count: 5}])
})

test('duo_only_client accepts whatever is typed', async () => {
  const noPrimary = createNoPrimary('duo_only_client')
  assert.deepEqual(await noPrimary.authenticate(login('jdoe', ''), never), {
    kind: 'accept',
    message: 'Ignoring primary credentials',
    attributes: [],
  })
  await noPrimary.close()
})
