import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {
  authenticatorResponse,
  decryptedPassword,
  encryptedHash,
  encryptedPassword,
  isOldPassword,
  mppeKeys,
  msChap2Response,
  ntResponse,
} from '../../src/core/simulate/ms-chap2.ts'

const authenticatorChallenge = Buffer.from('5b5d7c7d7b3f2f3e3c2c602132262628', 'hex')
const peerChallenge = Buffer.from('21402324255e262a28295f2b3a337c7e', 'hex')
const challenges = {authenticator: authenticatorChallenge, peer: peerChallenge}
const response = '82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df'

test('RFC 2759 9.2: the NT-Response of User and clientPass, with or without a domain', () => {
  for (const name of ['User', 'DOMAIN\\User']) {
    assert.equal(ntResponse(name, 'clientPass', authenticatorChallenge, peerChallenge).toString('hex'), response)
  }
})

test('RFC 2759 9.2: the authenticator response to it', () => {
  assert.equal(
    authenticatorResponse('User', 'clientPass', Buffer.from(response, 'hex'), challenges),
    'S=407A5589115FD0D6209F510FE9C04566932CDA56',
  )
})

test('RFC 3079 3.5.3: the send key of a 128-bit link', () => {
  const keys = mppeKeys('clientPass', Buffer.from(response, 'hex'))
  assert.equal(keys.send.toString('hex'), '8b7cdc149b993a1ba118cb153f56dccb')
  assert.notDeepEqual(keys.send, keys.receive)
})

test('the old hash, encrypted with the new one, tells the old password and no other', () => {
  const encrypted = encryptedHash('clientPass', 'newPass')
  assert.equal(encrypted.length, 16)
  assert.ok(isOldPassword(encrypted, 'clientPass', 'newPass'))
  assert.ok(!isOldPassword(encrypted, 'clientPass2', 'newPass'))
  assert.ok(!isOldPassword(encrypted, 'clientPass', 'newPass2'))
})

test('a new password is read with the old one, and not with another', () => {
  const fill = Buffer.alloc(512, 0x5a)
  fc.assert(
    fc.property(fc.string({maxLength: 256}), fc.string({maxLength: 20}), (password, old) => {
      const encrypted = encryptedPassword(password, old, fill)
      assert.equal(encrypted.length, 516)
      assert.equal(decryptedPassword(encrypted, old), password)
      assert.notEqual(decryptedPassword(encrypted, `${old}x`), password)
    }),
  )
  assert.equal(decryptedPassword(Buffer.alloc(515), 'old'), undefined)
})

test('RFC 2548 2.3.2: the attribute is identifier, flags, challenge, eight zero octets and the response', () => {
  const value = msChap2Response(7, 'User', 'clientPass', authenticatorChallenge, peerChallenge)
  assert.equal(value.toString('hex'), `0700${peerChallenge.toString('hex')}${'00'.repeat(8)}${response}`)
})
