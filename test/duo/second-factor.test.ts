import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {FactorStart, Preauth} from '../../src/core/login/second-factor.ts'
import {jdoe, never, preauthOf, request, settle, startLab, until} from './support.ts'

const consoleText = (userName: string, lines: readonly string[]) =>
  `Duo two-factor login for ${userName}\n\nEnter a passcode or select one of the following options:\n\n` +
  `${lines.map((line, at) => ` ${at + 1}. ${line}`).join('\n')}\n\nPasscode or option (1-${lines.length}): `

const jdoeLines = ['Duo Push to XXX-XXX-1234', 'Phone call to XXX-XXX-1234', 'SMS passcodes to XXX-XXX-1234']
const jdoeFactors = [
  ['1', 'push1'],
  ['2', 'phone1'],
  ['3', 'sms1'],
  ['default', 'push1'],
]

function carryOf(preauth: Preauth): string | undefined {
  assert.equal(preauth.kind, 'choose')
  return preauth.kind === 'choose' ? preauth.carry : undefined
}

function pendingOf(start: FactorStart): string {
  assert.equal(start.kind, 'pending')
  return start.kind === 'pending' ? start.transactionId : ''
}

for (const [name, textPrompt, duoApi] of [
  ['v2 with a text prompt of the cloud', true, 'auto'],
  ['v2 with a prompt built from devices', false, 'v2'],
  ['v1', true, 'v1'],
] as const) {
  test(`${name}: the prompt in Duo's layout, the factors in display order`, async (t) => {
    const {cloud, factor} = await startLab(t, {options: {duoApi}})
    cloud.modes.textPrompt = textPrompt
    const preauth = await factor.preauth(preauthOf('jdoe'), never)
    assert.equal(preauth.kind, 'choose')
    if (preauth.kind !== 'choose') return
    assert.equal(preauth.prompt, consoleText('jdoe', jdoeLines))
    assert.deepEqual([...preauth.factors], jdoeFactors)
  })

  test(`${name}: push and call, approved, denied, reported, unanswered`, async (t) => {
    const {cloud, factor} = await startLab(t, {options: {duoApi}})
    cloud.modes.textPrompt = textPrompt
    const carry = carryOf(await factor.preauth(preauthOf('jdoe'), never))
    for (const [choice, answer, expected] of [
      ['push1', 'approve', {kind: 'allow', message: 'Success. Logging you in...'}],
      ['push', 'approve', {kind: 'allow', message: 'Success. Logging you in...'}],
      ['phone1', 'deny', {kind: 'deny', message: 'Login request denied.', reason: 'denied'}],
      ['push1', 'fraud', {kind: 'deny', message: 'Login request reported as fraudulent.', reason: 'fraud'}],
      ['push1', 'timeout', {kind: 'deny', message: 'Login timed out.', reason: 'timeout'}],
    ] as const) {
      const transactionId = pendingOf(await factor.begin(request(choice, carry), never))
      const result = factor.result(transactionId, never)
      assert.equal(cloud.phone[answer](), true)
      assert.deepEqual(await result, expected)
    }
    assert.equal(cloud.pushesStarted, 5)
  })

  test(`${name}: a passcode is decided at once, good once, and never pushes`, async (t) => {
    const {cloud, factor} = await startLab(t, {options: {duoApi}})
    cloud.modes.textPrompt = textPrompt
    const carry = carryOf(await factor.preauth(preauthOf('jdoe'), never))
    assert.deepEqual(await factor.begin(request('123456', carry), never), {
      kind: 'allow',
      message: 'Success. Logging you in...',
    })
    assert.deepEqual(await factor.begin(request('123456', carry), never), {
      kind: 'deny',
      message: 'Incorrect passcode. Please try again.',
      reason: 'passcode',
    })
    assert.equal(cloud.pushesStarted, 0)
  })

  test(`${name}: sms sends codes, and one of them lets in`, async (t) => {
    const {cloud, factor} = await startLab(t, {options: {duoApi}})
    cloud.modes.textPrompt = textPrompt
    const carry = carryOf(await factor.preauth(preauthOf('jdoe'), never))
    for (const choice of ['sms', 'sms1']) {
      const sent = await factor.begin(request(choice, carry), never)
      assert.deepEqual(sent, {kind: 'sent', message: 'New SMS passcodes sent.'})
    }
    const again = await factor.preauth(preauthOf('jdoe'), never)
    assert.match(
      again.kind === 'choose' ? again.prompt : '',
      /SMS passcodes to XXX-XXX-1234 \(next code starts with: 0\)/,
    )
    const code = cloud.phone.smsCodes('jdoe')[0] ?? ''
    assert.equal((await factor.begin(request(code, carryOf(again)), never)).kind, 'allow')
  })

  test(`${name}: allowed, bypassed, denied, locked out, to enroll`, async (t) => {
    const {cloud, factor} = await startLab(t, {options: {duoApi}})
    cloud.modes.textPrompt = textPrompt
    const access = async (userName: string) => {
      const preauth = await factor.preauth(preauthOf(userName), never)
      return [preauth.kind, 'message' in preauth ? preauth.message : '']
    }
    for (const name of ['allow', 'bypass', 'deny', 'locked-out'] as const) cloud.addUser({userName: name, access: name})
    assert.deepEqual(await access('allow'), ['allow', 'Success. Logging you in...'])
    assert.deepEqual(await access('bypass'), ['allow', 'Bypassing second factor'])
    assert.deepEqual(await access('deny'), ['deny', 'Access denied by policy.'])
    assert.equal((await access('locked-out'))[0], 'deny')
    const [kind, message = ''] = await access('stranger')
    assert.equal(kind, 'enroll')
    assert.match(message, /^Enroll an authentication device to proceed: https:\/\/\S+$/)
  })

  test(`${name}: too many wrong passcodes lock out in the middle of a login`, async (t) => {
    const {cloud, factor} = await startLab(t, {options: {duoApi}})
    cloud.modes.textPrompt = textPrompt
    cloud.modes.lockOutAfter = 2
    const carry = carryOf(await factor.preauth(preauthOf('jdoe'), never))
    await factor.begin(request('000000', carry), never)
    const locked = await factor.begin(request('000000', carry), never)
    assert.deepEqual(locked.kind === 'deny' ? locked.reason : locked.kind, 'locked-out')
  })

  test(`${name}: groups reach the login`, async (t) => {
    const {cloud, factor} = await startLab(t, {options: {duoApi}})
    cloud.modes.textPrompt = textPrompt
    cloud.addUser({...jdoe, groups: ['vpn', 'staff']})
    const preauth = await factor.preauth(preauthOf('jdoe'), never)
    assert.deepEqual(preauth.kind === 'choose' ? preauth.groups : [], ['vpn', 'staff'])
  })
}

test('what v2 calls carry: fail mode as open or closed, the client address only when known, no second parameter set', async (t) => {
  const {cloud, factor, another} = await startLab(t)
  await factor.preauth(preauthOf('jdoe'), never)
  await another({failMode: 'secure'}).preauth({userName: 'jdoe', clientAddress: undefined}, never)
  assert.deepEqual(
    cloud.calls.map((call) => call.parameters),
    [
      {
        username: 'jdoe',
        text_prompt: '1',
        failmode: 'open',
        client_supports_verified_push: '1',
        ipaddr: '198.51.100.7',
      },
      {username: 'jdoe', text_prompt: '1', failmode: 'closed', client_supports_verified_push: '1'},
    ],
  )
  assert.deepEqual(
    cloud.calls.map((call) => call.signatureVersion),
    [2, 2],
  )
})

test('what v1 calls carry: what the original sends, 0.0.0.0 for an unknown address, signed without a date', async (t) => {
  const {cloud, factor} = await startLab(t, {options: {duoApi: 'v1'}})
  const preauth = await factor.preauth({userName: 'jdoe', clientAddress: undefined}, never)
  await factor.begin({...request('push1', carryOf(preauth)), clientAddress: undefined}, never)
  await factor.begin(request('123456', carryOf(preauth)), never)
  assert.deepEqual(
    cloud.calls.map((call) => call.parameters),
    [
      {user: 'jdoe', ipaddr: '0.0.0.0', failmode: 'safe'},
      {user: 'jdoe', factor: 'auto', auto: 'push1', ipaddr: '0.0.0.0', async: '1'},
      {user: 'jdoe', factor: 'auto', auto: '123456', ipaddr: '198.51.100.7'},
    ],
  )
  assert.deepEqual(
    cloud.calls.map((call) => [call.signatureVersion, call.headers.date]),
    [
      [1, undefined],
      [1, undefined],
      [1, undefined],
    ],
  )
})

test('a prompt built from devices: tablets by name, international masks, tokens, factors by device id', async (t) => {
  const {cloud, factor} = await startLab(t, {options: {duoApi: 'v2'}})
  cloud.modes.textPrompt = false
  cloud.addUser({
    userName: 'évelyne',
    phones: [
      {id: 'DPTABLET000000000000', name: "Évelyne's Tablet", platform: 'iOS'},
      {id: 'DPPHONE0000000000000', mask: '+33 X XX XX X4 83', number: '+33600000483'},
    ],
    tokens: ['7654321'],
  })
  const preauth = await factor.preauth(preauthOf('évelyne'), never)
  assert.equal(
    preauth.kind === 'choose' ? preauth.prompt : '',
    consoleText('évelyne', [
      "Duo Push to Évelyne's Tablet (iOS)",
      'Duo Push to +33 X XX XX X4 83',
      'Phone call to +33 X XX XX X4 83',
      'SMS passcodes to +33 X XX XX X4 83',
    ]),
  )
  const carry = carryOf(preauth)
  for (const choice of ['push2', 'phone', 'push']) {
    await factor.begin(request(choice, carry, 'évelyne'), never)
  }
  const used = cloud.calls.filter((call) => call.path === '/auth/v2/auth').map((call) => call.parameters.device)
  assert.deepEqual(used, ['DPPHONE0000000000000', 'DPPHONE0000000000000', 'DPTABLET000000000000'])
  const none = await factor.begin(request('push3', carry, 'évelyne'), never)
  assert.equal(none.kind, 'deny')
  assert.equal(cloud.count('/auth/v2/auth'), 3)
})

test('a user with tokens alone is asked for a passcode', async (t) => {
  const {cloud, factor} = await startLab(t)
  cloud.addUser({userName: 'token', tokens: ['1234567'], passcodes: ['654321']})
  for (const textPrompt of [true, false]) {
    cloud.modes.textPrompt = textPrompt
    const preauth = await factor.preauth(preauthOf('token'), never)
    assert.deepEqual(preauth.kind === 'choose' ? [...preauth.factors] : undefined, [])
  }
})

test('hundreds of devices are listed and the last one can be used', async (t) => {
  const {cloud, factor} = await startLab(t)
  cloud.modes.textPrompt = false
  cloud.addUser({userName: 'many', phones: Array.from({length: 100}, (_, at) => ({number: `555${1000 + at}`}))})
  const preauth = await factor.preauth(preauthOf('many'), never)
  assert.equal(preauth.kind === 'choose' ? preauth.factors.get('300') : '', 'sms100')
  const start = await factor.begin(request('push100', carryOf(preauth), 'many'), never)
  assert.equal(start.kind, 'pending')
})

for (const [name, textPrompt, codeAtPreauth] of [
  ['text prompt, the code known at preauth', true, true],
  ['text prompt, the code shown by auth_status alone', true, false],
  ['devices, the code known at preauth', false, true],
] as const) {
  test(`Verified Push, ${name}: the push shows its code and one approval lets in`, async (t) => {
    const {cloud, factor} = await startLab(t)
    Object.assign(cloud.modes, {textPrompt, codeAtPreauth})
    cloud.addUser({...jdoe, verifiedPush: true})
    const preauth = await factor.preauth(preauthOf('jdoe'), never)
    const choice = preauth.kind === 'choose' ? (preauth.factors.get('1') ?? '') : ''
    assert.equal(choice, textPrompt ? 'verified_push1' : 'push1')
    const start = await factor.begin(request(choice, carryOf(preauth)), never)
    const push = cloud.pushes[0]
    assert.match(push?.verificationCode ?? '', /^\d{3}$/)
    assert.match(start.kind === 'pending' ? (start.notice ?? '') : '', new RegExp(`code ${push?.verificationCode} in`))
    const result = factor.result(pendingOf(start), never)
    cloud.phone.approve()
    assert.equal((await result).kind, 'allow')
    assert.equal(cloud.pushesStarted, 1)
  })
}

test('Verified Push: a passcode may be typed instead, and does not take the promised push', async (t) => {
  const {cloud, factor} = await startLab(t)
  cloud.addUser({...jdoe, verifiedPush: true})
  const carry = carryOf(await factor.preauth(preauthOf('jdoe'), never))
  assert.equal((await factor.begin(request('123456', carry), never)).kind, 'allow')
  assert.equal(cloud.calls.at(-1)?.parameters.txid, undefined)
})

test('an answer of more than 2000 characters never leaves', async (t) => {
  const {cloud, factor} = await startLab(t)
  const start = await factor.begin(request('1'.repeat(2001)), never)
  assert.equal(start.kind, 'deny')
  assert.equal(cloud.calls.length, 0)
})

test('auth_status is asked again after a waiting answer or 40002, and ends with the phone', async (t) => {
  for (const longPollEnd of ['waiting', '40002'] as const) {
    const {world, cloud, factor} = await startLab(t)
    cloud.modes.longPollEnd = longPollEnd
    cloud.modes.longPollMs = 5_000
    const transactionId = pendingOf(await factor.begin(request('push1'), never))
    const result = factor.result(transactionId, never)
    for (const polls of [2, 3, 4]) {
      await until(() => cloud.count('/auth/v2/auth_status') === polls)
      world.advance(5_000)
    }
    await until(() => cloud.count('/auth/v2/auth_status') === 5)
    cloud.phone.approve()
    assert.equal((await result).kind, 'allow')
  }
})

test('a poll that fails does not lose the push', async (t) => {
  const {world, cloud, factor} = await startLab(t)
  const transactionId = pendingOf(await factor.begin(request('push1'), never))
  cloud.fail('/auth/v2/auth_status', {kind: 'fail', code: 50302})
  cloud.fail('/auth/v2/auth_status', {kind: 'answer', status: 502, body: '<html>'})
  cloud.fail('/auth/v2/auth_status', {kind: 'reset'}, 2)
  const result = factor.result(transactionId, never)
  cloud.phone.approve()
  assert.equal((await settle(world, result)).kind, 'allow')
  assert.equal(cloud.count('/auth/v2/auth_status'), 6)
  assert.equal(cloud.pushesStarted, 1)
})

test('a result that never comes ends at the deadline, and leaves no timer', async (t) => {
  const {world, cloud, factor} = await startLab(t)
  const before = world.pendingTimers
  cloud.fail('/auth/v2/auth_status', {kind: 'hang'}, Number.POSITIVE_INFINITY)
  const silent = factor.result('unknown-transaction', never)
  for (const polls of [1, 2, 3]) {
    await until(() => cloud.count('/auth/v2/auth_status') === polls)
    world.advance(30_000)
  }
  assert.equal((await silent).kind, 'unavailable')
  cloud.heal()
  const unknown = await settle(world, factor.result('unknown-transaction', never))
  assert.equal(unknown.kind === 'deny' ? unknown.reason : unknown.kind, 'timeout')
  assert.equal(world.pendingTimers, before)
})

test('more pushes than connections: each result is asked for in its turn, and none is lost', async (t) => {
  const {world, cloud, factor, records} = await startLab(t, {options: {connections: 2}})
  const ids: string[] = []
  for (let at = 0; at < 6; at++) ids.push(pendingOf(await factor.begin(request('push1'), never)))
  const results = ids.map((id) => factor.result(id, never))
  const asked = () => new Set(cloud.calls.map(({parameters}) => parameters.txid).filter((id) => id !== undefined)).size
  await until(() => asked() >= 2)
  for (let at = 0; at < 60 && asked() < 6; at++) {
    const known = cloud.calls.length
    world.advance(1000)
    await new Promise((resolve) => setImmediate(resolve))
    if (world.monotonicMs() % 5000 === 0) await until(() => cloud.calls.length > known || asked() === 6)
  }
  assert.equal(asked(), 6)
  assert.equal(records.filter(({name}) => name === 'duo.pushes-in-turns').length > 0, true)
  for (const id of ids) cloud.phone.approve(id)
  const told = await settle(world, Promise.all(results))
  assert.deepEqual(new Set(told.map(({kind}) => kind)), new Set(['allow']))
})

test('a result that no connection comes free for ends at the deadline as well', async (t) => {
  const {world, cloud, factor} = await startLab(t, {options: {connections: 1}})
  const before = world.pendingTimers
  cloud.fail('/auth/v2/auth_status', {kind: 'hang'}, Number.POSITIVE_INFINITY)
  const results = Array.from({length: 20}, () => factor.result('unknown-transaction', never))
  await until(() => cloud.count('/auth/v2/auth_status') === 1)
  world.advance(70_000)
  const told = await Promise.all(results)
  assert.deepEqual(new Set(told.map(({kind}) => kind)), new Set(['unavailable']))
  assert.equal(world.pendingTimers, before)
})

test('a push whose result could not be asked for in time does not go out; a passcode does', async (t) => {
  const {cloud, factor, records} = await startLab(t, {options: {connections: 1}})
  const ids: string[] = []
  for (let at = 0; at < 6; at++) ids.push(pendingOf(await factor.begin(request('push1'), never)))
  const results = ids.map((id) => factor.result(id, never))
  for (const choice of ['push1', 'phone1']) {
    assert.deepEqual(await factor.begin(request(choice), never), {kind: 'full'})
  }
  assert.equal(cloud.pushesStarted, 6)
  assert.deepEqual(
    records.filter(({name}) => name === 'duo.pushes-full').map(({fields}) => fields.pending),
    [6, 6],
  )
  assert.equal((await factor.begin(request('123456'), never)).kind, 'allow')
  for (const id of ids) cloud.phone.approve(id)
  for (const told of await Promise.all(results)) assert.equal(told.kind, 'allow')
  assert.equal((await factor.begin(request('push1'), never)).kind, 'pending')
})

test('the same result can be asked for by several at once, and again later', async (t) => {
  const {cloud, factor, another} = await startLab(t)
  const transactionId = pendingOf(await factor.begin(request('push1'), never))
  const results = [factor.result(transactionId, never), another({}).result(transactionId, never)]
  cloud.phone.approve()
  const told = await Promise.all(results)
  assert.deepEqual(
    told.map((result) => result.kind),
    ['allow', 'allow'],
  )
  assert.equal((await factor.result(transactionId, never)).kind, 'allow')
})

test('a login that ends takes its wait with it', async (t) => {
  const {world, factor} = await startLab(t)
  const before = world.pendingTimers
  const transactionId = pendingOf(await factor.begin(request('push1'), never))
  const stop = new AbortController()
  const result = factor.result(transactionId, stop.signal)
  stop.abort()
  assert.equal((await result).kind, 'unavailable')
  // The push itself lives on at the cloud: one timer.
  await until(() => world.pendingTimers <= before + 1)
})

test('close ends pending calls, and later ones at once', async (t) => {
  const {cloud, factor} = await startLab(t)
  const transactionId = pendingOf(await factor.begin(request('push1'), never))
  const result = factor.result(transactionId, never)
  await until(() => cloud.count('/auth/v2/auth_status') >= 2)
  await factor.close()
  assert.equal((await result).kind, 'unavailable')
  assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'unavailable')
})
