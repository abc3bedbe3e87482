import assert from 'node:assert/strict'
import {test} from 'node:test'
import {msChap2Response, ntResponse} from '../../src/core/simulate/ms-chap2.ts'

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
