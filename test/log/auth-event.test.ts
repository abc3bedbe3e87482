import assert from 'node:assert/strict'
import {test} from 'node:test'
import {createLog, type LogRecord} from '../../src/core/log/log.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {authRecord, login} from './records.ts'

test('the final result of a login is an authentication event, a challenge is none', () => {
  const records: LogRecord[] = []
  const sink = {write: (record: LogRecord) => void records.push(record), close: async () => {}}
  const log = createLog(new ManualWorld(), [sink], {debug: false})
  const {auth} = authRecord()
  log.emit(
    'login.decided',
    {section: 's', outcome: 'challenge', reason: 'choose', elapsedMs: 3, told: '', unread: false, auth: undefined},
    login,
  )
  const decided = {section: 's', outcome: 'accept', reason: 'approved', elapsedMs: 4120, told: '', unread: false, auth}
  log.emit('login.decided', decided, login)
  log.emit('login.primary.result', {result: 'accept', reason: '', detail: '', auth}, login)
  assert.deepEqual(
    records.map((record) => record.auth),
    [undefined, auth, auth],
  )
})
