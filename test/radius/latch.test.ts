import assert from 'node:assert/strict'
import {appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {Fault} from '../../src/core/fault.ts'
import {LatchMemory, MAX_LATCHED_ADDRESSES} from '../../src/core/radius/latch.ts'
import {openLatchFile} from '../../src/core/radius/latch-file.ts'
import {ManualWorld} from '../support/manual-world.ts'

const directory = mkdtempSync(join(tmpdir(), 'authproxy-latch-'))
after(() => rmSync(directory, {recursive: true}))
const world = new ManualWorld()

test('a latch is set for one address, listed with its time, and cleared by hand', () => {
  const latches = new LatchMemory(world)
  assert.equal(latches.set('message-authenticator', '192.0.2.1'), 'set')
  assert.ok(latches.has('message-authenticator', '192.0.2.1'))
  assert.ok(!latches.has('proxy-state', '192.0.2.1'))
  assert.ok(!latches.has('message-authenticator', '192.0.2.2'))
  assert.deepEqual(latches.list(), [{address: '192.0.2.1', latch: 'message-authenticator', sinceMs: world.wallMs()}])
  assert.ok(latches.clear('192.0.2.1'))
  assert.ok(!latches.clear('192.0.2.1'))
  assert.ok(!latches.has('message-authenticator', '192.0.2.1'))
})

test('no more addresses are remembered than the bound', () => {
  const latches = new LatchMemory(world)
  for (let i = 0; i < MAX_LATCHED_ADDRESSES; i++) latches.set('proxy-state', `10.0.${i >> 8}.${i & 255}`)
  assert.equal(latches.set('proxy-state', '192.0.2.1'), 'full')
  assert.ok(!latches.has('proxy-state', '192.0.2.1'))
  assert.equal(latches.set('proxy-state', '10.0.0.0'), 'set')
})

test('a file keeps latches and their clearing over restarts, and only its owner may read it', () => {
  const path = join(directory, 'kept')
  const first = openLatchFile(path, world)
  first.set('message-authenticator', '192.0.2.1')
  first.set('message-authenticator', '192.0.2.1')
  first.set('proxy-state', '192.0.2.1')
  first.set('message-authenticator', '2001:db8::1')
  first.set('proxy-state', '192.0.2.3')
  first.clear('192.0.2.3')
  const list = first.list()
  // Not closed: a killed process does not close either.
  const second = openLatchFile(path, world)
  assert.deepEqual(second.list(), list)
  assert.equal(second.list().length, 3)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(readFileSync(path, 'utf8').split('\n').length, 4)
  first.close()
  second.close()
})

test('a file with open permissions is closed to others, a line that was cut is not believed', () => {
  const path = join(directory, 'torn')
  writeFileSync(
    path,
    'set 192.0.2.1 message-authenticator 5\nnonsense\nset  x\nset 192.0.2.9 other 5\nset 192.0.2.2 prox',
  )
  chmodSync(path, 0o644)
  const latches = openLatchFile(path, world)
  assert.deepEqual(latches.list(), [{address: '192.0.2.1', latch: 'message-authenticator', sinceMs: 5}])
  assert.equal(statSync(path).mode & 0o777, 0o600)
  latches.close()
})

test('what cannot be written is still latched until the end of the process', () => {
  const latches = openLatchFile(join(directory, 'closed'), world)
  latches.close()
  assert.equal(latches.set('proxy-state', '192.0.2.1'), 'unwritten')
  assert.ok(latches.has('proxy-state', '192.0.2.1'))
})

test('a file that cannot be read or written is a fault, not an empty guard', () => {
  const unreadable = join(directory, 'is-a-directory')
  mkdirSync(unreadable)
  assert.throws(() => openLatchFile(unreadable, world), faultOf('file-unreadable'))
  assert.throws(() => openLatchFile(join(directory, 'missing', 'file'), world), faultOf('file-unwritable'))
})

test('lines that others appended behind our back do no harm', () => {
  const path = join(directory, 'appended')
  openLatchFile(path, world).close()
  appendFileSync(path, 'clear 192.0.2.77\nset 192.0.2.5 proxy-state x\n')
  const latches = openLatchFile(path, world)
  assert.deepEqual(latches.list(), [{address: '192.0.2.5', latch: 'proxy-state', sinceMs: 0}])
  latches.close()
})

function faultOf(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Fault && error.code === code
}
