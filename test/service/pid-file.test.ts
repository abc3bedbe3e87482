import assert from 'node:assert/strict'
import {access, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {test} from 'node:test'
import {readPidFile, removePidFile, writePidFile} from '../../src/core/service/pid-file.ts'

test('a pid file tells running from stale, stopped and nonsense', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'authproxy-pid-'))
  t.after(() => rm(folder, {recursive: true, force: true}))
  const path = join(folder, 'run', 'duoauthproxy.pid')
  const alive = () => true
  assert.deepEqual(await readPidFile(path, alive), {kind: 'stopped'})

  // A number that no process of this machine has, so that /proc says nothing against it.
  await writePidFile(path, 4_194_305)
  assert.deepEqual(await readPidFile(path, alive), {kind: 'running', pid: 4_194_305})
  assert.deepEqual(await readPidFile(path, () => false), {kind: 'stale', pid: 4_194_305})

  await removePidFile(path, 7)
  await access(path)
  await removePidFile(path, 4_194_305)
  assert.deepEqual(await readPidFile(path, alive), {kind: 'stopped'})

  await writeFile(path, '-1\n')
  assert.equal((await readPidFile(path, alive)).kind, 'unknown')
  await rm(path)
})

test('a number that another program has now is stale', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'authproxy-pid-'))
  t.after(() => rm(folder, {recursive: true, force: true}))
  const path = join(folder, 'duoauthproxy.pid')
  await writePidFile(path, 1)
  assert.deepEqual(await readPidFile(path, () => true), {kind: 'stale', pid: 1})
})
