import assert from 'node:assert/strict'
import {createHmac} from 'node:crypto'
import {test} from 'node:test'
import {inspect} from 'node:util'
import fc from 'fast-check'
import {HmacKey} from '../src/core/hmac.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

test('RFC 2202: the vectors of HMAC-SHA1', () => {
  const vectors: readonly (readonly [Buffer | string, Buffer | string, string])[] = [
    [Buffer.alloc(20, 0x0b), 'Hi There', 'b617318655057264e28bc0b6fb378c8ef146be00'],
    ['Jefe', 'what do ya want for nothing?', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
    [Buffer.alloc(20, 0xaa), Buffer.alloc(50, 0xdd), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
    [
      hex('0102030405060708090a0b0c0d0e0f10111213141516171819'),
      Buffer.alloc(50, 0xcd),
      '4c9007f4026250c6bc8414f9bf50c86c2d7235da',
    ],
    [Buffer.alloc(20, 0x0c), 'Test With Truncation', '4c1a03424b55e07fe7f27be1d58bb9324a9a5a04'],
    [
      Buffer.alloc(80, 0xaa),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      'aa4ae5e15272d00e95705637ce8a3b55ed402112',
    ],
    [
      Buffer.alloc(80, 0xaa),
      'Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data',
      'e8e99d0f45237d786d6bbaa7965c7808bbff1a91',
    ],
  ]
  for (const [key, message, expected] of vectors) {
    assert.equal(new HmacKey('sha1', key).digest(message, 'hex'), expected)
  }
})

test('RFC 4231: the vectors of HMAC-SHA-256 and HMAC-SHA-512', () => {
  const vectors: readonly (readonly [Buffer | string, Buffer | string, string, string])[] = [
    [
      Buffer.alloc(20, 0x0b),
      'Hi There',
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
      '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde' +
        'daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
    ],
    [
      'Jefe',
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554' +
        '9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
    [
      Buffer.alloc(20, 0xaa),
      Buffer.alloc(50, 0xdd),
      '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
      'fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39' +
        'bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb',
    ],
    [
      hex('0102030405060708090a0b0c0d0e0f10111213141516171819'),
      Buffer.alloc(50, 0xcd),
      '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
      'b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db' +
        'a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd',
    ],
    [
      Buffer.alloc(131, 0xaa),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
      '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352' +
        '6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
    ],
    [
      Buffer.alloc(131, 0xaa),
      'This is a test using a larger than block-size key and a larger than block-size data. ' +
        'The key needs to be hashed before being used by the HMAC algorithm.',
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
      'e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944' +
        'b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58',
    ],
  ]
  for (const [key, message, sha256, sha512] of vectors) {
    assert.equal(new HmacKey('sha256', key).digest(message, 'hex'), sha256)
    assert.equal(new HmacKey('sha512', key).digest(message, 'hex'), sha512)
  }
})

test('one key, any messages one after the other: the digests of createHmac in every encoding', () => {
  const text = fc.oneof(
    fc.string({unit: 'binary', maxLength: 700}),
    fc.integer({min: 505, max: 520}).map((length) => '\u20ac'.repeat(length)),
    fc.constant('\ud800 alone'),
  )
  const octets = fc.uint8Array({maxLength: 700}).map((array) => Buffer.from(array))
  const key = fc.oneof(
    fc.string({unit: 'binary'}),
    fc.uint8Array({maxLength: 200}).map((array) => Buffer.from(array)),
  )
  const encoding = fc.constantFrom('hex', 'base64', 'base64url', 'binary')
  const algorithm = fc.constantFrom('sha1', 'sha256', 'sha512')
  fc.assert(
    fc.property(
      algorithm,
      key,
      fc.array(fc.oneof(text, octets), {maxLength: 4}),
      encoding,
      (named, secret, messages, as) => {
        const hmac = new HmacKey(named, secret)
        for (const message of messages) {
          assert.equal(hmac.digest(message, as), createHmac(named, secret).update(message).digest(as))
        }
      },
    ),
  )
})

test('the key is a copy, and does not print', () => {
  const key = Buffer.from('test-key-not-real')
  const hmac = new HmacKey('sha256', key)
  const before = hmac.digest('a message', 'hex')
  key.fill(0)
  assert.equal(hmac.digest('a message', 'hex'), before)
  assert.equal(inspect(hmac, {showHidden: true, depth: 9}), 'HmacKey {}')
  assert.equal(JSON.stringify(hmac), '{}')
})
