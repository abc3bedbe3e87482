import assert from 'node:assert/strict'
import {test} from 'node:test'
import {createLog, type LogRecord, oneLine} from '../../src/core/log/log.ts'
import {ManualWorld} from '../support/manual-world.ts'

function collectingLog(world: ManualWorld, debug = false) {
  const records: LogRecord[] = []
  const log = createLog(world, [{write: (record) => records.push(record), close: async () => {}}], {debug})
  return {log, records}
}

test('a flood from ever new addresses shares one allowance, and the log says how much it left out', () => {
  const world = new ManualWorld()
  const {log, records} = collectingLog(world)
  for (let i = 0; i < 20_000; i++) {
    log.emit('radius.discarded', {from: `192.0.${i >> 8}.${i & 255}:5`, reason: 'x', detail: 'flood'})
  }
  assert.ok(records.length <= 106, `${records.length} lines for one minute`)
  world.advance(60_000)
  const before = records.length
  for (let i = 0; i < 20_000; i++) {
    log.emit('radius.discarded', {from: `198.51.${i >> 8}.${i & 255}:5`, reason: 'x', detail: 'flood'})
  }
  assert.ok(records.length - before <= 106)
  assert.ok(
    records.slice(before).some((record) => /\(19\d{3} more like this were not written\)/.test(record.text)),
    'the count of the first minute is told',
  )
})

test('bidirectional controls and line separators become visible, long lines are cut', () => {
  assert.equal(oneLine('a\u202eb\u2028c\rd'), 'a\\u202eb\\u2028c\\x0dd')
  const cut = oneLine('x'.repeat(100_000))
  assert.ok(cut.length < 9000)
  assert.ok(cut.endsWith('... (cut)'))
})
