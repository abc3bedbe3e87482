import assert from 'node:assert/strict'
import {test} from 'node:test'
import {entriesOf, jsonOf, memberOf, textOf} from './repository.ts'

const manifest = jsonOf('package.json')
const locked = entriesOf(memberOf(jsonOf('package-lock.json'), 'packages'))

const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/

test('every dependency is pinned to one version', () => {
  const dependencies = [
    ...entriesOf(memberOf(manifest, 'dependencies')),
    ...entriesOf(memberOf(manifest, 'devDependencies')),
  ]
  assert.ok(dependencies.length > 10)
  assert.deepEqual(
    dependencies.filter(([, version]) => typeof version !== 'string' || !EXACT.test(version)),
    [],
  )
})

test('the lock file names no registry: it is good for all of them', () => {
  assert.ok(locked.length > 300)
  const withAddress = locked.filter(([, entry]) => memberOf(entry, 'resolved') !== undefined)
  assert.deepEqual(withAddress, [])
  assert.doesNotMatch(textOf('package-lock.json'), /"resolved"/)
})

// npm leaves out what its registry does not have; `npm ci` then takes the lock file for outdated and installs nothing.
test('the lock file has the optional packages of all platforms', () => {
  const spots = new Map(locked)
  const missing = locked.flatMap(([spot, entry]) =>
    entriesOf(memberOf(entry, 'optionalDependencies'))
      .map(([name]) => name)
      .filter((name) => !spots.has(`node_modules/${name}`) && !spots.has(`${spot}/node_modules/${name}`)),
  )
  assert.deepEqual(missing, [])
})

test('every package of the lock file has a version, and a checksum unless it is for a platform of its own', () => {
  const installed = locked.filter(([spot]) => spot !== '')
  assert.deepEqual(
    installed.filter(([, entry]) => typeof memberOf(entry, 'version') !== 'string'),
    [],
  )
  const unchecked = installed.filter(([, entry]) => memberOf(entry, 'integrity') === undefined)
  assert.deepEqual(
    unchecked.filter(
      ([, entry]) => !(memberOf(entry, 'dev') && memberOf(entry, 'optional') && memberOf(entry, 'os') !== undefined),
    ),
    [],
  )
})

test('the Node of the scripts has a checksum on record', () => {
  const version = memberOf(manifest, 'devDependencies', 'node')
  assert.ok(typeof version === 'string')
  const checksums = entriesOf(memberOf(jsonOf('scripts/node-checksums.json'), version))
  assert.ok(checksums.length > 0)
  for (const [, checksum] of checksums) assert.match(String(checksum), /^[0-9a-f]{128}$/)
})

test('the program starts on no Node that package.json excludes', () => {
  assert.equal(memberOf(manifest, 'engines', 'node'), '^24.15.0 || >=26')
  assert.match(textOf('bin/run.js'), /major > 25 \|\| \(major === 24 && minor >= 15\)/)
})
