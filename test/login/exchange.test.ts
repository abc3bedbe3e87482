import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import type {AuthEvent} from '../../src/core/log/auth-events.ts'
import {createExchange, type NoReply, type Reply, type RequestReading} from '../../src/core/login/exchange.ts'
import type {LoginPolicy} from '../../src/core/login/parts.ts'
import type {ChapResponse} from '../../src/core/login/primary-authenticator.ts'
import type {Preauth} from '../../src/core/login/second-factor.ts'
import {type Attribute, allAttributes, attributeType, firstAttribute} from '../../src/core/radius/packet.ts'
import {Doubles, deferred, Node, reached} from '../support/login-parts.ts'

const password = 'test-password-not-real'
const {accessAccept, accessReject, accessChallenge} = {accessAccept: 2, accessReject: 3, accessChallenge: 11}

const reading: RequestReading = {
  decodePassword: (octets) => {
    const text = octets.toString('utf8')
    return Buffer.from(text, 'utf8').equals(octets) ? text : undefined
  },
  clientAddressAttribute: undefined,
  forwarded: () => [],
}

type Asked = {
  readonly chap?: ChapResponse
  readonly userName?: Buffer | string | undefined
  readonly password?: Buffer | string | undefined
  readonly state?: Buffer
  readonly others?: readonly Attribute[]
  readonly identifier?: number
  readonly identified?: () => void
}

/** A node with its exchange: what goes in and comes out are the attributes of packets. */
class Site {
  readonly node: Node
  readonly doubles: Doubles
  readonly #exchange: ReturnType<typeof createExchange>

  constructor(options: {policy?: Partial<LoginPolicy>; reading?: Partial<RequestReading>; doubles?: Doubles} = {}) {
    this.doubles = options.doubles ?? new Doubles()
    this.node = new Node(this.doubles, {policy: options.policy ?? {}})
    const {mode, parts, log, world} = this.node
    this.#exchange = createExchange(mode, parts.policy, {...reading, ...options.reading}, log, world)
  }

  async ask(asked: Asked, signal = new AbortController().signal): Promise<Reply | NoReply> {
    const userName = 'userName' in asked ? asked.userName : 'jdoe'
    const attributes: Attribute[] = []
    if (userName !== undefined) attributes.push({type: attributeType.userName, value: Buffer.from(userName)})
    if (asked.state !== undefined) attributes.push({type: attributeType.state, value: asked.state})
    attributes.push(...(asked.others ?? []))
    const packet = {code: 1, identifier: asked.identifier ?? 1, authenticator: Buffer.alloc(16), attributes}
    return this.#exchange(
      {
        packet,
        from: {address: '192.0.2.7', port: 40_000},
        clientEntry: '192.0.2.0/24',
        password: asked.password === undefined ? undefined : Buffer.from(asked.password),
        chap: asked.chap,
        identified: asked.identified,
      },
      signal,
    )
  }

  async reply(asked: Asked): Promise<Reply> {
    const reply = await this.ask(asked)
    assert.ok(typeof reply !== 'string')
    return reply
  }

  /** What authevents.log gets: message, stage, status, reason. */
  get results(): (readonly [string, string, string, string])[] {
    return this.authEvents.map(({msg, authStage, status, reason}) => [msg, authStage, status, reason])
  }

  get authEvents(): AuthEvent[] {
    return this.node.records.flatMap(({auth}) => (auth === undefined ? [] : [auth]))
  }
}

const messagesOf = ({attributes}: Reply) => allAttributes(attributes, attributeType.replyMessage).map(String)
const stateOf = ({attributes}: Reply) => firstAttribute(attributes, attributeType.state) ?? assert.fail('no State')

const primaryFine = ['Primary authentication successful - fine', 'Primary authentication', 'Allow', 'accept'] as const

for (const [what, asked, message] of [
  ['no user name', {userName: undefined, password}, 'No username provided'],
  ['an empty user name', {userName: '', password}, 'No username provided'],
  ['a line feed in the user name', {userName: 'jdoe\nroot', password}, 'Invalid User'],
  ['a NUL in the user name', {userName: 'jdoe\0', password}, 'Invalid User'],
  ['a C1 control in the user name', {userName: 'jd\u0085oe', password}, 'Invalid User'],
  ['a user name that is not UTF-8', {userName: Buffer.from([0x6a, 0xe9]), password}, 'Invalid User'],
  ['no password', {password: undefined}, 'No password or CHAP2 attributes provided'],
  ['an undecodable password', {password: Buffer.of(0xff, 0xfe)}, 'Cannot decode password'],
  ['an undecodable password and no user name', {userName: '', password: Buffer.of(0xff)}, 'Cannot decode password'],
  ['no user name and no password', {userName: undefined, password: undefined}, 'No username provided'],
] as const) {
  test(`${what}: refused before anybody is asked`, async () => {
    const site = new Site()
    const reply = await site.reply(asked)
    assert.equal(reply.code, accessReject)
    assert.deepEqual(messagesOf(reply), [message])
    assert.equal(site.doubles.primaryCalls.length + site.doubles.preauthCalls.length, 0)
    assert.deepEqual(site.results, [[message, 'Unknown', 'Reject', 'bad-request']])
  })
}

test("a request that is nobody's login is said to be none, and the line of its decision says why", async () => {
  const site = new Site()
  const lines = () => site.node.records.filter(({name}) => name === 'login.decided').map(({text}) => text)
  let identified = 0
  const undecodable = await site.reply({password: Buffer.of(0xff, 0xfe), identified: () => identified++})
  const madeUp = await site.reply({password: '1', state: Buffer.alloc(80, 7), identified: () => identified++})
  assert.deepEqual([undecodable.unread, madeUp.unread, identified], [true, true, 0])
  const prompt = await site.reply({password, identified: () => identified++})
  assert.deepEqual([prompt.unread, identified], [false, 1])
  const [first = '', second = '', third = ''] = lines()
  assert.match(first, /^Login decided: reject \(bad-request\) after \d+ ms - Cannot decode password: the shared secret/)
  assert.match(second, /^Login decided: reject \(state-unknown\) after \d+ ms - Unknown Challenge$/)
  assert.match(third, /^Login decided: challenge \(prompt\) after \d+ ms$/)
})

test('strangers who make up requests fill no log', async () => {
  const site = new Site()
  for (let n = 0; n < 100; n++) {
    await site.reply({password: Buffer.of(0xff, 0xfe)})
    await site.reply({password: '1', state: Buffer.alloc(80, 7)})
  }
  assert.ok(site.node.records.length <= 20, `${site.node.records.length} lines`)
  assert.equal(site.node.records.filter(({auth}) => auth !== undefined).length, 10)
  await site.reply({password})
  assert.equal(site.node.records.filter(({name}) => name === 'login.preauth').length, 1)
})

test('a user name that cannot be shown is logged as hex', async () => {
  const site = new Site()
  const reply = await site.reply({userName: 'a\n2026 forged line', password})
  assert.equal(reply.login.userName, `0x${Buffer.from('a\n2026 forged line').toString('hex')}`)
  assert.ok(site.node.records.every(({text}) => !text.includes('forged')))
})

test('any user name and password: an answer, and no throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({maxLength: 253}), fc.uint8Array({maxLength: 128}), async (name, secret) => {
      const reply = await new Site().reply({userName: Buffer.from(name), password: Buffer.from(secret)})
      assert.ok([accessReject, accessChallenge].includes(reply.code))
    }),
    {numRuns: 100},
  )
})

test('password, prompt, push: State before Reply-Message, then the attributes of the primary server', async () => {
  const site = new Site()
  const challenge = await site.reply({password})
  assert.equal(challenge.code, accessChallenge)
  assert.deepEqual(
    challenge.attributes.map(({type}) => type),
    [attributeType.state, attributeType.replyMessage],
  )
  const final = await site.reply({password: '1', state: stateOf(challenge)})
  assert.equal(final.code, accessAccept)
  assert.deepEqual(messagesOf(final), ['Success.'])
  assert.deepEqual(allAttributes(final.attributes, attributeType.class).map(String), ['OU=vpn'])
  assert.equal(firstAttribute(final.attributes, attributeType.state), undefined)
})

test('one login id in every line and both replies', async () => {
  const site = new Site()
  const challenge = await site.reply({password})
  const final = await site.reply({password: '1', state: stateOf(challenge)})
  assert.equal(final.login.loginId, challenge.login.loginId)
  const ids = site.node.records.map(({login}) => login?.loginId)
  assert.ok(ids.length > 6)
  assert.deepEqual(new Set(ids), new Set([challenge.login.loginId]))
  assert.equal(site.node.events('login.attempt').length, 1)
  assert.equal(site.node.events('login.answered').length, 1)
})

test('an answer without a password is an empty answer', async () => {
  const doubles = new Doubles()
  doubles.begin = () => ({kind: 'deny', message: 'Incorrect passcode.', reason: 'passcode'})
  const site = new Site({doubles})
  const state = stateOf(await site.reply({password}))
  const reply = await site.reply({password: undefined, state})
  assert.deepEqual([reply.code, messagesOf(reply)], [accessReject, ['Incorrect passcode.']])
  assert.equal(doubles.beginCalls[0]?.choice, '')
})

test('a missing password beside a State that is none', async () => {
  const reply = await new Site().reply({password: undefined, state: Buffer.from('none')})
  assert.deepEqual([reply.code, messagesOf(reply)], [accessReject, ['Unknown Challenge']])
})

const callingStation = (value: string) => ({type: attributeType.callingStationId, value: Buffer.from(value)})
const tunnelClient = (value: string | Buffer) => ({type: attributeType.tunnelClientEndpoint, value: Buffer.from(value)})

for (const [what, others, address] of [
  ['nothing', [], undefined],
  ['Calling-Station-Id', [callingStation('198.51.100.9')], '198.51.100.9'],
  [
    'Calling-Station-Id before the tunnel',
    [callingStation('198.51.100.9'), tunnelClient('203.0.113.1')],
    '198.51.100.9',
  ],
  ['a MAC address', [callingStation('00-11-22-33-44-55')], undefined],
  ['a MAC address and a tunnel', [callingStation('00-11-22-33-44-55'), tunnelClient('203.0.113.1')], '203.0.113.1'],
  ['a tunnel with tag 0, as Ivanti', [tunnelClient('\x00203.0.113.1')], '203.0.113.1'],
  ['a tunnel with tag 31', [tunnelClient('\x1f203.0.113.1')], '203.0.113.1'],
  ['a tunnel without tag', [tunnelClient('203.0.113.1')], '203.0.113.1'],
  ['an empty tunnel', [tunnelClient('')], undefined],
  ['a tag alone', [tunnelClient('\x01')], undefined],
  ['a name', [tunnelClient('\x00vpn.example')], undefined],
  ['IPv6', [callingStation('2001:DB8:0::1')], '2001:db8::1'],
  ['a zone', [callingStation('fe80::1%eth0')], 'fe80::1'],
  ['a mapped address', [callingStation('::ffff:198.51.100.9')], '198.51.100.9'],
  ['spaces around', [callingStation(' 198.51.100.9 ')], '198.51.100.9'],
  ['leading zeros', [callingStation('198.051.100.9')], undefined],
  ['an address and more', [callingStation('198.51.100.9, 10.0.0.1')], undefined],
  ['the first of two', [callingStation('198.51.100.9'), callingStation('198.51.100.10')], '198.51.100.9'],
] as const) {
  test(`the user's address from ${what}: ${address}`, async () => {
    const site = new Site()
    await site.reply({password, others})
    assert.equal(site.doubles.primaryCalls[0]?.clientAddress, address)
    assert.equal(site.doubles.preauthCalls[0]?.clientAddress, address)
    assert.equal(site.authEvents[0]?.clientIp, address)
  })
}

test('a configured attribute is the only one that is read, and what it says is checked', async () => {
  for (const [said, address] of [
    ['198.51.100.77', '198.51.100.77'],
    ['not an address', undefined],
    [undefined, undefined],
  ] as const) {
    const site = new Site({reading: {clientAddressAttribute: () => said}})
    await site.reply({password, others: [callingStation('198.51.100.9'), tunnelClient('203.0.113.1')]})
    assert.equal(site.doubles.preauthCalls[0]?.clientAddress, address)
  }
})

test('what the section passes on reaches the primary server', async () => {
  const site = new Site({reading: {forwarded: (attributes) => attributes.filter(({type}) => type === 31)}})
  await site.reply({password, others: [callingStation('198.51.100.9'), tunnelClient('203.0.113.1')]})
  assert.deepEqual(site.doubles.primaryCalls[0]?.forwarded, [callingStation('198.51.100.9')])
})

test('a text of any length fits 253 octets, and the login id stays whole', async () => {
  for (const rejectReference of [false, true]) {
    for (const message of ['', 'no', 'ü'.repeat(300), `Go to https://api.example/${'a'.repeat(200)} `.repeat(2)]) {
      const doubles = new Doubles()
      doubles.preauth = () => ({kind: 'deny', message})
      const site = new Site({doubles, policy: {rejectReference}})
      const reply = await site.reply({password})
      const [text = '', ...more] = messagesOf(reply)
      assert.ok(Buffer.byteLength(text) <= 253 && more.length === 0)
      assert.equal(text.endsWith(`(login ${reply.login.loginId})`), rejectReference)
      assert.equal(text.startsWith(' '), false)
      if (message === '' && !rejectReference) {
        assert.equal(firstAttribute(reply.attributes, attributeType.replyMessage), undefined)
      }
    }
  }
})

test('an enrolment text of more than 253 octets keeps its link, in the challenge as in the refusal', async () => {
  const link = 'https://api.example/portal?code=0123456789abcdef'
  for (const [enrollChallenge, code] of [
    [true, accessChallenge],
    [false, accessReject],
  ] as const) {
    const doubles = new Doubles()
    doubles.preauth = () => ({
      kind: 'enroll',
      message: `${'You have no device yet. '.repeat(12)}Enroll one at ${link}.`,
    })
    const reply = await new Site({doubles, policy: {enrollChallenge}}).reply({password})
    assert.deepEqual([reply.code, messagesOf(reply)], [code, [`Please continue at ${link}`]])
  }
})

test('the login id in a Reject is the one of the first round', async () => {
  const doubles = new Doubles()
  doubles.result = () => ({kind: 'deny', message: 'Login request denied.', reason: 'denied'})
  const site = new Site({doubles, policy: {rejectReference: true}})
  const challenge = await site.reply({password})
  const final = await site.reply({password: '1', state: stateOf(challenge)})
  assert.deepEqual(messagesOf(final), [`Login request denied. (login ${challenge.login.loginId})`])
})

test('failmode ignore: silence, and the result is logged', async () => {
  const doubles = new Doubles()
  doubles.preauth = () => ({kind: 'unavailable', cause: 'no route'})
  const site = new Site({doubles, policy: {failMode: 'ignore'}})
  assert.equal(await site.ask({password}), 'silent')
  const text = 'Failmode Ignore - Left Duo login unanswered on preauth failure'
  assert.deepEqual(site.results.slice(1), [[text, 'Secondary authentication', 'Error', 'failmode-ignore']])
})

test('a stop is no result', async () => {
  const doubles = new Doubles()
  const ending = new AbortController()
  doubles.preauth = () => {
    ending.abort()
    return {kind: 'unavailable', cause: 'stopped'}
  }
  const site = new Site({doubles})
  assert.equal(await site.ask({password}, ending.signal), 'silent')
  assert.deepEqual(site.results, [primaryFine])
  assert.deepEqual(site.node.events('login.bypass'), [])
})

test('authevents.log: the primary result and the final one, none for the prompt', async () => {
  const site = new Site()
  const challenge = await site.reply({password, others: [callingStation('198.51.100.9')]})
  assert.deepEqual(site.results, [primaryFine])
  site.node.world.advance(1234)
  await site.reply({password: '1', state: stateOf(challenge), others: [callingStation('198.51.100.9')]})
  const {policy} = site.node.parts
  assert.deepEqual(site.authEvents.slice(1), [
    {
      msg: 'Success.',
      username: 'jdoe',
      authStage: 'Secondary authentication',
      status: 'Allow',
      clientIp: '198.51.100.9',
      section: policy.section,
      ikey: policy.ikey,
      factor: 'push1',
      nas: '192.0.2.7',
      durationMs: 0,
      reason: 'approved',
      bypass: undefined,
    },
  ])
})

test('authevents.log: a refused password is one result', async () => {
  const doubles = new Doubles()
  doubles.primary = () => ({
    kind: 'reject',
    message: 'Invalid User',
    reason: 'no-such-user',
    detail: '',
    attributes: [],
  })
  const site = new Site({doubles})
  await site.reply({password})
  assert.deepEqual(site.results, [
    ['Primary credentials rejected - Invalid User', 'Primary authentication', 'Reject', 'no-such-user'],
  ])
})

test('authevents.log: a State that does not open has the stage Unknown', async () => {
  const site = new Site()
  await site.reply({password: '1', state: Buffer.from('forged')})
  assert.deepEqual(site.results, [['Unknown Challenge', 'Unknown', 'Reject', 'state-unknown']])
  const state = stateOf(await site.reply({password}))
  site.node.world.advance(301_000)
  await site.reply({password: '1', state})
  assert.deepEqual(site.results.at(-1), ['Unknown Challenge', 'Unknown', 'Reject', 'state-expired'])
})

for (const [what, preauth, options, expected] of [
  [
    'a bypass of Duo',
    {kind: 'allow', message: 'Welcome', groups: []},
    {},
    ['Welcome', 'Allow', 'duo-allowed', 'duo-allow'],
  ],
  ['a denial', {kind: 'deny', message: 'Locked out'}, {}, ['Locked out', 'Reject', 'duo-denied', undefined]],
  [
    'an enrolment in a challenge',
    {kind: 'enroll', message: 'https://api.example/enroll'},
    {},
    ['User is not enrolled. Enrollment link sent.', 'Challenge', 'enroll', undefined],
  ],
  [
    'an enrolment in a reject',
    {kind: 'enroll', message: 'https://api.example/enroll'},
    {enrollChallenge: false},
    ['User is not enrolled. Enrollment link sent.', 'Reject', 'enroll', undefined],
  ],
  [
    'the fail mode safe',
    {kind: 'unavailable', cause: 'no route'},
    {},
    ['Failmode Safe - Allowed Duo login on preauth failure', 'Allow', 'failmode-safe', 'failmode-safe'],
  ],
  [
    'the fail mode secure',
    {kind: 'unavailable', cause: 'no route'},
    {failMode: 'secure'},
    ['Failmode Secure - Denied Duo login on preauth failure', 'Reject', 'failmode-secure', undefined],
  ],
  [
    'an exempt user',
    {kind: 'deny', message: 'never asked'},
    {exemptUsers: new Set(['jdoe'])},
    ['User exempted from 2FA', 'Allow', 'exempt', 'exempt-user'],
  ],
] as const satisfies readonly (readonly [string, Preauth, Partial<LoginPolicy>, readonly unknown[]])[]) {
  test(`authevents.log: ${what}`, async () => {
    const doubles = new Doubles()
    doubles.preauth = () => preauth
    const site = new Site({doubles, policy: options})
    await site.reply({password})
    assert.equal(site.authEvents.length, 2)
    const {msg, status, reason, bypass, authStage} = site.authEvents[1] ?? assert.fail()
    assert.deepEqual([msg, status, reason, bypass], expected)
    assert.equal(authStage, 'Secondary authentication')
  })
}

test('a bypass of the fail mode, or of break-glass, is a warning', async () => {
  const doubles = new Doubles()
  doubles.preauth = () => ({kind: 'unavailable', cause: 'no route'})
  const safe = new Site({doubles})
  await safe.reply({password})
  assert.deepEqual(
    safe.node.events('login.bypass').map(({level, fields}) => [level, fields.bypass]),
    [['warn', 'failmode-safe']],
  )
  const broken = new Site()
  broken.node.primaryOnly = true
  await broken.reply({password})
  assert.deepEqual(
    broken.node.events('login.bypass').map(({level, fields}) => [level, fields.bypass]),
    [['warn', 'primary-only']],
  )
})

test('joined requests have replies of their own and one result', async () => {
  const doubles = new Doubles()
  const gate = deferred<void>()
  doubles.result = async () => {
    await gate.promise
    return {kind: 'allow', message: 'Success.'}
  }
  const site = new Site({doubles})
  const state = stateOf(await site.reply({password}))
  const replies = [1, 2, 3].map((identifier) => site.reply({password: '1', state, identifier}))
  await reached(() => site.node.events('login.joined').length === 2)
  gate.resolve()
  assert.deepEqual(
    (await Promise.all(replies)).map(({code}) => code),
    [accessAccept, accessAccept, accessAccept],
  )
  assert.equal(site.node.events('login.decided').length, 2)
  assert.equal(site.results.length, 2)
})

test('no password and no passcode in any event', async () => {
  const doubles = new Doubles()
  doubles.begin = () => ({kind: 'deny', message: 'Incorrect passcode.', reason: 'passcode'})
  const site = new Site({doubles})
  const state = stateOf(await site.reply({password}))
  await site.reply({password: '8675309', state})
  const everything = JSON.stringify(site.node.records)
  assert.ok(!everything.includes(password) && !everything.includes('8675309'))
  assert.equal(site.authEvents.at(-1)?.factor, 'passcode')
})

test('authevents.log: a try that the guard refused is a result', async () => {
  const site = new Site({policy: {passwordGuard: {rejectDelayMs: 0, failures: 1, windowMs: 600_000}}})
  const refused = () => ({kind: 'reject', message: 'no', reason: 'rejected', detail: '', attributes: []}) as const
  site.doubles.primary = refused
  const others = [callingStation('198.51.100.9')]
  const waiting = [1, 2, 3].map((n) => site.ask({password: `wrong ${n}`, others}))
  await reached(() => site.node.world.pendingTimers === 3)
  const reply = await site.reply({password, others})
  assert.deepEqual(messagesOf(reply), ['Too many wrong passwords were tried. Please try again in a moment.'])
  assert.deepEqual(site.results.at(-1), [
    'Too many wrong passwords were tried. Please try again in a moment.',
    'Primary authentication',
    'Reject',
    'password-guarded',
  ])
  site.node.world.advance(4000)
  await Promise.all(waiting)
  assert.equal(site.results.length, 4)
})
