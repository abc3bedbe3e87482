import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {isCodec, textCodec} from '../../src/core/radius/text-codec.ts'

function decoded(codec: string, hex: string): string | undefined {
  return textCodec(codec).decode(Buffer.from(hex, 'hex'))
}

function encoded(codec: string, text: string): string | undefined {
  return textCodec(codec).encode(text)?.toString('hex')
}

test('a codec is known by every name Python has for it', () => {
  const known =
    'utf-8 UTF8 U8 utf_8_sig latin-1 ISO-8859-1 iso8859_1 L1 cp1252 windows-1252 1252 ascii US-ASCII utf-16 UTF-16-LE utf_16_be utf-32 cp850 ibm437 koi8-r gbk shift_jis big5 euc_kr latin9'
  for (const name of known.split(' ')) assert.ok(isCodec(name), name)
})

test('what is no text codec is unknown, also what the library would take', () => {
  for (const name of ['', 'utf-9', 'base64', 'hex', 'rot13', 'binary', 'zlib', 'constructor', 'utf7imap', 'internal']) {
    assert.ok(!isCodec(name), name)
    assert.equal(decoded(name, '78'), undefined)
    assert.equal(encoded(name, 'x'), undefined)
  }
})

test('octets become the text that Python makes of them', () => {
  assert.equal(decoded('utf-8', 'c3a4e282ac'), 'ä€')
  assert.equal(decoded('utf-8', 'efbbbf61'), '\ufeffa')
  assert.equal(decoded('utf-8-sig', 'efbbbf61'), 'a')
  assert.equal(decoded('latin-1', 'e480'), 'ä\u0080')
  assert.equal(decoded('cp1252', 'e480'), 'ä€')
  assert.equal(decoded('iso-8859-15', 'a4'), '€')
  assert.equal(decoded('cp850', '84'), 'ä')
  assert.equal(decoded('koi8-r', 'c1'), 'а')
  assert.equal(decoded('shift_jis', '93fa'), '日')
  assert.equal(decoded('gbk', 'c8d5'), '日')
  assert.equal(decoded('utf-16', 'fffee400'), 'ä')
  assert.equal(decoded('utf-16', 'feff00e4'), 'ä')
  assert.equal(decoded('utf-16', 'e400'), 'ä')
  assert.equal(decoded('utf-16-be', '00e4'), 'ä')
  assert.equal(decoded('utf-32', 'fffe000000f60100'), '\u{1f600}')
  assert.equal(decoded('utf-32-be', '0001f600'), '\u{1f600}')
  assert.equal(decoded('gb18030', '8431a437'), '\ufffd')
})

test('octets the codec does not define give no text', () => {
  const undefinedOctets = [
    ['utf-8', 'ff'],
    ['utf-8', 'c3'],
    ['utf-8', 'eda080'],
    ['ascii', 'e4'],
    ['cp1252', '81'],
    ['iso8859-7', 'd2'],
    ['shift_jis', '81'],
    ['gbk', '81'],
    ['euc_kr', 'ff'],
    ['utf-16-le', '00'],
    ['utf-16-le', '00d8'],
    ['utf-32-le', '00d80000'],
    ['utf-32-le', '0000'],
    ['utf-32-le', '00001100'],
  ] as const
  for (const [codec, hex] of undefinedOctets) assert.equal(decoded(codec, hex), undefined, `${codec} ${hex}`)
})

test('text becomes octets, or nothing when a character is missing', () => {
  assert.equal(encoded('utf-8', 'ä€'), 'c3a4e282ac')
  assert.equal(encoded('latin-1', 'ä'), 'e4')
  assert.equal(encoded('latin-1', '€'), undefined)
  assert.equal(encoded('ascii', 'ä'), undefined)
  assert.equal(encoded('cp1252', '€'), '80')
  assert.equal(encoded('cp1252', '日'), undefined)
  assert.equal(encoded('cp1252', '?'), '3f')
  assert.equal(encoded('cp1252', '\u{1f600}'), undefined)
  assert.equal(encoded('latin-1', '\u{1f600}'), undefined)
  assert.equal(encoded('utf-8', '\ud800'), undefined)
  assert.equal(encoded('utf-16', 'a'), 'fffe6100')
  assert.equal(encoded('utf-16-le', 'a'), '6100')
  assert.equal(encoded('utf-16-be', 'a'), '0061')
  assert.equal(encoded('utf-8-sig', 'a'), 'efbbbf61')
  assert.equal(encoded('utf-32', 'a'), 'fffe000061000000')
})

const everyCodec = [
  'utf-8',
  'utf-8-sig',
  'latin-1',
  'ascii',
  'cp1252',
  'cp850',
  'utf-16',
  'utf-16-be',
  'utf-32',
  'shift_jis',
  'gbk',
  'gb18030',
  'big5',
  'euc_jp',
]

test('any octets decode or fail without a throw', () => {
  fc.assert(
    fc.property(fc.constantFrom(...everyCodec), fc.uint8Array({maxLength: 128}), (codec, octets) => {
      const text = textCodec(codec).decode(Buffer.from(octets))
      assert.ok(text === undefined || text.isWellFormed())
    }),
  )
})

test('text that can be encoded decodes to itself', () => {
  fc.assert(
    fc.property(fc.constantFrom(...everyCodec), fc.string({unit: 'binary'}), (codec, text) => {
      const {encode, decode} = textCodec(codec)
      const octets = encode(text)
      if (octets !== undefined) assert.equal(decode(octets), text)
    }),
  )
})
