import assert from 'node:assert/strict'
import {test} from 'node:test'
import {createLog, type LogRecord} from '../../src/core/log/log.ts'
import {TraceRing} from '../../src/core/log/trace-ring.ts'
import {traceLines} from '../../src/core/log/trace-text.ts'
import {ManualWorld} from '../support/manual-world.ts'

const login = (loginId: string, userName = 'jdoe') => ({loginId, from: '192.0.2.1:40000', identifier: 1, userName})
const duplicate = {address: '192.0.2.1', port: 40_000, identifier: 1, answered: false}

function traced() {
  const world = new ManualWorld()
  const ring = new TraceRing()
  const written: LogRecord[] = []
  const sink = {write: (record: LogRecord) => written.push(record), close: async () => {}}
  return {world, ring, written, log: createLog(world, [sink], {debug: false, trace: ring})}
}

test('the trace has every event of a login, those too that the log is spared; others are not its business', () => {
  const {ring, written, log} = traced()
  for (let time = 0; time < 20; time++) {
    log.emit('radius.duplicate', duplicate, login('a'))
    log.emit('login.joined', {same: true}, login('a'))
  }
  log.emit('radius.socket.error', {listener: 'x', error: 'y'})
  assert.equal(written.filter(({name}) => name === 'radius.duplicate').length, 5)
  assert.equal(ring.byId('a')?.steps.filter(({name}) => name === 'radius.duplicate').length, 20)
})

test('a gateway that keeps asking is one step, and the decision still has its place', () => {
  const {world, ring, log} = traced()
  log.emit('login.answered', {question: 'factor'}, login('a'))
  for (let time = 0; time < 500; time++) {
    world.advance(100)
    log.emit('radius.duplicate', duplicate, login('a'))
  }
  log.emit('login.joined', {same: false}, login('a'))
  const trace = ring.byId('a')
  assert.deepEqual(
    trace?.steps.map(({name, repeated}) => [name, repeated?.times]),
    [
      ['login.answered', undefined],
      ['radius.duplicate', 500],
      ['login.joined', undefined],
    ],
  )
  assert.ok(trace !== undefined)
  assert.ok(traceLines(trace).some((line) => line.endsWith('500 times, the last after 50.000 s')))
})

test('logins of a user are found however the name was typed, newest first; the oldest go', () => {
  const {ring, log} = traced()
  for (let number = 0; number < 2100; number++) {
    log.emit('login.joined', {same: true}, login(`${number}`, number % 2 === 0 ? 'JDoe' : 'bob'))
  }
  assert.deepEqual(
    ring.byUser('jdoe', 2).map(({loginId}) => loginId),
    ['2098', '2096'],
  )
  assert.equal(ring.byId('99'), undefined)
  assert.ok(ring.byId('100') !== undefined)
})
