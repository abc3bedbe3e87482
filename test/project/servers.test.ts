// What .ci/run installs must be what the tests against real servers need: no more, no less.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {filesBelow, textOf} from './repository.ts'

const listed = textOf('test/servers/apt-packages.txt')
  .split('\n')
  .map((line) => line.replace(/#.*/, '').trim())
  .filter((line) => line !== '')

/** "- name.test.ts (as root): package package", by the name of the test. */
const documented = new Map(
  [...textOf('test/servers/README.md').matchAll(/^- ([\w-]+\.test\.ts)[^:\n]*: ([a-z0-9 .+-]+)$/gm)].map(
    ([, name = '', packages = '']) => [name, packages.trim().split(' ')] as const,
  ),
)

test('every test against a real server stands in the README with its packages', () => {
  const tests = filesBelow('test/servers').filter((file) => file.endsWith('.test.ts'))
  assert.deepEqual(
    [...documented.keys()].toSorted(),
    tests.map((file) => file.slice('test/servers/'.length)).toSorted(),
  )
})

test('the list of packages is that of the README', () => {
  assert.deepEqual(listed.toSorted(), [...new Set([...documented.values()].flat())].toSorted())
})

test('what a test says it misses is in the list', () => {
  const asked = [...filesBelow('test/servers'), ...filesBelow('test/support')]
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...textOf(file).matchAll(/apt-get install -y ([a-z][a-z0-9 .+-]+)|needs\w*\(t, '[^']+', '([^']+)'\)/g),
    ])
    .flatMap(([, inText = '', inCall = '']) => `${inText} ${inCall}`.split(' '))
    .filter((name) => name !== '')
  assert.ok(asked.length > 3)
  assert.deepEqual(
    asked.filter((name) => !listed.includes(name)),
    [],
  )
})
