import assert from 'node:assert/strict'
import {createHash} from 'node:crypto'
import {test} from 'node:test'
import fc from 'fast-check'
import {chapPassword, checkChapPassword} from '../../src/core/radius/chap.ts'
import {attributeType, firstAttribute} from '../../src/core/radius/packet.ts'
import {hidePassword, revealPassword} from '../../src/core/radius/password.ts'
import {hideSalted, revealSalted, splitTag} from '../../src/core/radius/salted.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {Secret} from '../../src/core/secret.ts'
import {decoded, exchange, exchanges, hex, octets, otherKey, testKey} from './support.ts'

const authenticator = hex('000102030405060708090a0b0c0d0e0f')

test('the passwords of the RFCs are revealed, and hidden the same again', () => {
  let checked = 0
  for (const {source, secret, password, request} of exchanges) {
    if (password === undefined) continue
    const key = sharedKey(new Secret(secret))
    const packet = decoded(hex(request))
    const hidden = firstAttribute(packet.attributes, attributeType.userPassword)
    assert.ok(hidden)
    assert.equal(revealPassword(hidden, packet.authenticator, key)?.toString(), password, source)
    assert.deepEqual(hidePassword(Buffer.from(password), packet.authenticator, key), hidden, source)
    checked++
  }
  assert.equal(checked, 3)
})

test('every password of up to 128 octets that does not end in NUL survives', () => {
  const password = octets({maxLength: 128}).filter((bytes) => bytes.at(-1) !== 0)
  fc.assert(
    fc.property(password, octets({minLength: 16, maxLength: 16}), (plain, requestAuthenticator) => {
      const hidden = hidePassword(plain, requestAuthenticator, testKey)
      assert.ok(hidden)
      assert.equal(hidden.length % 16, 0)
      assert.deepEqual(revealPassword(hidden, requestAuthenticator, testKey), plain)
    }),
  )
})

test('NULs inside a password stay, those behind it go', () => {
  const hidden = hidePassword(hex('61 00 00 62 00'), authenticator, testKey)
  assert.ok(hidden)
  assert.deepEqual(revealPassword(hidden, authenticator, testKey), hex('61 00 00 62'))
})

test('an empty password is one hidden chunk', () => {
  const hidden = hidePassword(Buffer.alloc(0), authenticator, testKey)
  assert.equal(hidden?.length, 16)
  assert.ok(hidden)
  assert.deepEqual(revealPassword(hidden, authenticator, testKey), Buffer.alloc(0))
})

test('passwords of impossible length are refused', () => {
  assert.equal(hidePassword(Buffer.alloc(129, 65), authenticator, testKey), undefined)
  for (const length of [0, 1, 15, 17, 127, 129, 144, 253]) {
    assert.equal(revealPassword(Buffer.alloc(length), authenticator, testKey), undefined, `${length} octets`)
  }
})

test('another secret gives noise', () => {
  const plain = Buffer.from('correct horse battery staple')
  const hidden = hidePassword(plain, authenticator, testKey)
  assert.ok(hidden)
  assert.notDeepEqual(revealPassword(hidden, authenticator, otherKey), plain)
})

test('CHAP: the digest is MD5 of identifier, password and challenge', () => {
  const challenge = Buffer.from('any challenge')
  const value = chapPassword(22, Buffer.from('test-password'), challenge)
  const digest = createHash('md5').update(Buffer.of(22)).update('test-password').update(challenge).digest()
  assert.deepEqual(value, Buffer.concat([Buffer.of(22), digest]))
  assert.ok(checkChapPassword(value, Buffer.from('test-password'), challenge))
  assert.ok(!checkChapPassword(value, Buffer.from('test-passwore'), challenge))
  assert.ok(!checkChapPassword(value, Buffer.from('test-password'), Buffer.from('another')))
  assert.ok(!checkChapPassword(value.subarray(0, 16), Buffer.from('test-password'), challenge))
})

test('a salted string is what RFC 2868 3.5 describes', () => {
  const plain = Buffer.from('a tunnel password of 34 characters')
  const value = hideSalted(plain, hex('0102'), authenticator, testKey)
  assert.ok(value)
  assert.deepEqual(value.subarray(0, 2), hex('8102'))
  const secret = Buffer.from('test-secret-not-real')
  const padded = Buffer.alloc(48)
  padded[0] = plain.length
  plain.copy(padded, 1)
  let previous = Buffer.concat([authenticator, value.subarray(0, 2)])
  for (let offset = 0; offset < 48; offset += 16) {
    const pad = createHash('md5').update(secret).update(previous).digest()
    const chunk = Buffer.from(pad.map((octet, i) => octet ^ (padded[offset + i] ?? 0)))
    assert.deepEqual(value.subarray(2 + offset, 18 + offset), chunk)
    previous = chunk
  }
  assert.equal(value.length, 50)
  assert.deepEqual(revealSalted(value, authenticator, testKey), plain)
})

test('salted strings of every length survive, any octets are revealed or refused', () => {
  const plain = octets({maxLength: 239})
  fc.assert(
    fc.property(plain, octets({minLength: 2, maxLength: 2}), (text, salt) => {
      const value = hideSalted(text, salt, authenticator, testKey)
      assert.ok(value && value.length <= 252)
      assert.deepEqual(revealSalted(value, authenticator, testKey), text)
    }),
  )
  assert.equal(hideSalted(Buffer.alloc(240), hex('8000'), authenticator, testKey), undefined)
  fc.assert(
    fc.property(octets({maxLength: 253}), (value) => {
      const revealed = revealSalted(value, authenticator, testKey)
      assert.ok(revealed === undefined || revealed.length < value.length - 2)
    }),
  )
  for (const length of [0, 1, 2, 17, 19, 33]) {
    assert.equal(revealSalted(Buffer.alloc(length), authenticator, testKey), undefined)
  }
})

test('a tag is an octet up to 0x1F', () => {
  assert.deepEqual(splitTag(hex('00 31')), {tag: 0, text: hex('31')})
  assert.deepEqual(splitTag(hex('1f 31')), {tag: 31, text: hex('31')})
  assert.deepEqual(splitTag(hex('31 32')), {tag: 0, text: hex('31 32')})
  assert.deepEqual(splitTag(Buffer.alloc(0)), {tag: 0, text: Buffer.alloc(0)})
})

test('the CHAP-Password of RFC 2865 7.2 is that of "arctangent", with the Request Authenticator as its challenge', () => {
  const {attributes, authenticator: challenge} = decoded(hex(exchange('RFC 2865 7.2').request))
  const value = firstAttribute(attributes, attributeType.chapPassword) ?? Buffer.alloc(0)
  assert.equal(checkChapPassword(value, Buffer.from('arctangent'), challenge), true)
  assert.equal(checkChapPassword(value, Buffer.from('arctangenT'), challenge), false)
})
