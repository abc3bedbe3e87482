import assert from 'node:assert/strict'
import {createServer, type Socket} from 'node:net'
import {type TestContext, test} from 'node:test'
import {setImmediate} from 'node:timers/promises'
import {createLdapPrimary} from '../../../src/core/primary/ldap.ts'
import {Secret} from '../../../src/core/secret.ts'
import {type FakeDirectory, startFakeDirectory} from '../../../src/core/simulate/directory.ts'
import type {DirectoryEvent} from '../../../src/core/simulate/directory-connection.ts'
import {ManualWorld} from '../../support/manual-world.ts'
import {certificate, content, lab, login, optionsFor, outcome, passwordOf, recordingLog} from './fixture.ts'

const nobodyThere = '127.0.0.9'
const wrong = 'wrong-password: User Authentication Failed'

/** Another directory of the same content, on the same port of another loopback address. */
async function second(t: TestContext, first: FakeDirectory, host = '127.0.0.2') {
  const events: DirectoryEvent[] = []
  const options = {content, certificate, host, port: first.port, serviceUser: 'svc-mfa'}
  const directory = await startFakeDirectory({...options, onEvent: (event) => events.push(event)}, new ManualWorld())
  t.after(() => directory.close())
  return {directory, events}
}

const userBinds = (events: readonly DirectoryEvent[]) =>
  events.filter((event) => event.kind === 'bind' && !event.name.includes('svc-mfa'))

/** Lets the event loop turn until something has come about; a test that waits in vain fails by its own time limit. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate()
}

test('a dead first host is passed over, remembered, probed, and taken back', async (t) => {
  const {directory, client, records, world} = await lab(t)
  const primary = client({hosts: [nobodyThere, '127.0.0.1']})
  assert.equal((await login(primary, 'jdoe')).kind, 'accept')
  assert.deepEqual(
    primary.hostStates().map(({host, up}) => [host, up]),
    [
      [nobodyThere, false],
      ['127.0.0.1', true],
    ],
  )
  assert.equal((await login(primary, 'jdoe')).kind, 'accept')
  assert.equal(records.filter((record) => record.name === 'ldap.host_down').length, 1)

  const back = await second(t, directory, nobodyThere)
  world.advance(1000)
  await until(() => records.some((record) => record.name === 'ldap.host_up'))
  assert.equal((await login(primary, 'jdoe')).kind, 'accept')
  assert.equal(userBinds(back.events).length, 1, 'the order is kept: the first host serves again')
})

test('a host that stays dead is probed less and less often, and logins never wait for it', async (t) => {
  const {client, world, records} = await lab(t)
  const primary = client({hosts: [nobodyThere, '127.0.0.1']})
  await login(primary, 'jdoe')
  for (let minute = 0; minute < 10; minute++) {
    world.advance(60_000)
    await login(primary, 'jdoe')
  }
  assert.equal(records.filter((record) => record.name === 'ldap.host_down').length, 1)
})

test('with every host dead all of them are asked at each login', async (t) => {
  const {client, directory} = await lab(t)
  const primary = client({hosts: [nobodyThere, '127.0.0.2']})
  const result = await login(primary, 'jdoe')
  assert.deepEqual(result, {kind: 'unavailable', message: 'Failed to communicate with any Active Directory server'})
  await second(t, directory)
  assert.equal((await login(primary, 'jdoe')).kind, 'accept')
})

test('a host that accepts and says nothing costs its time limit once', async (t) => {
  const {directory, client, world, next} = await lab(t)
  const other = await second(t, directory)
  directory.faults.stall = true
  const primary = client({hosts: ['127.0.0.1', '127.0.0.2']})
  const connected = next('connected')
  const first = login(primary, 'jdoe')
  await connected
  world.advance(9_999)
  await setImmediate()
  assert.equal(userBinds(other.events).length, 0)
  world.advance(1)
  assert.equal((await first).kind, 'accept')
  assert.equal((await login(primary, 'jdoe')).kind, 'accept')
})

test('a StartTLS handshake that never comes costs the time limit', async (t) => {
  const {directory, client, world, next, records} = await lab(t)
  directory.faults.stallTls = true
  const primary = client({transport: 'starttls'})
  const started = next('starttls')
  const result = login(primary, 'jdoe')
  await started
  world.advance(10_000)
  assert.equal((await result).kind, 'unavailable')
  assert.match(records.find((record) => record.name === 'ldap.host_down')?.text ?? '', /no answer within 10000 ms/)
})

test('a search that is not answered costs the time limit, and the next host answers', async (t) => {
  const {directory, client, world, next} = await lab(t)
  await second(t, directory)
  const primary = client({hosts: ['127.0.0.1', '127.0.0.2']})
  directory.faults.stallSearches = true
  const bound = next('bind')
  const result = login(primary, 'jdoe')
  await bound
  await setImmediate()
  world.advance(10_000)
  assert.equal((await result).kind, 'accept')
})

for (const transport of ['clear', 'starttls'] as const) {
  test(`a wrong password is tried once, on one of the hosts (${transport})`, async (t) => {
    const {directory, client, events} = await lab(t)
    const other = await second(t, directory)
    const primary = client({hosts: ['127.0.0.1', '127.0.0.2'], transport})
    assert.equal(outcome(await login(primary, 'jdoe', 'fake-wrong')), wrong)
    assert.equal(userBinds([...events, ...other.events]).length, 1)
  })
}

test('a bind that gets no answer is not repeated anywhere', async (t) => {
  const {directory, client, events, records, world} = await lab(t)
  const other = await second(t, directory)
  const primary = client({hosts: ['127.0.0.1', '127.0.0.2']})

  directory.faults.cutBinds = true
  assert.equal((await login(primary, 'jdoe')).kind, 'unavailable')
  directory.faults.cutBinds = false
  assert.equal(records.filter((record) => record.name === 'ldap.bind_unanswered').length, 1)
  assert.deepEqual([userBinds(events), userBinds(other.events)], [[], []])

  assert.equal((await login(primary, 'jdoe')).kind, 'accept', 'the next login goes to the other host')
  assert.equal(userBinds(other.events).length, 1)

  other.directory.faults.stallBinds = true
  const stalled = login(primary, 'jdoe')
  await until(() => other.events.filter((event) => event.kind === 'search').length === 2)
  await setImmediate()
  world.advance(10_000)
  assert.equal((await stalled).kind, 'unavailable')
  assert.equal(userBinds(other.events).length, 1)
})

for (const [code, name] of [
  [51, 'busy'],
  [52, 'unavailable'],
] as const) {
  test(`a host that says it is ${name} has not looked at the password: the next one is asked`, async (t) => {
    const {directory, client} = await lab(t)
    const other = await second(t, directory)
    directory.faults.bindCode = code
    const primary = client({hosts: ['127.0.0.1', '127.0.0.2']})
    assert.equal((await login(primary, 'jdoe')).kind, 'accept')
    assert.equal(userBinds(other.events).length, 1)
  })
}

for (const code of [1, 2, 48, 53, 80]) {
  test(`result ${code} of a user's bind is a refusal and ends the login`, async (t) => {
    const {directory, client} = await lab(t)
    const other = await second(t, directory)
    directory.faults.bindCode = code
    const primary = client({hosts: ['127.0.0.1', '127.0.0.2']})
    assert.equal(outcome(await login(primary, 'jdoe')), 'rejected: User Authentication Failed')
    assert.equal(userBinds(other.events).length, 0)
  })
}

test('connections are kept: many logins one after another need one for searches and one for users', async (t) => {
  const {login: tryLogin, events} = await lab(t)
  for (let i = 0; i < 20; i++) await tryLogin('jdoe', i % 2 === 0 ? passwordOf('jdoe') : 'fake-wrong')
  assert.equal(events.filter((event) => event.kind === 'connected').length, 2)
  const identities = new Set(events.flatMap((event) => (event.kind === 'search' ? [event.identity] : [])))
  assert.deepEqual([...identities], ['CN=svc-mfa,OU=Services,DC=example,DC=com'], 'nobody else ever searches')
})

test('connections that the server has dropped are replaced without anybody noticing', async (t) => {
  const {login: tryLogin, directory, records} = await lab(t)
  for (let i = 0; i < 5; i++) {
    assert.equal((await tryLogin('jdoe')).kind, 'accept')
    directory.dropConnections()
    if (i % 2 === 0) await setImmediate()
  }
  assert.deepEqual(
    records.filter((record) => record.name === 'ldap.host_down'),
    [],
  )
})

test('fifty logins at once on a fresh client all get their own answer', async (t) => {
  const {login: tryLogin} = await lab(t)
  const results = await Promise.all(
    Array.from({length: 50}, (_, i) => tryLogin('jdoe', i % 2 === 0 ? passwordOf('jdoe') : 'fake-wrong')),
  )
  assert.deepEqual(
    results.map(outcome),
    Array.from({length: 50}, (_, i) => (i % 2 === 0 ? 'accept' : wrong)),
  )
})

test('more logins than connections wait their turn', async (t) => {
  const {login: tryLogin, events} = await lab(t)
  const results = await Promise.all(Array.from({length: 150}, () => tryLogin('jdoe')))
  assert.ok(results.every((result) => result.kind === 'accept'))
  assert.ok(events.filter((event) => event.kind === 'connected').length <= 128)
})

test('above the bound logins are refused at once, as busy; a queue of ours marks no host as down', async (t) => {
  const {directory, events, primary, records} = await lab(t)
  assert.equal((await login(primary, 'jdoe')).kind, 'accept')
  directory.faults.stall = true
  const searches = () => events.filter((event) => event.kind === 'search').length
  const known = searches()
  const waiting = Array.from({length: 64 + 8000}, () => login(primary, 'jdoe'))
  const refused = await login(primary, 'jdoe')
  assert.deepEqual(refused.kind === 'unavailable' && refused.isBusy, true)
  assert.equal(records.filter(({name}) => name === 'ldap.host_down').length, 0)
  assert.equal(records.filter(({name}) => name === 'ldap.busy').length, 1)
  assert.equal((await login(primary, 'jdoe', 'wrong')).kind, 'unavailable', 'whatever the password')
  assert.ok(searches() - known <= 64)
  await primary.close()
  for (const result of await Promise.all(waiting)) assert.equal(result.kind, 'unavailable')
})

test('idle connections are closed after a minute', async (t) => {
  const {login: tryLogin, events, world} = await lab(t)
  await tryLogin('jdoe')
  world.advance(60_000)
  await tryLogin('jdoe')
  assert.equal(events.filter((event) => event.kind === 'connected').length, 4)
})

test('a wrong service password is tried once, however many logins and hosts there are, then after a pause', async (t) => {
  const {directory, client, events, records, world} = await lab(t)
  const other = await second(t, directory)
  const serviceAccount = {userName: 'svc-mfa', password: new Secret('fake-rotated')}
  const primary = client({hosts: ['127.0.0.1', '127.0.0.2'], serviceAccount})
  const binds = () => [...events, ...other.events].filter((event) => event.kind === 'bind').length
  const results = await Promise.all(Array.from({length: 10}, () => login(primary, 'jdoe')))
  assert.ok(results.every((result) => result.kind === 'unavailable'))
  assert.equal(binds(), 1)
  assert.equal(records.filter((record) => record.name === 'ldap.service_account_refused').length, 1)
  const connected = events.filter((event) => event.kind === 'connected').length
  await login(primary, 'jdoe')
  assert.equal(binds(), 1)
  assert.equal(events.filter((event) => event.kind === 'connected').length, connected, 'no server is bothered')
  assert.match(
    records.findLast((record) => record.name === 'ldap.service_account_rests')?.text ?? '',
    /nobody can log in: the service account was refused.*data 52e.*300 s or after a reload/,
  )
  world.advance(5 * 60_000)
  await login(primary, 'jdoe')
  assert.equal(binds(), 2)
  assert.equal((await login(client({}), 'jdoe')).kind, 'accept', 'a new client, as a reload makes it, starts afresh')
})

test('closing ends logins in flight, and leaves no connection and no timer behind', async (t) => {
  const {directory, client, next, world} = await lab(t)
  directory.faults.stall = true
  const primary = client({hosts: [nobodyThere, '127.0.0.1']})
  const connected = next('connected')
  const result = login(primary, 'jdoe')
  await connected
  await primary.close()
  assert.equal((await result).kind, 'unavailable')
  assert.equal(world.pendingTimers, 0)
  assert.equal((await login(primary, 'jdoe')).kind, 'unavailable')
})

test('a login that is given up by its caller marks no host as down', async (t) => {
  const {directory, primary, next} = await lab(t)
  directory.faults.stall = true
  const controller = new AbortController()
  const request = {
    userName: 'jdoe',
    credentials: {kind: 'password', password: new Secret('fake')} as const,
    clientAddress: undefined,
    forwarded: [],
    resume: undefined,
  }
  const connected = next('connected')
  const result = primary.authenticate(request, controller.signal)
  await connected
  controller.abort()
  assert.equal((await result).kind, 'unavailable')
  assert.deepEqual(primary.hostStates(), [{host: '127.0.0.1', up: true, detail: ''}])
})

/** A server that answers whatever comes with the same octets. */
async function parrot(t: TestContext, answer: Buffer): Promise<number> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('data', () => socket.write(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const nonsense: readonly [what: string, answer: string][] = [
  ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex')],
  ['a bind response without a result', '30050201016100'],
  ['a bind response to somebody else', '300c02010961070a010004000400'],
  ['a message of four gigabytes', '3084ffffffff'],
  ['a search result to a bind', '300c02010165070a010004000400'],
  ['a notice of disconnection', '300c02010078070a013404000400'],
]

for (const [what, answer] of nonsense) {
  test(`${what} is no answer, and never lets anybody in`, async (t) => {
    const port = await parrot(t, Buffer.from(answer, 'hex'))
    const {directory} = await lab(t)
    const world = new ManualWorld()
    const {log, records} = recordingLog(world)
    const primary = createLdapPrimary({...optionsFor(directory), port}, log, world)
    t.after(() => primary.close())
    assert.equal((await login(primary, 'jdoe')).kind, 'unavailable')
    assert.equal(records.filter((record) => record.name === 'ldap.host_down').length, 1)
  })
}
