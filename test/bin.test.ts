import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'

const program = fileURLToPath(new URL('../bin/run.js', import.meta.url))
const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], {encoding: 'utf8'})

test('--version is said at once as oclif would say it', () => {
  const quick = run('--version')
  assert.equal(quick.status, 0)
  assert.match(quick.stdout, /^authproxy\/\d+\.\d+\.\d+ /)
  assert.equal(quick.stdout, run('--version', '--no-color').stdout)
})
