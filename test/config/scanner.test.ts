import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {test} from 'node:test'
import fc from 'fast-check'
import {placeInValue, type Scan, scan} from '../../src/core/config/scanner.ts'

type Vector = {
  readonly text: string
  readonly sections?: readonly (readonly [name: string, options: readonly (readonly [key: string, value: string])[]])[]
  readonly refused?: string
  readonly line?: number
}

/** Made with Python's configparser by fixtures/config/configparser-vectors.py: what it reads, or why it refuses and where. */
const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../../fixtures/config/configparser.json', import.meta.url), 'utf8'),
)

/** Findings of ours where Python is content. */
const ours = new Set(['no-sections', 'text-after-header', 'swallowed-option'])
/** Python compares section names with their capital letters; the original lower-cases them first. */
const parsingErrors = new Set(['no-delimiter', 'no-key'])

test('the scanner reads what configparser reads, and refuses what it refuses, in the same line', () => {
  assert.ok(vectors.length > 500)
  for (const vector of vectors) {
    const scanned = scan(vector.text)
    const serious = scanned.problems.filter((problem) => !ours.has(problem.kind) && !isCapital(problem, scanned))
    const shown = JSON.stringify(vector.text)
    if (vector.refused === undefined) {
      assert.deepEqual(serious, [], shown)
      assert.deepEqual(reading(scanned), vector.sections, shown)
    } else {
      const wanted = vector.refused === 'parsing' ? parsingErrors : new Set([vector.refused])
      const kinds = serious.filter((problem) => problem.line === vector.line).map((problem) => problem.kind)
      // For Python two lines without a key are a duplicate key, and an unclosed header above all sections is just text.
      assert.ok(
        kinds.some((kind) => wanted.has(kind) || parsingErrors.has(kind)),
        `${shown} ${JSON.stringify(serious)}`,
      )
    }
  }
})

test('every entry and every problem has its place in the text, whatever the text', () => {
  const piece = fc.constantFrom(
    '[a]',
    '[b2]',
    'key',
    '=',
    ':',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '\r',
    '#',
    ';',
    'v',
    '\u2028',
    '\0',
    'é',
    '😀',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({unit: 'binary'}),
        fc.array(piece, {maxLength: 60}).map((p) => p.join('')),
      ),
      (text) => {
        const {lines, sections, problems} = scan(text)
        const inside = ({line, column}: {line: number; column: number}) =>
          line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1
        for (const problem of problems) assert.ok(inside(problem), JSON.stringify(problem))
        for (const section of sections) {
          assert.ok(inside(section.at))
          for (const entry of section.entries) {
            assert.ok(inside(entry.at))
            assert.equal(lines[entry.at.line - 1]?.slice(entry.at.column - 1).startsWith(entry.keyText), true)
            for (const part of entry.parts) {
              assert.equal(lines[part.line - 1]?.slice(part.column - 1, part.column - 1 + part.text.length), part.text)
            }
            for (let offset = 0; offset <= entry.value.length; offset++) assert.ok(inside(placeInValue(entry, offset)))
          }
        }
      },
    ),
    {numRuns: 500},
  )
})

test('a key and its value are found by line and column', () => {
  const [section] = scan('[main]\n\n  Debug =  true\n  log_dir: /var\n    /log\n').sections
  const [debug, folder] = section?.entries ?? []
  assert.deepEqual(debug?.at, {line: 3, column: 3})
  assert.deepEqual(debug?.parts, [{line: 3, column: 12, text: 'true'}])
  assert.equal(folder?.value, '/var\n/log')
  assert.ok(folder)
  assert.deepEqual(placeInValue(folder, 6), {line: 5, column: 6})
})

test('a long line of white space is read in no time worth mentioning', () => {
  const blanks = ' '.repeat(200_000)
  assert.equal(scan(`[a]\nk=x${blanks}y`).sections[0]?.entries[0]?.value.length, 200_002)
})

function reading({sections}: Scan) {
  return sections.map(({nameText, entries}) => [nameText, entries.map(({key, value}) => [key, value])])
}

/** A duplicate only when capital letters do not count. */
function isCapital(problem: Scan['problems'][number], {sections}: Scan): boolean {
  if (problem.kind !== 'duplicate-section') return false
  return sections.filter((section) => section.nameText === problem.text).length === 1
}
