import assert from 'node:assert/strict'
import {readdirSync, readFileSync} from 'node:fs'
import {test} from 'node:test'
import fc from 'fast-check'
import {parse} from 'ini'
import {type Loaded, loadConfigText} from '../../src/core/config/load.ts'
import {scan} from '../../src/core/config/scanner.ts'
import {kinds, optionsOf} from '../../src/core/config/schema.ts'
import {vocabulary} from '../../src/core/engine/vocabulary.ts'
import {testContext} from './support/context.ts'

const folder = new URL('../../fixtures/config/', import.meta.url)
const files = ['good', 'bad'].flatMap((kind) =>
  readdirSync(new URL(`${kind}/`, folder))
    .filter((file) => file.endsWith('.cfg'))
    .map((file) => readFileSync(new URL(`${kind}/${file}`, folder))),
)
const context = testContext({vocabulary})

function load(octets: Buffer): Loaded {
  return loadConfigText(octets, '/etc/authproxy/conf/authproxy.cfg', context, 0o644)
}

/** Every place is inside the file, and a marked piece inside its line. */
function assertPlaces(octets: Buffer): void {
  const text = new TextDecoder('utf-8').decode(octets)
  const lines = text.split(/\r\n|\r|\n/)
  for (const {line, column, length, code} of load(octets).diagnostics) {
    const size = lines[line - 1]?.length
    assert.ok(size !== undefined, `${code} in line ${line} of ${lines.length}`)
    assert.ok(column >= 1 && column - 1 + length <= size, `${code} at ${line}:${column}+${length} of ${size}`)
  }
}

const sections = kinds.map((kind) => `[${kind}]`)
const keys = [...new Set(kinds.flatMap((kind) => optionsOf(kind).map(([key]) => key)))]
const line = fc.oneof(
  fc.constantFrom(...sections, '[ad_client2]', '[DEFAULT]', '[nonsense]', '', '# note', '  indented', 'no delimiter'),
  fc
    .tuple(
      fc.constantFrom(...keys, 'host_2', 'radius_ip_1', 'radius_secret_1', 'exempt_username_3', 'nonsense'),
      fc.constantFrom('=', ' = ', ':'),
      fc.oneof(
        fc.constantFrom('true', '1', '192.0.2.1', '0.0.0.0/0', 'ad_client', 'secure', 'env:X'),
        fc.string({unit: 'grapheme'}),
      ),
    )
    .map((parts) => parts.join('')),
)

test('any octets are checked without a throw, and every finding lies inside the file', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 300}), (octets) => assertPlaces(Buffer.from(octets))),
    {numRuns: 300},
  )
})

test('any lines of options are checked without a throw, and every finding lies inside the file', () => {
  const text = fc
    .tuple(fc.array(line, {maxLength: 40}), fc.constantFrom('\n', '\r\n'))
    .map(([lines, end]) => lines.join(end))
  fc.assert(
    fc.property(text, (lines) => assertPlaces(Buffer.from(lines))),
    {numRuns: 300},
  )
})

test('any damage to a real file is checked without a throw, and every finding lies inside the file', () => {
  const damage = fc.record({
    file: fc.constantFrom(...files),
    at: fc.double({min: 0, max: 1, noNaN: true}),
    cut: fc.nat(40),
    put: fc.string({maxLength: 8}),
  })
  fc.assert(
    fc.property(damage, ({file, at, cut, put}) => {
      const from = Math.floor(at * file.length)
      assertPlaces(Buffer.concat([file.subarray(0, from), Buffer.from(put), file.subarray(from + cut)]))
    }),
    {numRuns: 500},
  )
})

test('on plain files the ini package reads the same', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/).filter((text) => !['true', 'false', 'null'].includes(text))
  const value = fc
    .stringMatching(/^[A-Za-z][A-Za-z0-9 ,@:/_-]{0,30}[A-Za-z0-9]$/)
    .filter((text) => !['true', 'false', 'null'].includes(text))
  const section = fc.tuple(word, fc.uniqueArray(fc.tuple(word, value), {selector: ([key]) => key, maxLength: 8}))
  fc.assert(
    fc.property(fc.uniqueArray(section, {selector: ([name]) => name, minLength: 1, maxLength: 5}), (content) => {
      const text = content
        .map(([name, options]) => `[${name}]\n${options.map(([key, v]) => `${key}=${v}\n`).join('')}`)
        .join('\n# note\n')
      const ours = scan(text).sections.map(({nameText, entries}) => [nameText, entries.map((e) => [e.key, e.value])])
      const theirs = Object.entries(parse(text)).map(([name, options]) => [name, Object.entries(options)])
      assert.deepEqual(ours, theirs)
    }),
  )
})
