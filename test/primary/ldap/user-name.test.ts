import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parseUserName} from '../../../src/core/primary/ldap/user-name.ts'

const options = {usernameAttribute: 'uid', atAttribute: 'mail'}

const searched: readonly [typed: string, attribute: string, value: string, principal?: string][] = [
  ['jdoe', 'uid', 'jdoe'],
  ['jörg', 'uid', 'jörg'],
  ['two words', 'uid', 'two words'],
  ['paul(ext)*', 'uid', 'paul(ext)*'],
  ['jdoe@example.com', 'mail', 'jdoe@example.com'],
  ['ADEXAMPLE\\jdoe', 'sAMAccountName', 'jdoe', 'ADEXAMPLE\\jdoe'],
  ['\\jdoe', 'sAMAccountName', 'jdoe', '\\jdoe'],
  ['ADEXAMPLE\\j@doe', 'mail', 'ADEXAMPLE\\j@doe'],
  ['a@b@c', 'uid', 'a@b@c'],
  ['a\\b\\c', 'uid', 'a\\b\\c'],
]

for (const [typed, attribute, value, principal] of searched) {
  test(`the user name ${typed} searches ${attribute}=${value}`, () => {
    const name = parseUserName(typed, options)
    assert.ok(name.ok)
    assert.equal(name.attribute, attribute)
    assert.equal(name.value, value)
    assert.equal(name.principal, principal)
  })
}

for (const typed of ['', 'Smith, John', 'a,b@c', 'DOMAIN\\', 'jdoe\0', 'jd\noe']) {
  test(`the user name ${JSON.stringify(typed)} is refused before any contact`, () => {
    assert.equal(parseUserName(typed, options).ok, false)
  })
}

test('an NTLM bind names a user principal name as it is, and DOMAIN\\user by its parts', () => {
  const account = (typed: string) => {
    const name = parseUserName(typed, options)
    return name.ok ? name.account : undefined
  }
  assert.deepEqual(account('jdoe@example.com'), {domain: '', userName: 'jdoe@example.com'})
  assert.deepEqual(account('ADEXAMPLE\\jdoe'), {domain: 'ADEXAMPLE', userName: 'jdoe'})
  assert.deepEqual(account('jdoe'), {domain: '', userName: 'jdoe'})
})
