import assert from 'node:assert/strict'
import {after, test} from 'node:test'
import type {LogRecord} from '../../src/core/log/log.ts'
import type {LdapOptions} from '../../src/core/primary/ldap/options.ts'
import {createLdapPrimary, type LdapPrimary} from '../../src/core/primary/ldap.ts'
import {Secret} from '../../src/core/secret.ts'
import {realWorld} from '../../src/core/world.ts'
import {login, outcome, recordingLog} from '../primary/ldap/fixture.ts'
import {
  baseDn,
  domain,
  groupDn,
  hasSamba,
  passwordOf,
  type SambaAd,
  serviceDn,
  servicePassword,
  startSambaAd,
} from '../support/samba-ad.ts'

const clients: LdapPrimary[] = []
let samba: SambaAd | undefined

after(async () => {
  for (const each of clients) await each.close()
  await samba?.stop()
})

type Client = {readonly primary: LdapPrimary; readonly records: readonly LogRecord[]}

function client(ca: string, overrides: Partial<LdapOptions>): Client {
  const {log, records} = recordingLog(realWorld)
  const transport = overrides.transport ?? 'clear'
  const options: LdapOptions = {
    section: 'ad_client',
    hosts: ['127.0.0.2'],
    port: transport === 'ldaps' ? 636 : 389,
    transport,
    caCertificates: ca,
    verifyHostname: true,
    verifyDepth: 9,
    authType: 'ntlm2',
    bindDn: undefined,
    serviceAccount: {userName: 'svc-mfa', password: new Secret(servicePassword)},
    searchDn: baseDn,
    securityGroupDn: undefined,
    securityGroupNested: false,
    ldapFilter: undefined,
    usernameAttribute: 'sAMAccountName',
    atAttribute: 'userPrincipalName',
    timeoutMs: 10_000,
    ntlmDomain: domain,
    ntlmWorkstation: '',
    ...overrides,
  }
  const primary = createLdapPrimary(options, log, realWorld)
  clients.push(primary)
  return {primary, records}
}

const failed = (reason: string) => `${reason}: User Authentication Failed`
const invalid = (reason: string) => `${reason}: Invalid User`

const logins: readonly [userName: string, password: string, outcome: string][] = [
  ['jdoe', passwordOf('jdoe'), 'accept'],
  ['JDOE', passwordOf('jdoe'), 'accept'],
  ['ADEXAMPLE\\jdoe', passwordOf('jdoe'), 'accept'],
  ['jdoe@ad.example.com', passwordOf('jdoe'), 'accept'],
  ['pat.jones@corp.example.org', passwordOf('pjones'), 'accept'],
  ['jsmith', passwordOf('jsmith'), 'accept'],
  ['paul(ext)', passwordOf('paul'), 'accept'],
  ['two words', passwordOf('words'), 'accept'],
  ['jörg', 'pässwörd-ß-€-日本', 'accept'],
  ['longpw', 'Long-'.repeat(25), 'accept'],
  ['spaces', '  two before, two after  ', 'accept'],
  ['jdoe', 'test-wrong', failed('wrong-password')],
  ['jdoe', '', 'no-password: No password.'],
  ['nobody', 'test', invalid('no-such-user')],
  ['*', passwordOf('jdoe'), invalid('no-such-user')],
  ['jdoe)(objectClass=*', passwordOf('jdoe'), invalid('no-such-user')],
  ['disabled', passwordOf('disabled'), failed('account-disabled')],
  ['disabled', 'test-wrong', failed('wrong-password')],
  ['acctexpired', passwordOf('acctexpired'), failed('account-expired')],
  ['mustchange', passwordOf('mustchange'), failed('must-change-password')],
  ['pwexpired', passwordOf('pwexpired'), failed('password-expired')],
  ['badhours', passwordOf('badhours'), failed('logon-hours')],
  ['badstation', passwordOf('badstation'), failed('workstation')],
  ['protected', passwordOf('protected'), failed('account-restriction')],
]

const ways: readonly [what: string, overrides: Partial<LdapOptions>][] = [
  ['ntlm2 in clear, signed and sealed', {}],
  ['ntlm2 over LDAPS, bound to the connection', {transport: 'ldaps'}],
  ['ntlm2 over StartTLS, bound to the connection', {transport: 'starttls'}],
  ['ntlm1 over LDAPS', {authType: 'ntlm1', transport: 'ldaps'}],
  ['plain over LDAPS', {authType: 'plain', bindDn: serviceDn, transport: 'ldaps'}],
  ['plain over StartTLS', {authType: 'plain', bindDn: serviceDn, transport: 'starttls'}],
  [
    'plain, the service account by user principal name',
    {authType: 'plain', bindDn: 'svc-mfa@ad.example.com', transport: 'ldaps'},
  ],
  ['plain, the service account as DOMAIN\\user', {authType: 'plain', bindDn: 'ADEXAMPLE\\svc-mfa', transport: 'ldaps'}],
]

const memberships: readonly [group: string, nested: boolean, userName: string, isIn: boolean][] = [
  ['vpn', false, 'jdoe', true],
  ['vpn', false, 'alice', false],
  ['inner', false, 'bob', true],
  ['outer', false, 'bob', false],
  ['outer', true, 'bob', true],
  ['outer', true, 'alice', false],
  ['primary', false, 'carol', true],
  ['primary', false, 'alice', false],
  ['primary', true, 'carol', true],
  ['outer', false, 'carol', false],
  ['outer', true, 'carol', true],
  ['vpn', true, 'jdoe', true],
  ['missing', false, 'jdoe', false],
]

// one domain controller for all: its ports are fixed, and making a domain takes seconds
test('Samba as an Active Directory domain controller', async (t) => {
  if (!hasSamba(t)) return
  const dc = await startSambaAd()
  samba = dc

  for (const [what, overrides] of ways) {
    await t.test(`${what}: each user gets what the domain controller says`, async () => {
      const {primary, records} = client(dc.ca, overrides)
      for (const [userName, password, expected] of logins) {
        const result = await login(primary, userName, password)
        const log = () => JSON.stringify([result, records.map((record) => record.text)])
        assert.equal(outcome(result), expected, `${userName}: ${log()}`)
      }
    })
  }

  await t.test('plain in clear is refused, and the log says what to do', async () => {
    const {primary, records} = client(dc.ca, {authType: 'plain', bindDn: serviceDn})
    assert.equal((await login(primary, 'jdoe', passwordOf('jdoe'))).kind, 'unavailable')
    const advice = records.find((record) => record.name === 'ldap.needs_protection')
    assert.match(advice?.text ?? '', /starttls or ldaps, or auth_type to ntlm2/)
  })

  await t.test('ntlm1 in clear is refused as well', async () => {
    const {primary, records} = client(dc.ca, {authType: 'ntlm1'})
    assert.equal((await login(primary, 'jdoe', passwordOf('jdoe'))).kind, 'unavailable')
    assert.ok(records.some((record) => record.name === 'ldap.needs_protection'))
  })

  await t.test('direct members, nested groups and primary groups', async () => {
    for (const [group, nested, userName, isIn] of memberships) {
      const {primary} = client(dc.ca, {securityGroupDn: groupDn(group), securityGroupNested: nested})
      const expected = isIn ? 'accept' : invalid('not-in-group')
      assert.equal(outcome(await login(primary, userName, passwordOf(userName))), expected, `${userName} in ${group}`)
    }
  })

  await t.test('three wrong passwords lock an account, and each login counts once', async () => {
    const {primary} = client(dc.ca, {})
    for (let i = 0; i < 2; i++) {
      assert.equal(outcome(await login(primary, 'counted', 'test-wrong')), failed('wrong-password'))
    }
    assert.equal(outcome(await login(primary, 'counted', passwordOf('counted'))), 'accept', 'two logins counted twice')
    for (let i = 0; i < 3; i++) await login(primary, 'locked', 'test-wrong')
    assert.equal(outcome(await login(primary, 'locked', passwordOf('locked'))), failed('account-locked'))
  })

  await t.test('a wrong service password is one bind, and no login waits for another', async () => {
    const {primary, records} = client(dc.ca, {
      serviceAccount: {userName: 'svc-mfa', password: new Secret('test-wrong')},
    })
    const results = await Promise.all(Array.from({length: 5}, () => login(primary, 'jdoe', passwordOf('jdoe'))))
    assert.ok(results.every((result) => result.kind === 'unavailable'))
    assert.match(records.find((record) => record.name === 'ldap.service_account_refused')?.text ?? '', /data 52e/)
  })

  await t.test('fifty sealed logins at once', async () => {
    const {primary} = client(dc.ca, {})
    const results = await Promise.all(Array.from({length: 50}, () => login(primary, 'jdoe', passwordOf('jdoe'))))
    assert.ok(results.every((result) => result.kind === 'accept'))
  })
})
