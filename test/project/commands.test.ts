import assert from 'node:assert/strict'
import {test} from 'node:test'
import {entriesOf, filesBelow, jsonOf, memberOf, textOf} from './repository.ts'

const inSource = filesBelow('src/commands')
  .map((file) => file.slice('src/commands/'.length).replace(/\.ts$/, '').replaceAll('/', ' '))
  .toSorted()
const inManifest = entriesOf(memberOf(jsonOf('oclif.manifest.json'), 'commands'))

test('the manifest has every command: one that it lacks does not exist for users', () => {
  assert.ok(inSource.length > 5)
  assert.deepEqual(inManifest.map(([id]) => id.replaceAll(':', ' ')).toSorted(), inSource)
})

test('every command says in its help what it does', () => {
  for (const [id, command] of inManifest) {
    const description = memberOf(command, 'description') ?? memberOf(command, 'summary')
    assert.ok(typeof description === 'string' && description.length > 10, `${id} has no description`)
  }
})

test('every command stands in the README', () => {
  const readme = textOf('README.md')
  assert.deepEqual(
    inSource.filter((id) => !readme.includes(`\`${id}`) && !readme.includes(`authproxy ${id}`)),
    [],
  )
})

test('every command that a document tells to type exists', () => {
  const typed = filesBelow()
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      [...textOf(file).matchAll(/(?:^ {4}|`)(?:sudo |npm exec -- )?authproxy ([a-z][a-z-]+)/gm)].map(
        ([, id = '']) => `${file}: ${id}`,
      ),
    )
  assert.ok(typed.length > 20)
  assert.deepEqual(
    typed.filter((place) => !inSource.includes(place.split(': ')[1] ?? '')),
    [],
  )
})
