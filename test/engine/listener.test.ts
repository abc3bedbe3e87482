import assert from 'node:assert/strict'
import {test} from 'node:test'
import {reportSmallBuffer} from '../../src/core/engine/listener.ts'
import {createLog, type LogRecord} from '../../src/core/log/log.ts'
import {ManualWorld} from '../support/manual-world.ts'

test('a receive buffer that loses bursts is told with the way out, a large one is not', () => {
  const records: LogRecord[] = []
  const log = createLog(new ManualWorld(), [{write: (record) => records.push(record), close: async () => {}}], {
    debug: false,
  })
  const socket = {address: '0.0.0.0', port: 1812}
  reportSmallBuffer({...socket, receiveBufferOctets: 8 * 1024 * 1024}, log)
  assert.equal(records.length, 0)
  reportSmallBuffer({...socket, receiveBufferOctets: 425_984}, log)
  assert.match(
    records[0]?.text ?? '',
    /0\.0\.0\.0:1812 a receive buffer of 425984 octets, 8388608 .*net\.core\.rmem_max/,
  )
  assert.equal(records[0]?.level, 'warn')
})
