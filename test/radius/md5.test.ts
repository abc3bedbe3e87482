import assert from 'node:assert/strict'
import {createHash, createHmac} from 'node:crypto'
import {test} from 'node:test'
import {inspect} from 'node:util'
import fc from 'fast-check'
import {Md5} from '../../src/core/radius/md5.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {Secret} from '../../src/core/secret.ts'
import {octets, testKey} from './support.ts'

/** RFC 1321 A.5 */
const suite = {
  '': 'd41d8cd98f00b204e9800998ecf8427e',
  a: '0cc175b9c0f1b6a831c399e269772661',
  abc: '900150983cd24fb0d6963f7d28e17f72',
  'message digest': 'f96b697d7cb7938d525a2f31aaf161d0',
  abcdefghijklmnopqrstuvwxyz: 'c3fcd3d76192e4007dfb496cca67e13b',
  ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789: 'd174ab98d277d9f5a5611c2c9f419d9f',
  '12345678901234567890123456789012345678901234567890123456789012345678901234567890':
    '57edf4a22be3c955ac49da2e2107b67a',
}

test('MD5 agrees with the test suite of RFC 1321', () => {
  for (const [text, digest] of Object.entries(suite)) assert.equal(md5(Buffer.from(text)).toString('hex'), digest)
})

test('MD5 agrees with OpenSSL at every length around its blocks', () => {
  for (let length = 0; length < 200; length++) {
    const message = Buffer.alloc(length, length)
    assert.deepEqual(md5(message), createHash('md5').update(message).digest(), `${length} octets`)
  }
})

test('MD5 does not depend on how its input is cut, nor on an unfinished digest before', () => {
  const hash = new Md5()
  const parts = fc.array(octets({maxLength: 150}), {maxLength: 5})
  fc.assert(
    fc.property(parts, (chunks) => {
      hash.update(Buffer.from('left over')).start()
      for (const chunk of chunks) hash.update(chunk)
      const digest = Buffer.alloc(16)
      hash.digestInto(digest)
      assert.deepEqual(digest, createHash('md5').update(Buffer.concat(chunks)).digest())
    }),
  )
})

test('a Message-Authenticator is an HMAC-MD5 for secrets of every length', () => {
  const secret = fc.string({unit: 'grapheme', maxLength: 150})
  fc.assert(
    fc.property(secret, octets({minLength: 38, maxLength: 300}), (text, datagram) => {
      const authenticator = Buffer.alloc(16, 7)
      const value = Buffer.alloc(16)
      sharedKey(new Secret(text)).messageAuthenticator(datagram, datagram.length, authenticator, 22, value)
      const message = Buffer.from(datagram)
      authenticator.copy(message, 4)
      message.fill(0, 22, 38)
      assert.deepEqual(value, createHmac('md5', text).update(message).digest())
    }),
  )
})

test('a shared key does not print its secret', () => {
  const printed = `${inspect(testKey, {depth: 9, showHidden: true})} ${JSON.stringify(testKey)} ${testKey}`
  assert.doesNotMatch(printed, /not-real/)
  assert.doesNotMatch(printed, /74, ?65|7465/)
})

function md5(message: Buffer): Buffer {
  const digest = Buffer.alloc(16)
  new Md5().update(message).digestInto(digest)
  return digest
}
