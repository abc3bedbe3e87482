import assert from 'node:assert/strict'
import {test} from 'node:test'
import {Secret} from '../../../src/core/secret.ts'
import {groupDn, lab} from './fixture.ts'

const never = new AbortController().signal

const cases: readonly [what: string, overrides: Parameters<typeof lab>[1], steps: string][] = [
  ['all is well', {}, 'connect ok, bind ok, search ok'],
  ['nobody listens', {hosts: ['127.0.0.9']}, 'connect failed'],
  [
    'the service password is wrong',
    {serviceAccount: {userName: 'svc-mfa', password: new Secret('fake-wrong')}},
    'connect ok, bind failed',
  ],
  ['nobody is in the group', {securityGroupDn: groupDn('missing')}, 'connect ok, bind ok, search failed'],
  ['the filter leaves everybody out', {ldapFilter: '(cn=nobody at all)'}, 'connect ok, bind ok, search failed'],
  ['the base does not exist', {searchDn: 'DC=missing'}, 'connect ok, bind ok, search failed'],
]

for (const [what, overrides, steps] of cases) {
  test(`the check of a host when ${what}: ${steps}`, async (t) => {
    const {primary} = await lab(t, overrides)
    const [check] = await primary.checkHosts(never)
    assert.equal(check?.steps.map(({step, ok}) => `${step} ${ok ? 'ok' : 'failed'}`).join(', '), steps)
    assert.ok(check?.steps.every(({detail}) => detail !== ''))
  })
}

test('every host is checked, in the order of the section', async (t) => {
  const {primary} = await lab(t, {hosts: ['127.0.0.9', '127.0.0.1']})
  const checks = await primary.checkHosts(never)
  assert.deepEqual(
    checks.map(({host, steps}) => [host, steps.every(({ok}) => ok)]),
    [
      ['127.0.0.9', false],
      ['127.0.0.1', true],
    ],
  )
})
