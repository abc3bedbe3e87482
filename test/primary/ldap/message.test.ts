import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {BerReader, BindRequest, PresenceFilter, SearchRequest} from 'ldapts'
import {present} from '../../../src/core/primary/ldap/filter.ts'
import {
  decodeMessage,
  encodeBind,
  encodeSearch,
  encodeStartTls,
  encodeUnbind,
} from '../../../src/core/primary/ldap/message.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('a bind response is read with its code and text', () => {
  const message = decodeMessage(hex('30 0f 02 01 07 61 0a 0a 01 31 04 00 04 03 626164'))
  assert.deepEqual(message, {
    id: 7,
    body: {kind: 'bind', result: {code: 49, message: 'bad'}, credentials: undefined},
    controls: [],
  })
})

test('a bind response that is cut is no success', () => {
  for (const text of ['30 05 02 01 07 61 00', '30 08 02 01 07 61 03 0a 01 00', '30 0a 02 01 07 61 05 0a 01 00 04 00']) {
    assert.equal(decodeMessage(hex(text)), undefined)
  }
})

test('a bind response with a code of no octets, or a negative one, is no success', () => {
  assert.equal(decodeMessage(hex('30 0b 02 01 07 61 06 0a 00 04 00 04 00')), undefined)
  assert.equal(decodeMessage(hex('30 0c 02 01 07 61 07 0a 01 ff 04 00 04 00')), undefined)
})

test('an entry is read with names in lower case and values as octets', () => {
  const message = decodeMessage(hex('30 1a 02 01 02 64 15 04 04 636e3d61 30 0d 30 0b 04 02 434e 31 05 04 01 61 04 00'))
  assert.ok(message?.body.kind === 'entry')
  assert.equal(message.body.entry.dn, 'cn=a')
  assert.deepEqual(message.body.entry.attributes.get('cn'), [Buffer.from('a'), Buffer.alloc(0)])
})

test('reading any octets never throws', () => {
  fc.assert(fc.property(fc.uint8Array({maxLength: 80}), (octets) => void decodeMessage(Buffer.from(octets))))
})

test('reading a good message with any octet changed never throws', () => {
  const good = hex('30 1a 02 01 02 64 15 04 04 636e3d61 30 0d 30 0b 04 02 434e 31 05 04 01 61 04 00')
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, octet) => {
      const changed = Buffer.from(good)
      changed[at] = octet
      decodeMessage(changed)
    }),
  )
})

/** The contents of the operation in a request, and its tag, as the reader of another implementation sees them. */
function operation(bytes: Buffer): {id: number | null; tag: number | null; reader: BerReader} {
  const reader = new BerReader(bytes)
  reader.readSequence()
  return {id: reader.readInt(), tag: reader.readSequence(), reader}
}

test('requests are what another LDAP implementation expects', () => {
  const bind = operation(encodeBind(3, {kind: 'simple', name: 'cn=a', password: 'pass'}))
  const bindRequest = new BindRequest({messageId: 3})
  bindRequest.parse(bind.reader, [])
  assert.deepEqual([bind.id, bind.tag, bindRequest.dn, bindRequest.password], [3, 0x60, 'cn=a', 'pass'])

  const search = operation(
    encodeSearch(4, {
      base: 'dc=x',
      scope: 'subtree',
      filter: present('cn'),
      attributes: ['a', 'b'],
      sizeLimit: 9,
      timeLimitSeconds: 3,
    }),
  )
  const searchRequest = new SearchRequest({messageId: 4, filter: new PresenceFilter()})
  searchRequest.parse(search.reader, [])
  assert.deepEqual([search.id, search.tag, searchRequest.baseDN, searchRequest.sizeLimit], [4, 0x63, 'dc=x', 9])
  assert.deepEqual(searchRequest.attributes, ['a', 'b'])

  assert.equal(encodeUnbind(5).toString('hex'), '30050201054200')
  assert.equal(operation(encodeStartTls(6)).tag, 0x77)
})
