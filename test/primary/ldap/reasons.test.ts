import assert from 'node:assert/strict'
import {test} from 'node:test'
import {passwordPolicy, rejectReason} from '../../../src/core/primary/ldap/reasons.ts'

const policyOid = '1.3.6.1.4.1.42.2.27.8.5.1'
const activeDirectory = (word: string) => ({
  code: 49,
  message: `80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data ${word}, v1db1`,
})

const words = [
  ['525', 'no-such-user'],
  ['52e', 'wrong-password'],
  ['52f', 'account-restriction'],
  ['530', 'logon-hours'],
  ['531', 'workstation'],
  ['532', 'password-expired'],
  ['533', 'account-disabled'],
  ['701', 'account-expired'],
  ['773', 'must-change-password'],
  ['775', 'account-locked'],
  ['52E', 'wrong-password'],
  ['57', 'rejected'],
] as const

for (const [word, reason] of words) {
  test(`Active Directory's data ${word} means ${reason}`, () => {
    assert.equal(rejectReason(activeDirectory(word), []), reason)
  })
}

test('a refusal without a word is a wrong password, unless the policy control says more', () => {
  const plain = {code: 49, message: ''}
  const control = (hex: string) => [{oid: policyOid, value: Buffer.from(hex, 'hex')}]
  assert.equal(rejectReason(plain, []), 'wrong-password')
  assert.equal(rejectReason(plain, control('3003810101')), 'account-locked')
  assert.equal(rejectReason(plain, control('3003810100')), 'password-expired')
  assert.equal(rejectReason({code: 32, message: ''}, []), 'no-such-user')
  assert.equal(rejectReason({code: 53, message: ''}, []), 'rejected')
})

test('a data word counts only in an answer that refuses the credentials', () => {
  assert.equal(rejectReason({code: 53, message: 'data 52e'}, []), 'rejected')
})

test('the policy control tells of warnings, and nonsense in it tells nothing', () => {
  const read = (hex: string) => passwordPolicy([{oid: policyOid, value: Buffer.from(hex, 'hex')}])
  assert.equal(read('3003810102')?.error, 'must-change-password')
  assert.equal(read('3006a0048002012c')?.expiresInSeconds, 300)
  assert.equal(read('3005a003810105')?.graceLoginsLeft, 5)
  assert.deepEqual(read('3000'), {error: undefined, expiresInSeconds: undefined, graceLoginsLeft: undefined})
  for (const hex of ['', '30', '3003', '30ff', '3003810109', '3002a000']) assert.equal(read(hex)?.error, undefined)
})
