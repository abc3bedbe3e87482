import assert from 'node:assert/strict'
import {test} from 'node:test'
import {normalizeDn} from '../../../src/core/primary/ldap/dn.ts'

const same: readonly [string, string][] = [
  ['CN=VPN Users,OU=Groups,DC=example,DC=com', 'cn=vpn users, ou=groups ,dc=EXAMPLE,dc=com'],
  ['CN=Smith\\, John,DC=x', 'cn=Smith\\2C John,dc=x'],
  ['CN=Smith\\, John,DC=x', 'cn="Smith, John",dc=x'],
  ['CN=a+SN=b,DC=x', 'sn=b+cn=a,dc=x'],
  ['CN=J\\C3\\B6rg,DC=x', 'cn=Jörg,dc=x'],
  ['CN=a;DC=x', 'CN=a,DC=x'],
  ['CN=two  spaces,DC=x', 'CN=two spaces,DC=x'],
]

for (const [one, other] of same) {
  test(`${one} and ${other} are one name`, () => {
    assert.ok(normalizeDn(one) !== undefined)
    assert.equal(normalizeDn(one), normalizeDn(other))
  })
}

const different: readonly [string, string][] = [
  ['CN=a,DC=x', 'CN=a\\,DC=x'],
  ['CN=a\\,DC=x', 'CN=a,DC=x'],
  ['CN=a+SN=b,DC=x', 'CN=a\\+SN=b,DC=x'],
  ['CN=VPN,DC=x', 'CN=VPN2,DC=x'],
  ['CN=VPN,DC=x', 'OU=VPN,DC=x'],
]

for (const [one, other] of different) {
  test(`${one} and ${other} are two names`, () => assert.notEqual(normalizeDn(one), normalizeDn(other)))
}

for (const text of ['nonsense', 'CN', 'CN=a,,DC=x', '=a', 'C N=a']) {
  test(`${text} is no distinguished name`, () => assert.equal(normalizeDn(text), undefined))
}
