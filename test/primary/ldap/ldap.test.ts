import assert from 'node:assert/strict'
import {test} from 'node:test'
import {baseDn, groupDn, lab, login, outcome, passwordOf} from './fixture.ts'

const invalid = (reason: string) => `${reason}: Invalid User`
const failed = (reason: string) => `${reason}: User Authentication Failed`

const logins: readonly [userName: string, password: string, outcome: string][] = [
  ['jdoe', passwordOf('jdoe'), 'accept'],
  ['JDOE', passwordOf('jdoe'), 'accept'],
  ['jdoe@example.com', passwordOf('jdoe'), 'accept'],
  ['EXAMPLE\\jdoe', passwordOf('jdoe'), 'accept'],
  ['pat.jones@corp.example.org', passwordOf('pjones'), 'accept'],
  ['pjones@example.com', passwordOf('pjones'), invalid('no-such-user')],
  ['jsmith', passwordOf('jsmith'), 'accept'],
  ['paul(ext)', passwordOf('paul(ext)'), 'accept'],
  ['star*man', passwordOf('star*man'), 'accept'],
  ['jörg', 'pässwörd-ß-€-日本', 'accept'],
  ['jdoe', 'fake-wrong', failed('wrong-password')],
  ['jdoe', '', 'no-password: No password.'],
  ['', 'fake', invalid('bad-user-name')],
  ['Smith, John', 'fake', invalid('bad-user-name')],
  ['nobody', 'fake', invalid('no-such-user')],
  ['*', passwordOf('jdoe'), invalid('no-such-user')],
  ['jd*', passwordOf('jdoe'), invalid('no-such-user')],
  ['jdoe)(uid=*', passwordOf('jdoe'), invalid('no-such-user')],
  ['*)(|(sAMAccountName=jdoe', passwordOf('jdoe'), invalid('no-such-user')],
  ['jdoe\\2a', passwordOf('jdoe'), invalid('no-such-user')],
  ['vpn', 'fake', invalid('no-such-user')],
  ['twin', 'fake-password-twin1', invalid('ambiguous-user')],
  ['EXAMPLE\\twin', 'fake-password-twin1', 'accept'],
  ['OTHER\\twin', 'fake-password-twin2', 'accept'],
  ['OTHER\\twin', 'fake-password-twin1', failed('wrong-password')],
  ['THIRD\\twin', 'fake-password-twin1', invalid('ambiguous-user')],
  ['disabled', passwordOf('disabled'), failed('account-disabled')],
  ['disabled', 'fake-wrong', failed('wrong-password')],
  ['locked', passwordOf('locked'), failed('account-locked')],
  ['account-expired', passwordOf('account-expired'), failed('account-expired')],
  ['password-expired', passwordOf('password-expired'), failed('password-expired')],
  ['must-change-password', passwordOf('must-change-password'), failed('must-change-password')],
  ['logon-hours', passwordOf('logon-hours'), failed('logon-hours')],
  ['workstation', passwordOf('workstation'), failed('workstation')],
  ['restricted', passwordOf('restricted'), failed('account-restriction')],
]

test('each user gets the answer the directory has for them, whatever the name looks like', async (t) => {
  const {login: tryLogin, events} = await lab(t)
  for (const [userName, password, expected] of logins) {
    const before = events.filter((event) => event.kind === 'bind' && !event.name.startsWith('CN=svc-mfa')).length
    assert.equal(outcome(await tryLogin(userName, password)), expected, userName)
    const binds =
      events.filter((event) => event.kind === 'bind' && !event.name.startsWith('CN=svc-mfa')).length - before
    const reachesBind = expected === 'accept' || expected.endsWith('Failed')
    assert.equal(binds, reachesBind ? 1 : 0, `${userName}: exactly one bind for a password, none without a user`)
  }
})

test('an empty password and a name that cannot be searched reach no server', async (t) => {
  const {login: tryLogin, events} = await lab(t)
  await tryLogin('jdoe', '')
  await tryLogin('a,b', 'fake')
  await tryLogin('', 'fake')
  assert.deepEqual(events, [])
})

test('a user binds with the distinguished name that was found, never with what was typed', async (t) => {
  const {login: tryLogin, events} = await lab(t)
  await tryLogin('EXAMPLE\\jsmith')
  const names = events.flatMap((event) => (event.kind === 'bind' ? [event.name] : []))
  assert.deepEqual(names, [
    `CN=svc-mfa,OU=Services,${baseDn}`,
    `CN=Smith\\, John (Ext) #1 \\+ \\"Q\\" \\\\ \\<x\\>\\; y\\=z *,OU=People,${baseDn}`,
  ])
})

for (const transport of ['starttls', 'ldaps'] as const) {
  test(`logins go through ${transport}, with the certificate verified`, async (t) => {
    const {client, directory, events} = await lab(t)
    const port = transport === 'ldaps' ? (directory.tlsPort ?? 0) : directory.port
    const primary = client({transport, port})
    assert.equal(outcome(await login(primary, 'jdoe')), 'accept')
    assert.equal(outcome(await login(primary, 'jdoe', 'fake-wrong')), failed('wrong-password'))
    assert.equal(
      events.some((event) => event.kind === 'starttls'),
      transport === 'starttls',
    )
  })
}

test('a directory that wants protection is not used in clear, and the log says what to do', async (t) => {
  const {login: tryLogin, records, client} = await lab(t, {}, {requireProtection: true})
  assert.equal((await tryLogin('jdoe')).kind, 'unavailable')
  const advice = records.find((record) => record.name === 'ldap.needs_protection')
  assert.match(advice?.text ?? '', /set transport to starttls or ldaps, or auth_type to ntlm2/)
  assert.equal(outcome(await login(client({transport: 'starttls'}), 'jdoe')), 'accept')
})

test('ldap_filter narrows who may log in, and the detail tells it from an unknown user', async (t) => {
  const {login: tryLogin} = await lab(t, {ldapFilter: '(!(sAMAccountName=bob))'})
  assert.equal(outcome(await tryLogin('jdoe')), 'accept')
  const left = await tryLogin('bob')
  assert.equal(outcome(left), invalid('no-such-user'))
  assert.match(left.kind === 'reject' ? (left.detail ?? '') : '', /ldap_filter/)
})

test('an ldap_filter that is none keeps the section from starting, with the place', async (t) => {
  const {client} = await lab(t)
  assert.throws(() => client({ldapFilter: '(cn=a'}), /ldap_filter is no LDAP filter.*character 6/)
})

const memberships: readonly [group: string, nested: boolean, userName: string, isIn: boolean][] = [
  ['vpn', false, 'jdoe', true],
  ['vpn', false, 'bob', false],
  ['vpn', false, 'nobody', false],
  ['inner', false, 'bob', true],
  ['outer', false, 'bob', false],
  ['outer', true, 'bob', true],
  ['vpn', true, 'bob', false],
  ['vpn', true, 'jdoe', true],
  ['primary', false, 'carol', true],
  ['primary', true, 'carol', true],
  ['outer', false, 'carol', false],
  ['outer', true, 'carol', true],
  ['vpn', false, 'carol', false],
  ['missing', false, 'jdoe', false],
  ['missing', true, 'jdoe', false],
]

for (const [group, nested, userName, isIn] of memberships) {
  test(`${userName} is ${isIn ? '' : 'not '}let in by group ${group}${nested ? ', nesting counted' : ''}`, async (t) => {
    const {login: tryLogin, events} = await lab(t, {securityGroupDn: groupDn(group), securityGroupNested: nested})
    const refusal = userName === 'nobody' ? invalid('no-such-user') : invalid('not-in-group')
    assert.equal(outcome(await tryLogin(userName)), isIn ? 'accept' : refusal)
    const binds = events.filter((event) => event.kind === 'bind').length
    assert.equal(binds, isIn ? 2 : 1, 'no user binds before the group is checked')
  })
}

test('a primary group of the same number in another domain lets nobody in', async (t) => {
  const {login: tryLogin} = await lab(t, {securityGroupDn: groupDn('primary')})
  assert.equal(outcome(await tryLogin('stranger')), invalid('not-in-group'))
})
