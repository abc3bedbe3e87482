import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {test} from 'node:test'
import {codeList} from '../../src/core/config/codes.ts'
import {compatibilityPage} from '../../src/core/config/derive/compatibility-page.ts'
import {diagnosticsPage} from '../../src/core/config/derive/diagnostics-page.ts'
import {explain} from '../../src/core/config/derive/explain.ts'
import {jsonSchema} from '../../src/core/config/derive/json-schema.ts'
import {referencePage} from '../../src/core/config/derive/reference-page.ts'
import {sampleFile} from '../../src/core/config/derive/sample.ts'
import {keyText, matchOption} from '../../src/core/config/option-names.ts'
import {kinds, optionsOf, sectionSpec} from '../../src/core/config/schema.ts'
import {vocabulary} from '../../src/core/engine/vocabulary.ts'
import {codesOf, loadText} from './support/context.ts'

const docs = new URL('../../docs/', import.meta.url)

function committed(name: string): string {
  return readFileSync(new URL(name, docs), 'utf8')
}

test('the committed pages are what the schema and the codes give (npm run docs writes them)', () => {
  assert.equal(committed('configuration.md'), referencePage())
  assert.equal(committed('compatibility.md'), compatibilityPage())
  assert.equal(committed('diagnostics.md'), diagnosticsPage())
  assert.equal(committed('authproxy.schema.json'), `${JSON.stringify(jsonSchema(), null, 2)}\n`)
  assert.equal(committed('authproxy.sample.cfg'), sampleFile())
})

test('the compatibility page has every option of the original once in its section, and none of ours as one of them', () => {
  const sections = compatibilityPage().split('\n## ').slice(1)
  for (const kind of kinds) {
    const section = sections.find((text) => text.startsWith(`[${kind}]\n`)) ?? ''
    const listed = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => /`(\w+?)(?:_N|_1)?[`,]/.exec(line)?.[1])
    const expected = optionsOf(kind)
      .filter(([, spec]) => !spec.extension)
      .map(([option]) => option)
    assert.deepEqual(listed, expected, kind)
    const served = section.split('\n').filter((line) => / \| yes \|/.test(line)).length
    assert.equal(served > 0, sectionSpec(kind).served !== false && expected.length > 0, kind)
  }
})

test('codes are unique, and each has a section of its own', () => {
  const seen = codeList.map(({code}) => code)
  assert.equal(new Set(seen).size, seen.length)
  for (const {code, title, doc} of codeList) {
    assert.match(code, /^C\d{3}$/)
    assert.ok(diagnosticsPage().includes(`## ${code} ${title}\n`))
    assert.ok(doc.endsWith('.') || doc.endsWith('`.'), code)
  }
})

test('every option has a text, and its key is read as itself', () => {
  for (const kind of kinds) {
    for (const [option, spec] of optionsOf(kind)) {
      assert.match(spec.doc, /^[A-Z].*\.$/s, `${kind} ${option}`)
      const number = spec.numbered === undefined ? undefined : 7
      for (const isProtected of spec.type === 'secret' || spec.type === 'skey' ? [false, true] : [false]) {
        const match = matchOption(kind, keyText(option, spec, number, isProtected))
        assert.deepEqual([match?.option, match?.number, match?.isProtected], [option, number, isProtected])
      }
      if (spec.numbered === 'paired') {
        const partner = sectionSpec(kind).options[spec.partner ?? '']
        assert.equal(partner?.partner, option)
      }
      for (const other of [spec.requires?.key, typeof spec.required === 'object' ? spec.required.key : undefined]) {
        assert.ok(other === undefined || sectionSpec(kind).options[other] !== undefined, `${kind} ${option} ${other}`)
      }
    }
  }
})

test('the sample is a right file as soon as its secrets resolve', () => {
  const env = {AUTHPROXY_SKEY: 'testtesttesttesttesttesttesttesttesttest', NAME_OF_A_VARIABLE: 'test-secret-not-real'}
  const loaded = loadText(sampleFile(), {env, vocabulary})
  assert.deepEqual(codesOf(loaded), [])
  assert.ok(loaded.config)
})

test('every commented line of the sample is an option of its section', () => {
  const uncommented = sampleFile().replace(/^#([a-z[])/gm, '$1')
  const unknown = codesOf(loadText(uncommented, {vocabulary})).filter((code) => /^C10[1456]$/.test(code))
  assert.deepEqual(unknown, [])
})

test('explain knows options by every name they have, sections and codes', () => {
  for (const word of [
    'failmode',
    'FAILMODE',
    'host_2',
    'skey_protected',
    'radius_secret_protected_3',
    'radius_ip',
    'concat_mode',
    'ad_client',
    '[ad_client3]',
    'c104',
  ]) {
    const found = explain(word)
    assert.equal(found.kind, 'found', word)
  }
  const failmode = explain('failmode')
  assert.ok(failmode.kind === 'found')
  for (const part of ['[radius_server_*]', 'ignore (extension)', 'default  safe', 'Security:'])
    assert.ok(failmode.text.includes(part), part)
  const client = explain('client')
  assert.ok(
    client.kind === 'found' && client.text.includes('[radius_server_duo_only]') && client.text.includes('[main]'),
  )
  assert.deepEqual(explain('failmod'), {kind: 'unknown', suggestion: 'failmode'})
  assert.deepEqual(explain('nothing of the kind'), {kind: 'unknown', suggestion: undefined})
})

test('the JSON Schema names every section, and every option with its pattern', () => {
  const text = JSON.stringify(jsonSchema())
  for (const kind of kinds) {
    assert.ok(text.includes(`"#/$defs/${kind}"`))
    for (const [option] of optionsOf(kind)) assert.ok(text.includes(option), option)
  }
  assert.ok(text.includes('^radius_secret_protected_[0-9]+$'))
})
