import assert from 'node:assert/strict'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import {openStateFolder} from '../../src/core/engine/state-folder.ts'
import {createLog, type LogRecord} from '../../src/core/log/log.ts'
import {ManualWorld} from '../support/manual-world.ts'

const world = new ManualWorld()
const main = {state_key: undefined, state_key_previous: undefined, state_store: undefined}

function place(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-state-'))
  t.after(() => rmSync(folder, {recursive: true}))
  const records: LogRecord[] = []
  const log = createLog(world, [{write: (record) => records.push(record), close: async () => {}}], {debug: false})
  const open = () => openStateFolder(folder, main, log, world)
  return {folder, records, open, names: () => records.map(({name}) => name)}
}

test('key, journal and latches outlive a restart, in a folder for the service alone', async (t) => {
  const {folder, open, names} = place(t)
  chmodSync(folder, 0o755)
  const first = open()
  assert.equal(first.knowsPast, false)
  first.latches.set('message-authenticator', '192.0.2.1')
  await first.store.close()
  const second = open()
  assert.deepEqual(second.keys, first.keys)
  assert.equal(second.knowsPast, true)
  assert.ok(second.latches.has('message-authenticator', '192.0.2.1'))
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.deepEqual(names(), [])
  await second.store.close()
})

test('latches that cannot be read: an error says what to do, and challenges outlive the restart all the same', async (t) => {
  const {folder, open, records, names} = place(t)
  const first = open()
  await first.store.close()
  rmSync(join(folder, 'latches'))
  mkdirSync(join(folder, 'latches'))
  const second = open()
  assert.deepEqual(names(), ['state.latches.unusable'])
  assert.equal(records[0]?.level, 'error')
  assert.match(records[0]?.text ?? '', /EISDIR.*require_message_authenticator=yes/)
  assert.deepEqual([second.keys, second.knowsPast], [first.keys, true])
  assert.equal(
    second.latches.set('message-authenticator', '192.0.2.1'),
    'set',
    'a client that signs is held to it again',
  )
  assert.ok(second.latches.has('message-authenticator', '192.0.2.1'))
  await second.store.close()
})

test('a journal that cannot be read: open challenges are refused, latches hold', async (t) => {
  const {folder, open, names} = place(t)
  const first = open()
  first.latches.set('message-authenticator', '192.0.2.1')
  await first.store.close()
  rmSync(join(folder, 'journal'))
  mkdirSync(join(folder, 'journal'))
  const second = open()
  assert.deepEqual(names(), ['state.folder.unusable'])
  assert.equal(second.knowsPast, false)
  assert.ok(second.latches.has('message-authenticator', '192.0.2.1'))
})

test('a folder that cannot be made: both are told, and the process runs on memory', (t) => {
  const {folder} = place(t)
  const records: LogRecord[] = []
  const log = createLog(world, [{write: (record) => records.push(record), close: async () => {}}], {debug: false})
  writeFileSync(join(folder, 'file'), '')
  const opened = openStateFolder(join(folder, 'file', 'state'), main, log, world)
  assert.deepEqual(
    records.map(({name}) => name),
    ['state.latches.unusable', 'state.folder.unusable'],
  )
  assert.deepEqual([opened.keys.length, opened.knowsPast], [1, false])
})
