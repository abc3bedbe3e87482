import assert from 'node:assert/strict'
import {test} from 'node:test'
import {filesBelow, textOf} from './repository.ts'

const tables = filesBelow('src/core/log/events')
const names = tables.flatMap((file) =>
  [...textOf(file).matchAll(/^ {2}'([a-z][\w.-]+)':/gm)].map(([, name = '']) => name),
)
const emitters = filesBelow('src')
  .filter((file) => file.endsWith('.ts') && !tables.includes(file))
  .map(textOf)
  .join('\n')

test('every event in the tables is emitted somewhere', () => {
  assert.ok(names.length > 40)
  const isEmitted = (name: string) =>
    emitters.includes(`'${name}'`) || emitters.includes(`emit(\`${name.replace(/[^.]+$/, '')}\${`)
  assert.deepEqual(
    names.filter((name) => !isEmitted(name)),
    [],
  )
})

test('no event has two entries', () => {
  assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted())
})
