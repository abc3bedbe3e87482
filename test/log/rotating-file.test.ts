import assert from 'node:assert/strict'
import {mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import {RotatingFile} from '../../src/core/log/rotating-file.ts'
import {ManualWorld} from '../support/manual-world.ts'

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'authproxy-log-'))
  t.after(() => rm(path, {recursive: true, force: true}))
  return path
}

function fileIn(path: string, limits: {maxSize?: number; maxFiles?: number} = {}) {
  const world = new ManualWorld()
  const reports: string[] = []
  const file = new RotatingFile(world, {
    path: join(path, 'authproxy.log'),
    maxSize: limits.maxSize ?? 1000,
    maxFiles: limits.maxFiles ?? 6,
    report: (problem) => reports.push(problem),
  })
  return {world, file, reports}
}

async function contents(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of (await readdir(path)).sort()) found[name] = await readFile(join(path, name), 'utf8')
  return found
}

test('the file is made with its folder, readable by its group only', async (t) => {
  const path = join(await folder(t), 'not', 'there', 'yet')
  const {file} = fileIn(path)
  assert.deepEqual(await file.write(['one', 'zwölf']), {ok: true})
  await file.close()
  assert.deepEqual(await contents(path), {'authproxy.log': 'one\nzwölf\n'})
  assert.equal((await stat(join(path, 'authproxy.log'))).mode & 0o777, 0o640)
})

test('a full file becomes .1, older ones move on, the oldest goes; no line is split', async (t) => {
  const path = await folder(t)
  const {file} = fileIn(path, {maxSize: 10, maxFiles: 2})
  assert.deepEqual(await file.write(['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff', 'gggg']), {ok: true})
  assert.deepEqual(await file.write(['a line longer than the file may be']), {ok: true})
  await file.close()
  assert.deepEqual(await contents(path), {
    'authproxy.log': 'a line longer than the file may be\n',
    'authproxy.log.1': 'gggg\n',
    'authproxy.log.2': 'eeee\nffff\n',
  })
})

test('with 0 files every turned file is kept; with size 0 none is turned', async (t) => {
  const path = await folder(t)
  const {file} = fileIn(path, {maxSize: 5, maxFiles: 0})
  await file.write(Array.from({length: 12}, (_, i) => `l${i + 10}`))
  await file.close()
  assert.equal((await readdir(path)).length, 12)
  assert.equal(await readFile(join(path, 'authproxy.log.11'), 'utf8'), 'l10\n')
  const other = await folder(t)
  const endless = fileIn(other, {maxSize: 0})
  await endless.file.write(['x'.repeat(5000), 'y'])
  await endless.file.close()
  assert.deepEqual(await readdir(other), ['authproxy.log'])
})

test('a file of an earlier run is added to, and counts', async (t) => {
  const path = await folder(t)
  await writeFile(join(path, 'authproxy.log'), '12345678\n')
  const {file} = fileIn(path, {maxSize: 10})
  await file.write(['new'])
  await file.close()
  assert.deepEqual(await contents(path), {'authproxy.log': 'new\n', 'authproxy.log.1': '12345678\n'})
})

test('a file that somebody moved away is made anew', async (t) => {
  const path = await folder(t)
  const {world, file} = fileIn(path)
  await file.write(['one'])
  await rename(join(path, 'authproxy.log'), join(path, 'moved'))
  world.advance(5000)
  await file.write(['two'])
  await file.close()
  assert.deepEqual(await contents(path), {'authproxy.log': 'two\n', moved: 'one\n'})
})

test('a folder that is no folder is a reason, not an exception; it works when it is put right', async (t) => {
  const path = join(await folder(t), 'log')
  await writeFile(path, 'in the way')
  const {file} = fileIn(path)
  const result = await file.write(['one'])
  assert.equal(result.ok, false)
  assert.ok(!result.ok && result.written === 0 && /EEXIST|ENOTDIR/.test(result.problem))
  await rm(path)
  assert.deepEqual(await file.write(['one']), {ok: true})
  await file.close()
})

test('a full device says so', {skip: process.platform !== 'linux' && 'needs /dev/full'}, async (t) => {
  const path = await folder(t)
  await symlink('/dev/full', join(path, 'authproxy.log'))
  const {file} = fileIn(path, {maxSize: 1})
  const result = await file.write(['one', 'two'])
  assert.ok(!result.ok && /ENOSPC/.test(result.problem))
  await file.close()
})

test('a file that cannot be turned grows on, and that is told once', async (t) => {
  const path = await folder(t)
  const {file, reports} = fileIn(path, {maxSize: 4, maxFiles: 1})
  await mkdir(join(path, 'authproxy.log.1', 'occupied'), {recursive: true})
  assert.deepEqual(await file.write(['one', 'two', 'three']), {ok: true})
  await file.close()
  assert.equal(await readFile(join(path, 'authproxy.log'), 'utf8'), 'one\ntwo\nthree\n')
  assert.equal(reports.length, 1)
  assert.match(reports[0] ?? '', /cannot turn .*authproxy\.log, it grows on/)
})
