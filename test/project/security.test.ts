// SECURITY.md answers threats with tests; a test that was renamed away would leave the claim behind.
import assert from 'node:assert/strict'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {root, textOf} from './repository.ts'

/** `test/a.test.ts` “one name”, “another name” */
const citation = /`(test\/[\w./-]+\.test\.ts)`((?:,? ?“[^”]+”)+)/g

const cited = [...textOf('SECURITY.md').matchAll(citation)].flatMap(([, file = '', names = '']) =>
  [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => ({file, name})),
)

test('SECURITY.md names tests for what it claims', () => {
  assert.ok(cited.length > 40)
  const quotes = textOf('SECURITY.md').match(/“/g)?.length
  assert.equal(cited.length, quotes, 'every quoted name stands behind its file')
})

test('every test that SECURITY.md names exists', () => {
  const missing = cited.filter(({file, name}) => !existsSync(join(root, file)) || !namesOf(file).includes(name))
  assert.deepEqual(missing, [])
})

test('no threat is without its test', () => {
  const threats =
    textOf('SECURITY.md')
      .split('## What is not answered here')[0]
      ?.match(/^\| (?!threat|---).*$/gm) ?? []
  assert.ok(threats.length > 25)
  assert.deepEqual(
    threats.filter((row) => !/`(test|fixtures)\//.test(row)),
    [],
  )
})

/** Names of the tests in a file; what a template fills in is written as an ellipsis. */
function namesOf(file: string): string[] {
  return [...textOf(file).matchAll(/\btest\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|`([^`]*)`)/g)].map(
    ([, single, double, template]) => single ?? double ?? (template ?? '').replaceAll(/\$\{[^}]*\}/g, '…'),
  )
}
