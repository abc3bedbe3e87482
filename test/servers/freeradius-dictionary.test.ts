// The dictionaries of an installed FreeRADIUS are the second opinion on ours: same names, numbers and types.
import assert from 'node:assert/strict'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {test} from 'node:test'
import {attributeByName, attributeByType} from '../../src/core/radius/dictionary.ts'
import {type DictionaryLine, parseDictionary} from '../../src/core/radius/dictionary-source.ts'

const directory = '/usr/share/freeradius'
const vendors = [
  ['microsoft', 311],
  ['juniper', 2636],
  ['cisco', 9],
  ['cisco.asa', 3076],
  ['paloalto', 25461],
  ['fortinet', 12356],
  ['citrix', 66],
  ['f5', 3375],
  ['checkpoint', 2620],
] as const

/** RFC 5580 4.6 calls it a string of octets, FreeRADIUS a text. */
const differing = 'Extended-Location-Policy-Rules'

type AttributeLine = Extract<DictionaryLine, {line: 'attribute'}>

function attributesOf(file: string): AttributeLine[] {
  return parseDictionary(readFileSync(`${directory}/dictionary.${file}`, 'latin1')).filter(
    (line) => line.line === 'attribute',
  )
}

test('vendors have the numbers, names and types that FreeRADIUS has for them', (t) => {
  if (!installed(t)) return
  for (const [file, vendor] of vendors) {
    let compared = 0
    for (const {name, type, kind, hiding} of attributesOf(file)) {
      // Later releases of FreeRADIUS know more of them.
      const ours = attributeByName(name)
      if (ours === undefined) continue
      assert.deepEqual([ours.vendor, ours.type, ours.kind, ours.hiding], [vendor, type, kind, hiding], name)
      compared++
    }
    assert.ok(compared >= 2, `${compared} attributes of ${file}`)
  }
})

test('attributes of the RFCs have the names, types, tags and hiding that FreeRADIUS has for them', (t) => {
  if (!installed(t)) return
  let compared = 0
  for (const file of readdirSync(directory).filter((name) => /^dictionary\.rfc\d+$/.test(name))) {
    for (const {name, type, vendor, kind, tagged, hiding} of attributesOf(file.slice('dictionary.'.length))) {
      const ours = attributeByName(name)
      if (ours === undefined || vendor !== undefined || name === differing) continue
      assert.deepEqual([ours.type, ours.kind, ours.tagged, ours.hiding], [type, kind, tagged, hiding], name)
      assert.equal(attributeByType(type).name.toLowerCase(), name.toLowerCase())
      compared++
    }
  }
  assert.ok(compared > 150, `${compared} attributes`)
})

function installed(t: {skip: (message: string) => void}): boolean {
  if (existsSync(`${directory}/dictionary.rfc2865`)) return true
  const message = 'the dictionaries of FreeRADIUS are missing: apt-get install -y freeradius-common'
  assert.notEqual(process.env.AUTHPROXY_REQUIRE_SERVERS, '1', message)
  t.skip(message)
  return false
}
