import assert from 'node:assert/strict'
import {connect, createServer, type Socket} from 'node:net'
import {type TestContext, test} from 'node:test'
import type {LogRecord} from '../../src/core/log/log.ts'
import type {LdapOptions} from '../../src/core/primary/ldap/options.ts'
import {LdapSession} from '../../src/core/primary/ldap/session.ts'
import {createLdapPrimary, type LdapPrimary} from '../../src/core/primary/ldap.ts'
import {Secret} from '../../src/core/secret.ts'
import {createCertificateAuthority, EXPIRED} from '../../src/core/simulate/certificates.ts'
import {realWorld} from '../../src/core/world.ts'
import {login, outcome, recordingLog} from '../primary/ldap/fixture.ts'
import {
  baseDn,
  groupDn,
  hasOpenLdap,
  type OpenLdap,
  type OpenLdapOptions,
  passwordOf,
  serviceDn,
  servicePassword,
  startOpenLdap,
} from '../support/openldap.ts'

const authority = createCertificateAuthority()
const identity = authority.issue(['localhost', '127.0.0.1'])
const invalid = (reason: string) => `${reason}: Invalid User`
const failed = (reason: string) => `${reason}: User Authentication Failed`

/** A server for one test. */
async function server(t: TestContext, options: Partial<OpenLdapOptions> = {}): Promise<OpenLdap | undefined> {
  if (!hasOpenLdap(t)) return undefined
  const started = await startOpenLdap({identity, ca: authority.cert, ...options})
  t.after(() => started.stop())
  return started
}

type Client = {readonly primary: LdapPrimary; readonly records: readonly LogRecord[]}

function client(t: TestContext, to: OpenLdap, overrides: Partial<LdapOptions> = {}): Client {
  const {log, records} = recordingLog(realWorld)
  const transport = overrides.transport ?? 'clear'
  const options: LdapOptions = {
    section: 'ad_client',
    hosts: [to.host],
    port: transport === 'ldaps' ? to.tlsPort : to.port,
    transport,
    caCertificates: to.ca,
    verifyHostname: true,
    verifyDepth: 9,
    authType: 'plain',
    bindDn: serviceDn,
    serviceAccount: {userName: 'svc-mfa', password: new Secret(servicePassword)},
    searchDn: baseDn,
    securityGroupDn: undefined,
    securityGroupNested: false,
    ldapFilter: undefined,
    usernameAttribute: 'uid',
    atAttribute: 'userPrincipalName',
    timeoutMs: 5000,
    ntlmDomain: '',
    ntlmWorkstation: '',
    ...overrides,
  }
  const primary = createLdapPrimary(options, log, realWorld)
  t.after(() => primary.close())
  return {primary, records}
}

const logins: readonly [uid: string, password: string, outcome: string][] = [
  ['jdoe', passwordOf('jdoe'), 'accept'],
  ['jdoe@example.com', passwordOf('jdoe'), 'accept'],
  ['EXAMPLE\\jdoe', passwordOf('jdoe'), 'accept'],
  ['jdoe', 'test-wrong', failed('wrong-password')],
  ['jdoe', '', 'no-password: No password.'],
  ['paul(ext)', passwordOf('paul(ext)'), 'accept'],
  ['star*man', passwordOf('star*man'), 'accept'],
  ['#we"ird+<x>;y=z', passwordOf('#we"ird+<x>;y=z'), 'accept'],
  ['jörg', 'pässwörd-ß-€-日本', 'accept'],
  ['longpw', 'Long-'.repeat(25), 'accept'],
  ['spaces', '  two before, two after  ', 'accept'],
  ['spaces', 'two before, two after', failed('wrong-password')],
  ['special', 'a\\b*c(d)"e\'f;g%h$i', 'accept'],
  ['twin', passwordOf('twin'), invalid('ambiguous-user')],
  ['nobody', 'test', invalid('no-such-user')],
  ['*', passwordOf('jdoe'), invalid('no-such-user')],
  ['jd*', passwordOf('jdoe'), invalid('no-such-user')],
  ['jdoe)(uid=*', passwordOf('jdoe'), invalid('no-such-user')],
  ['*)(|(uid=jdoe', passwordOf('jdoe'), invalid('no-such-user')],
  ['jdoe\\2a\\00', passwordOf('jdoe'), invalid('no-such-user')],
  ['svc-mfa', servicePassword, invalid('no-such-user')],
  ['nopw', 'test', failed('wrong-password')],
  ['locked', passwordOf('locked'), failed('account-locked')],
  ['expired', passwordOf('expired'), failed('password-expired')],
  ['unwilling', passwordOf('unwilling'), failed('rejected')],
]

for (const transport of ['clear', 'starttls', 'ldaps'] as const) {
  test(`OpenLDAP decides over ${transport} what each user gets`, async (t) => {
    const ldap = await server(t)
    if (ldap === undefined) return
    const {primary} = client(t, ldap, {transport})
    for (const [uid, password, expected] of logins) {
      assert.equal(outcome(await login(primary, uid, password)), expected, uid)
    }
  })
}

test('OpenLDAP: passwords that must be changed or run out are accepted, and the log says so', async (t) => {
  const ldap = await server(t)
  if (ldap === undefined) return
  const {primary, records} = client(t, ldap)
  for (const uid of ['grace', 'mustchange']) assert.equal((await login(primary, uid, passwordOf(uid))).kind, 'accept')
  const notices = records.filter((record) => record.name === 'ldap.password_policy').map((record) => record.text)
  assert.match(notices[0] ?? '', /grace, but the password has expired, \d+ logins are left/)
  assert.match(notices[1] ?? '', /mustchange, but the password must be changed/)
})

test('OpenLDAP takes a name without a password as nobody: the trap is real, and nobody falls into it', async (t) => {
  const ldap = await server(t)
  if (ldap === undefined) return
  const session = new LdapSession(connect({host: ldap.host, port: ldap.port}))
  const dn = `uid=jdoe,ou=people,${baseDn}`
  const answer = await session.bind({kind: 'simple', name: dn, password: ''}, new AbortController().signal)
  session.close()
  assert.equal(answer.kind === 'bind' ? answer.result.code : undefined, 0)
  assert.equal(outcome(await login(client(t, ldap).primary, 'jdoe', '')), 'no-password: No password.')
})

const memberships: readonly [group: string, nested: boolean, uid: string, isIn: boolean][] = [
  ['vpn', false, 'jdoe', true],
  ['vpn', false, 'jörg', true],
  ['vpn', false, '#we"ird+<x>;y=z', true],
  ['vpn', false, 'alice', false],
  ['inner', false, 'bob', true],
  ['outer', false, 'bob', false],
  ['outer', true, 'bob', true],
  ['outer', true, 'alice', false],
  ['vpn', true, 'jdoe', true],
  ['outer', true, 'ring', true],
  ['vpn', true, 'ring', false],
]

test('OpenLDAP: direct members, nested groups, and a ring of groups', async (t) => {
  const ldap = await server(t)
  if (ldap === undefined) return
  for (const [group, nested, uid, isIn] of memberships) {
    const {primary} = client(t, ldap, {securityGroupDn: groupDn(group), securityGroupNested: nested})
    const password = uid === 'jörg' ? 'pässwörd-ß-€-日本' : passwordOf(uid)
    assert.equal(
      outcome(await login(primary, uid, password)),
      isIn ? 'accept' : invalid('not-in-group'),
      `${uid} in ${group}`,
    )
  }
})

const refused: readonly [what: string, options: Partial<OpenLdapOptions>, detail: RegExp][] = [
  [
    'of another authority',
    {identity: createCertificateAuthority('other').issue(['localhost', '127.0.0.1'])},
    /unable to/,
  ],
  ['of another name', {identity: authority.issue(['wrong.example.net'])}, /altnames/],
  ['that has ended', {identity: authority.issue(['localhost', '127.0.0.1'], {validity: EXPIRED})}, /expired/],
]

for (const [what, options, detail] of refused) {
  test(`OpenLDAP with a certificate ${what} is not used, over StartTLS and LDAPS`, async (t) => {
    const ldap = await server(t, options)
    if (ldap === undefined) return
    for (const transport of ['starttls', 'ldaps'] as const) {
      const {primary, records} = client(t, ldap, {transport})
      assert.equal((await login(primary, 'jdoe', passwordOf('jdoe'))).kind, 'unavailable')
      assert.match(records.find((record) => record.name === 'ldap.host_down')?.text ?? '', detail)
    }
  })
}

test('OpenLDAP that wants TLS refuses binds in clear, and the log gives the advice', async (t) => {
  const ldap = await server(t, {requireTls: true})
  if (ldap === undefined) return
  const {primary, records} = client(t, ldap)
  assert.equal((await login(primary, 'jdoe', passwordOf('jdoe'))).kind, 'unavailable')
  assert.match(records.find((record) => record.name === 'ldap.needs_protection')?.text ?? '', /starttls or ldaps/)
  assert.equal(
    (await login(client(t, ldap, {transport: 'starttls'}).primary, 'jdoe', passwordOf('jdoe'))).kind,
    'accept',
  )
})

test('OpenLDAP behind a dead first host serves, and a slow answer to a bind ends in time', async (t) => {
  const ldap = await server(t)
  if (ldap === undefined) return
  const {primary, records} = client(t, ldap, {hosts: ['127.0.0.9', '127.0.0.1'], timeoutMs: 1000})
  assert.equal((await login(primary, 'jdoe', passwordOf('jdoe'))).kind, 'accept')
  assert.match(records.find((record) => record.name === 'ldap.host_down')?.text ?? '', /127\.0\.0\.9.*ECONNREFUSED/)
  assert.equal((await login(primary, 'slow', passwordOf('slow'))).kind, 'unavailable')
  assert.match(records.find((record) => record.name === 'ldap.bind_unanswered')?.text ?? '', /slow/)
})

test('OpenLDAP that is busy for a user ends the login as unavailable', async (t) => {
  const ldap = await server(t)
  if (ldap === undefined) return
  assert.equal((await login(client(t, ldap).primary, 'busy', passwordOf('busy'))).kind, 'unavailable')
})

test('OpenLDAP behind something that swallows the TLS handshake costs the time limit', async (t) => {
  const ldap = await server(t)
  if (ldap === undefined) return
  const open = new Set<Socket>()
  const relay = createServer((socket) => {
    const onward = connect({host: ldap.host, port: ldap.port})
    for (const each of [socket, onward]) each.on('error', () => {})
    open.add(socket).add(onward)
    onward.pipe(socket)
    // the StartTLS request goes through, nothing after it
    socket.once('data', (request) => onward.write(request))
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of open) socket.destroy()
    relay.close()
  })
  const address = relay.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const {primary, records} = client(t, ldap, {transport: 'starttls', port, timeoutMs: 500})
  assert.equal((await login(primary, 'jdoe', passwordOf('jdoe'))).kind, 'unavailable')
  assert.match(records.find((record) => record.name === 'ldap.host_down')?.text ?? '', /no answer within 500 ms/)
})

test('OpenLDAP that has gone is noticed, and the login ends at once', async (t) => {
  const ldap = await server(t)
  if (ldap === undefined) return
  const {primary} = client(t, ldap)
  assert.equal((await login(primary, 'jdoe', passwordOf('jdoe'))).kind, 'accept')
  await ldap.stop()
  assert.equal((await login(primary, 'jdoe', passwordOf('jdoe'))).kind, 'unavailable')
})
