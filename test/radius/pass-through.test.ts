import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {splitVendorAttribute, vendorAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {hideForHop, passThrough, revealFromHop, staysOnHop} from '../../src/core/radius/pass-through.ts'
import {hideSalted} from '../../src/core/radius/salted.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {Secret} from '../../src/core/secret.ts'
import {ManualWorld} from '../support/manual-world.ts'

const octets = (text: string) => Buffer.from(text)
const upstreamKey = sharedKey(new Secret('upstream-secret-not-real'))
const nasKey = sharedKey(new Secret('nas-secret-not-real'))
const upstreamAuthenticator = Buffer.alloc(16, 1)
const nasAuthenticator = Buffer.alloc(16, 2)
const {randomBytes} = new ManualWorld()

const reply = [
  {type: 18, value: octets('hello')},
  {type: 25, value: octets('one')},
  {type: 25, value: octets('two')},
  {type: 11, value: octets('filter')},
  vendorAttribute(12356, 1, octets('group')),
  {type: 26, value: Buffer.concat([Buffer.from([0, 0, 0, 9, 1, 3]), octets('a'), Buffer.from([2, 3]), octets('b')])},
  {type: 250, value: octets('x')},
]

test('named attributes are copied, all of one name, in wire order, also from inside vendor attributes', () => {
  assert.deepEqual(passThrough(reply, ['class', 'Fortinet-Group-Name']), [reply[1], reply[2], reply[4]])
  assert.deepEqual(passThrough(reply, ['Cisco-NAS-Port', 'Attr-250']), [vendorAttribute(9, 2, octets('b')), reply[6]])
  assert.deepEqual(passThrough(reply, []), [])
  assert.deepEqual(passThrough(reply, ['No-Such-Name']), [])
})

test('all means all but what belongs to one hop', () => {
  const hop = [2, 3, 24, 33, 60, 79, 80].map((type) => ({type, value: octets('0123456789abcdef')}))
  const msChap = [1, 3, 4, 5, 6, 11, 25, 27].map((type) => vendorAttribute(311, type, octets('response')))
  const success = vendorAttribute(311, 26, octets('S=0123'))
  const kept = passThrough([...hop, ...msChap, success, ...reply.slice(0, 5)], 'all')
  assert.deepEqual(kept, [success, ...reply.slice(0, 5)])
  const names = ['State', 'User-Password', 'EAP-Message', 'MS-CHAP-Challenge']
  assert.deepEqual(passThrough([...hop, ...msChap], names), [])
  assert.deepEqual(names.map(staysOnHop), [true, true, true, true])
  assert.deepEqual(['Class', 'MS-CHAP2-Success', 'No-Such-Name'].map(staysOnHop), [false, false, false])
})

test('Vendor-Specific by its own name is what all vendors have put into it, but for what belongs to one hop', () => {
  const response = vendorAttribute(311, 25, octets('response'))
  const opened = [vendorAttribute(9, 1, octets('a')), vendorAttribute(9, 2, octets('b'))]
  assert.deepEqual(passThrough([response, ...reply], ['Vendor-Specific']), [reply[4], ...opened])
})

test('a vendor attribute that cannot be read is copied whole, and only with all or by the name of all', () => {
  const odd = {type: 26, value: Buffer.from([0, 0, 0, 9, 1])}
  assert.deepEqual(passThrough([odd], 'all'), [odd])
  assert.deepEqual(passThrough([odd], ['Vendor-Specific']), [odd])
  assert.deepEqual(passThrough([odd], ['Cisco-AVPair']), [])
})

test('what travels hidden is hidden anew for the next hop', () => {
  const sessionKey = Buffer.alloc(32, 9)
  const password = octets('tunnel-password-not-real')
  const plain = [
    {type: 25, value: octets('staff')},
    vendorAttribute(311, 16, sessionKey),
    vendorAttribute(311, 17, sessionKey),
    vendorAttribute(311, 12, Buffer.concat([Buffer.alloc(22, 5), Buffer.alloc(2)])),
    {type: 69, value: Buffer.concat([Buffer.from([1]), password])},
  ]
  const fromServer = hideForHop(plain, upstreamAuthenticator, upstreamKey, randomBytes)
  assert.ok(!Buffer.concat(fromServer.map(({value}) => value)).includes(sessionKey.subarray(0, 8)))
  const carried = revealFromHop(fromServer, upstreamAuthenticator, upstreamKey)
  assert.deepEqual(carried, plain)
  const toNas = hideForHop(carried, nasAuthenticator, nasKey, randomBytes)
  assert.deepEqual(revealFromHop(toNas, nasAuthenticator, nasKey), plain)
  assert.notDeepEqual(revealFromHop(toNas, upstreamAuthenticator, upstreamKey), plain)
})

test('the salts of one packet differ and have their first bit set', () => {
  const keys = Array.from({length: 20}, () => vendorAttribute(311, 16, Buffer.alloc(16)))
  const salts = hideForHop(keys, nasAuthenticator, nasKey, randomBytes).map(
    ({value}) => splitVendorAttribute(value)?.attributes[0]?.value.readUInt16BE(0) ?? 0,
  )
  assert.equal(new Set(salts).size, 20)
  assert.ok(salts.every((salt) => salt >= 0x8000))
})

test('a hidden value that cannot be revealed is left out', () => {
  const wrong = [
    vendorAttribute(311, 16, Buffer.alloc(17)),
    vendorAttribute(311, 12, Buffer.alloc(8)),
    {type: 69, value: Buffer.from([1])},
    {type: 69, value: Buffer.alloc(0)},
  ]
  assert.deepEqual(revealFromHop(wrong, upstreamAuthenticator, upstreamKey), [])
})

test('a Tunnel-Password keeps its tag before the salt (RFC 2868 3.5)', () => {
  const hidden = hideSalted(octets('secret-not-real'), Buffer.from([0x80, 1]), upstreamAuthenticator, upstreamKey)
  assert.ok(hidden)
  const attribute = {type: 69, value: Buffer.concat([Buffer.from([3]), hidden])}
  const [revealed] = revealFromHop([attribute], upstreamAuthenticator, upstreamKey)
  assert.deepEqual(revealed, {type: 69, value: Buffer.concat([Buffer.from([3]), octets('secret-not-real')])})
})

test('any attributes pass, are revealed and hidden without a throw', () => {
  const value = fc.uint8Array({maxLength: 240}).map((v) => Buffer.from(v))
  const attribute = fc.oneof(
    fc.record({type: fc.integer({min: 0, max: 255}), value}),
    fc.tuple(fc.constantFrom(12, 16, 17, 26), value).map(([type, v]) => vendorAttribute(311, type, v)),
    value.map((v) => ({type: 69, value: v})),
    value.map((v) => ({type: 26, value: v})),
  )
  fc.assert(
    fc.property(fc.array(attribute, {maxLength: 12}), (attributes) => {
      const revealed = revealFromHop(attributes, upstreamAuthenticator, upstreamKey)
      const hidden = hideForHop(passThrough(revealed, 'all'), nasAuthenticator, nasKey, randomBytes)
      for (const {value: octetsOut} of hidden) assert.ok(octetsOut.length <= 253)
    }),
  )
})
