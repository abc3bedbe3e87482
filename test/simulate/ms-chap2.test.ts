import assert from 'node:assert/strict'
import {test} from 'node:test'
import {md4} from '../../src/core/simulate/md4.ts'
import {msChap2Response, ntResponse} from '../../src/core/simulate/ms-chap2.ts'

const digests: readonly (readonly [message: string, digest: string])[] = [
  ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
  ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
  ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
  ['message digest', 'd9130a8164549fe818874806e1c7014b'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
  ['1234567890'.repeat(8), 'e33b4ddc9c38f2199c3e7b164fcc0536'],
]

for (const [message, digest] of digests) {
  test(`RFC 1320 A.5: MD4 of "${message}"`, () => {
    assert.equal(md4(Buffer.from(message)).toString('hex'), digest)
  })
}

const authenticatorChallenge = Buffer.from('5b5d7c7d7b3f2f3e3c2c602132262628', 'hex')
const peerChallenge = Buffer.from('21402324255e262a28295f2b3a337c7e', 'hex')
const response = '82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df'

test('RFC 2759 9.2: the NT-Response of User and clientPass, with or without a domain', () => {
  for (const name of ['User', 'DOMAIN\\User']) {
    assert.equal(ntResponse(name, 'clientPass', authenticatorChallenge, peerChallenge).toString('hex'), response)
  }
})

test('RFC 2548 2.3.2: the attribute is identifier, flags, challenge, eight zero octets and the response', () => {
  const value = msChap2Response(7, 'User', 'clientPass', authenticatorChallenge, peerChallenge)
  assert.equal(value.toString('hex'), `0700${peerChallenge.toString('hex')}${'00'.repeat(8)}${response}`)
})
