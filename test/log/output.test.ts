import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {LineTarget} from '../../src/core/log/line-queue.ts'
import {createLogOutput} from '../../src/core/log/output.ts'
import type {LogOptions} from '../../src/core/log/sinks.ts'
import {realWorld} from '../../src/core/world.ts'
import {authRecord, record} from './records.ts'

const options: LogOptions = {
  hostname: 'proxy1',
  version: '1.2.3',
  format: 'text',
  directory: '/var/log/not-there',
  file: true,
  stdout: false,
  syslog: undefined,
  authEvents: true,
  maxSize: 0,
  maxFiles: 0,
}
const edge = {processId: 1, journal: false, report: () => {}}

/** Places that note what they are given, in place of the real ones. */
function output(first: LogOptions = options) {
  const written: string[] = []
  const relay = (place: string): LineTarget => ({
    name: place,
    write: async (lines) => {
      written.push(...lines.map((line) => `${place}: ${line}`))
      return {ok: true}
    },
    close: async () => {},
  })
  return {written, made: createLogOutput(realWorld, first, edge, relay)}
}

test("a worker's lines go, as they are, to the place they were made for", async () => {
  const {made, written} = output()
  made.writeLines('authevents.log', ['one', 'two'])
  made.writeLines('authproxy.log', ['three'])
  await made.close()
  assert.deepEqual(written.toSorted(), ['authevents.log: one', 'authevents.log: two', 'authproxy.log: three'])
})

test('lines for a place that a reload has taken away are not lost', async () => {
  const {made, written} = output()
  made.exchange({...options, file: false, stdout: true, authEvents: false})
  made.writeLines('authproxy.log', ['of before'])
  await made.close()
  assert.deepEqual(written, ['stdout: of before'])
})

test('what was written before an exchange is brought to its end where it was going', async () => {
  const {made, written} = output()
  made.write(record('before'))
  made.exchange({...options, format: 'json', authEvents: false})
  made.write(authRecord())
  await made.close()
  assert.equal(written.length, 2)
  assert.match(written[0] ?? '', /^authproxy\.log: .*before$/)
  assert.match(written[1] ?? '', /^authproxy\.log: \{.*"login_id":"L7Q2"|^authproxy\.log: \{/)
})
