// What .ci/run installs must be what the tests against real servers need: no more, no less.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {filesBelow, textOf} from './repository.ts'

const listed = textOf('test/servers/apt-packages.txt')
  .split('\n')
  .map((line) => line.replace(/#.*/, '').trim())
  .filter((line) => line !== '')

/** "- name.test.ts (as root): package package", by the name of the test: in test/servers, or with its folder in test. */
const documented = new Map(
  [...textOf('test/servers/README.md').matchAll(/^- ([\w/-]+\.test\.ts)[^:\n]*: ([a-z0-9 .+-]+)$/gm)].map(
    ([, name = '', packages = '']) =>
      [name.includes('/') ? `test/${name}` : `test/servers/${name}`, packages.trim().split(' ')] as const,
  ),
)

test('every test against a real server stands in the README with its packages', () => {
  const tests = filesBelow('test').filter((file) => file.endsWith('.test.ts'))
  assert.deepEqual(
    tests.filter((file) => file.startsWith('test/servers/') && !documented.has(file)),
    [],
  )
  assert.deepEqual(
    [...documented.keys()].filter((file) => !tests.includes(file)),
    [],
  )
})

test('the list of packages is that of the README', () => {
  assert.deepEqual(listed.toSorted(), [...new Set([...documented.values()].flat())].toSorted())
})

test('what a test says it misses is in the list', () => {
  const asking = /apt-get install -y ([a-z][a-z0-9 .+-]+)|needs(?:Program)?\(t, '([^']+)'(?:, '([^']+)')?\)/g
  const asked = filesBelow('test')
    .filter((file) => file.endsWith('.ts') && !file.startsWith('test/project/'))
    .flatMap((file) => [...textOf(file).matchAll(asking)])
    .flatMap(([, inText, program = '', packages]) => (inText ?? packages ?? program).split(' '))
    .filter((name) => name !== '')
  assert.ok(asked.length > 3)
  assert.deepEqual(
    asked.filter((name) => !listed.includes(name)),
    [],
  )
})
