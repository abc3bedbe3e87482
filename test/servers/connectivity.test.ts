// The checks of connectivity against a real OpenLDAP and a real Samba domain controller.
import assert from 'node:assert/strict'
import {after, type TestContext, test} from 'node:test'
import {checkLines} from '../../src/core/probes/check-text.ts'
import type {Check} from '../../src/core/probes/probe.ts'
import {authority, checksOf, cloud, fileOf, identity, type Options, serverSection} from '../probes/worlds/world.ts'
import * as openLdap from '../support/openldap.ts'
import * as samba from '../support/samba-ad.ts'

let slapd: openLdap.OpenLdap | undefined
let domain: samba.SambaAd | undefined
after(async () => {
  await slapd?.stop()
  await domain?.stop()
})

async function checks(t: TestContext, section: Options, user?: string): Promise<readonly Check[]> {
  const sections = {ad_client: section, radius_server_challenge: await serverSection(t, await cloud(t))}
  return checksOf(t, {sections, context: {user, timeoutMs: 10_000}}, 'ad_client')
}

async function openLdapSection(t: TestContext, more: Options = {}): Promise<Options | undefined> {
  if (!openLdap.hasOpenLdap(t)) return undefined
  slapd ??= await openLdap.startOpenLdap({identity, ca: authority.cert})
  return {
    host: 'localhost',
    port: slapd.port,
    transport: 'starttls',
    ssl_ca_certs_file: fileOf(t, 'ca.pem', authority.cert),
    auth_type: 'plain',
    bind_dn: openLdap.serviceDn,
    service_account_username: 'svc-mfa',
    service_account_password: openLdap.servicePassword,
    search_dn: openLdap.baseDn,
    username_attribute: 'uid',
    ...more,
  }
}

async function sambaSection(t: TestContext, more: Options = {}): Promise<Options | undefined> {
  if (!samba.hasSamba(t)) return undefined
  domain ??= await samba.startSambaAd()
  return {
    host: samba.address,
    ntlm_domain: samba.domain,
    service_account_username: 'svc-mfa',
    service_account_password: samba.servicePassword,
    search_dn: samba.baseDn,
    ...more,
  }
}

function the(check: string, among: readonly Check[]): string {
  const found = among.find((each) => each.check === check)
  assert.ok(found !== undefined, among.flatMap(checkLines).join('\n'))
  return `${found.status}: ${found.detail}`
}

test('OpenLDAP: every check passes over StartTLS, and the group that decides is named', async (t) => {
  const section = await openLdapSection(t, {security_group_dn: openLdap.groupDn('vpn')})
  if (section === undefined) return
  const seen = await checks(t, section, 'jdoe')
  assert.match(the('starttls', seen), /^ok: TLSv1\.3, certificate of localhost by authproxy simulator CA/)
  assert.match(the('auth-types', seen), /^ok: on starttls: plain taken; ntlm2 (taken|refused|not understood)/)
  assert.match(the('bind', seen), /^ok: /)
  assert.match(the('search', seen), /^ok: 10 users or more/)
  assert.match(the('group', seen), /^ok: \d+ members of cn=vpn/)
  assert.match(the('user', seen), /^ok: "jdoe" is uid=jdoe.* a direct member of cn=vpn/)
})

test('OpenLDAP: a wrong password, a wrong base and an unknown authority are named', async (t) => {
  const wrongPassword = await openLdapSection(t, {service_account_password: 'wrong-not-real'})
  if (wrongPassword === undefined) return
  assert.match(
    the('bind', await checks(t, wrongPassword)),
    /^failed: cn=svc-mfa.* was refused: its name or password is wrong/,
  )
  const wrongBase = await openLdapSection(t, {search_dn: `ou=nobody,${openLdap.baseDn}`})
  assert.match(the('search', await checks(t, wrongBase ?? {})), /^failed: ou=nobody.* does not exist in this directory/)
  const wrongName = await openLdapSection(t, {
    host: '127.0.0.1',
    ssl_verify_hostname: 'false',
    ssl_ca_certs_file: undefined,
  })
  assert.match(the('starttls', await checks(t, wrongName ?? {})), /^warning: .*nothing about it is verified/)
})

test('Samba AD: NTLM signed and sealed passes every check, nested groups included', async (t) => {
  const section = await sambaSection(t, {security_group_dn: samba.groupDn('outer'), security_group_nested: 'true'})
  if (section === undefined) return
  const seen = await checks(t, section, 'bob')
  assert.match(
    the('auth-types', seen),
    /^ok: on clear: plain refused: signing or TLS is required; ntlm2 taken; .*GSS-SPNEGO/,
  )
  assert.match(the('bind', seen), /^ok: bound as svc-mfa \(ntlm2\)$/)
  assert.match(the('group', seen), /^ok: /)
  assert.match(the('user', seen), /^ok: "bob" is CN=bob.* through a group inside it/)
})

test('Samba AD: a plain bind in clear is told to need protection, a wrong password to be wrong', async (t) => {
  const plain = await sambaSection(t, {auth_type: 'plain', bind_dn: samba.serviceDn, ntlm_domain: undefined})
  if (plain === undefined) return
  assert.match(
    the('bind', await checks(t, plain)),
    /^failed: the directory wants signed or encrypted binds \(LDAP result 8/,
  )
  const wrong = await sambaSection(t, {service_account_password: 'Wrong-not-real-1'})
  assert.match(the('bind', await checks(t, wrong ?? {})), /^failed: svc-mfa was refused: its name or password is wrong/)
})
