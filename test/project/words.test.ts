import assert from 'node:assert/strict'
import {dirname} from 'node:path'
import {test} from 'node:test'
import {filesBelow, root, textOf} from './repository.ts'

const files = filesBelow()
const sources = files.filter((file) => /^(src|bin|scripts|bench|test)\/.*\.(ts|js)$/.test(file))

test('nothing in the product is left for later', () => {
  const marks = /\b(TODO|FIXME|HACK|XXX)\b|not (yet )?implemented|unimplemented/
  // A run of X stands for hidden digits in masks and examples.
  const unfinished = linesWith(sources, (line) => marks.test(line.replaceAll(/X{3,}-?/g, ''))).filter(
    (place) => !place.startsWith('test/project/'),
  )
  assert.deepEqual(unfinished, [])
})

test('no file names where it was written', () => {
  const folders = [root, dirname(root)]
    .map((folder) => folder.replace(/\/$/, ''))
    .filter((folder) => folder.split('/').length > 2)
  const places = linesWith(files, (line) => folders.some((folder) => line.includes(`${folder}/`)))
  assert.deepEqual(places, [])
})

test('no test is switched off or alone', () => {
  const tests = sources.filter((file) => file.endsWith('.test.ts'))
  assert.ok(tests.length > 50)
  const switched = /\b(it|test|describe|suite)\.(skip|only|todo)\(|\{ ?(skip|only|todo): ?true/
  assert.deepEqual(
    linesWith(tests, (line) => switched.test(line)).filter((place) => !place.startsWith('test/project/')),
    [],
  )
})

function linesWith(where: readonly string[], matches: (line: string) => boolean): string[] {
  return where.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, index) => (matches(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  )
}
