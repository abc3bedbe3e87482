import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import radius from 'radius'
import {attributeByName, attributeByType, nameOf, vendorName} from '../../src/core/radius/dictionary.ts'
import {parseDictionary, readPackageDictionaries} from '../../src/core/radius/dictionary-source.ts'

test('an attribute is found by its name in any case, by number, and by alias', () => {
  const station = attributeByName('calling-station-ID')
  assert.equal(station?.name, 'Calling-Station-Id')
  assert.deepEqual([station?.type, station?.vendor, station?.kind], [31, undefined, 'text'])
  assert.equal(attributeByName(' 31 ')?.name, 'Calling-Station-Id')
  assert.equal(attributeByName('paloalto')?.name, 'PaloAlto-Client-Source-IP')
  assert.deepEqual([attributeByName('paloalto')?.vendor, attributeByName('paloalto')?.type], [25461, 7])
  assert.equal(attributeByName('Attr-26.25461.7')?.name, 'PaloAlto-Client-Source-IP')
  assert.equal(attributeByName('cisco-avpair')?.vendor, 9)
})

test('an unknown name is undefined, an unknown number is opaque octets with a name that can be read back', () => {
  for (const name of [
    'Caling-Station-Id',
    '',
    '0',
    '256',
    'attr-999',
    '26.0.1',
    '26.16777216.1',
    'toString',
    '__proto__',
  ]) {
    assert.equal(attributeByName(name), undefined, name)
  }
  assert.deepEqual([nameOf(250), nameOf(9, 99999)], ['Attr-250', 'Attr-26.99999.9'])
  assert.equal(attributeByName('Attr-26.99999.9')?.kind, 'octets')
})

test('each vendor that must be known has its number and its attributes', () => {
  const known: readonly (readonly [string, number, number])[] = [
    ['MS-MPPE-Send-Key', 311, 16],
    ['MS-CHAP2-Success', 311, 26],
    ['Juniper-Local-User-Name', 2636, 1],
    ['Cisco-AVPair', 9, 1],
    ['ASA-Group-Policy', 3076, 25],
    ['PaloAlto-User-Group', 25461, 5],
    ['Fortinet-Group-Name', 12356, 1],
    ['Citrix-User-Groups', 66, 16],
    ['F5-LTM-User-Role', 3375, 1],
    ['CP-Gaia-User-Role', 2620, 229],
  ]
  for (const [name, vendor, type] of known) {
    assert.deepEqual([attributeByName(name)?.vendor, attributeByName(name)?.type], [vendor, type], name)
    assert.equal(nameOf(type, vendor), name)
  }
  assert.deepEqual([vendorName(12532), vendorName(2636), vendorName(4242)], ['Pulse-Secure', 'Juniper', '4242'])
})

test('what travels hidden and what carries a tag is known', () => {
  assert.equal(attributeByName('User-Password')?.hiding, 'user-password')
  assert.equal(attributeByName('MS-MPPE-Recv-Key')?.hiding, 'salted')
  assert.deepEqual(
    [attributeByName('Tunnel-Password')?.hiding, attributeByName('Tunnel-Password')?.tagged],
    ['salted', true],
  )
  assert.equal(attributeByName('Tunnel-Client-Endpoint')?.tagged, true)
})

test('value names of one attribute may stand in several files', () => {
  const values = attributeByName('Service-Type')?.values
  assert.equal(values?.get('Login-User'), 1)
  assert.equal(values?.get('Framed-Management'), 18)
  assert.equal(attributeByName('NAS-Port-Type')?.values.get('Virtual'), 5)
})

test('names and numbers agree with the package whose dictionaries are read', () => {
  radius.load_dictionaries()
  let compared = 0
  for (let type = 1; type <= 255; type++) {
    const name = radius.attr_id_to_name(type)
    if (name === undefined || name === null) continue
    assert.equal(nameOf(type), name)
    assert.equal(attributeByName(name)?.type, type)
    compared++
  }
  assert.ok(compared > 100, `${compared} attributes`)
})

test('a dictionary line that makes no sense is left out', () => {
  const text = [
    '# comment',
    'VENDOR Example 32473 # for documentation (RFC 5612)',
    'BEGIN-VENDOR Example',
    'ATTRIBUTE Example-Name 1 string has_tag,encrypt=2',
    'ATTRIBUTE Example-Group 2.1 tlv',
    'ATTRIBUTE Example-Broken',
    'VALUE Example-Name One 1',
    'END-VENDOR Example',
    'ATTRIBUTE Plain 200 octets[16]',
    '$INCLUDE other',
  ].join('\r\n')
  assert.deepEqual(parseDictionary(text), [
    {line: 'vendor', name: 'Example', id: 32473},
    {line: 'attribute', vendor: 32473, name: 'Example-Name', type: 1, kind: 'text', tagged: true, hiding: 'salted'},
    {line: 'value', vendor: 32473, attribute: 'Example-Name', name: 'One', value: 1},
    {line: 'attribute', vendor: undefined, name: 'Plain', type: 200, kind: 'octets', tagged: false, hiding: 'none'},
  ])
  assert.ok(readPackageDictionaries().length >= 20)
})

test('any type has a name that leads back to it', () => {
  const vendors = [undefined, 9, 66, 311, 2620, 2636, 3076, 3375, 12356, 25461, 99999]
  fc.assert(
    fc.property(fc.integer({min: 1, max: 255}), fc.constantFrom(...vendors), (type, vendor) => {
      const definition = attributeByType(type, vendor)
      const found = attributeByName(definition.name)
      assert.deepEqual([found?.type, found?.vendor], [type, vendor])
    }),
  )
})

test('any text as a name is answered without a throw', () => {
  fc.assert(fc.property(fc.string(), (name) => attributeByName(name) === undefined || nameOf(1) === 'User-Name'))
})
