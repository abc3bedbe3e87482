import assert from 'node:assert/strict'
import {test} from 'node:test'
import {Later} from '../../src/core/log/event.ts'
import {createLog, type LogRecord} from '../../src/core/log/log.ts'
import {TraceRing} from '../../src/core/log/trace-ring.ts'
import {traceLines} from '../../src/core/log/trace-text.ts'
import {ManualWorld} from '../support/manual-world.ts'

const login = (loginId: string, userName = 'jdoe') => ({loginId, from: '192.0.2.1:40000', identifier: 1, userName})
const duplicate = {address: '192.0.2.1', port: 40_000, identifier: 1, answered: false}

function traced(octets?: number) {
  const world = new ManualWorld()
  const ring = new TraceRing(octets)
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
  const {ring, log} = traced(64 * 1024)
  for (let number = 0; number < 2100; number++) {
    log.emit('login.joined', {same: true}, login(`${number}`, number % 2 === 0 ? 'JDoe' : 'bob'))
  }
  assert.deepEqual(
    ring.byUser('jdoe', 2).map(({loginId}) => loginId),
    ['2098', '2096'],
  )
  const kept = Array.from({length: 2100}, (_, number) => ring.byId(`${number}`) !== undefined)
  const oldest = kept.indexOf(true)
  assert.ok(oldest > 1000 && oldest < 2000, `${oldest} is the oldest`)
  assert.ok(kept.slice(oldest).every((isKept) => isKept))
  assert.equal(ring.byUser('JDOE', 2100).length, Math.floor((2100 - oldest) / 2))
})

test('some 2,000 logins with a push are remembered, and a user name is text of any kind', () => {
  const {ring, log} = traced()
  const userName = 'jürgen von der Höhe 😀'
  const events = 12
  for (let number = 0; number < 4000; number++) {
    for (let event = 0; event < events; event++) {
      const detail = `step ${event}: ${'x'.repeat(40)}`
      log.emit('login.preauth', {result: 'auth', detail}, login(`${number}`, userName))
    }
  }
  const oldest = Array.from({length: 4000}, (_, number) => number).find((number) => ring.byId(`${number}`))
  assert.ok(oldest !== undefined && oldest < 2000, `${oldest} is the oldest`)
  const trace = ring.byId('3999')
  assert.deepEqual([trace?.userName, trace?.from, trace?.steps.length], [userName, '192.0.2.1:40000', events])
  assert.deepEqual(trace?.steps[3]?.fields, {result: 'auth', detail: `step 3: ${'x'.repeat(40)}`})
})

test('two logins in turns have their own steps each, and repeats are counted for each of them', () => {
  const {ring, log} = traced()
  for (let time = 0; time < 300; time++) {
    for (const id of ['a', 'b']) log.emit('radius.duplicate', duplicate, login(id))
  }
  log.emit('login.answered', {question: 'factor'}, login('a'))
  assert.deepEqual(
    ring.byId('a')?.steps.map(({name, repeated}) => [name, repeated?.times]),
    [
      ['radius.duplicate', 300],
      ['login.answered', undefined],
    ],
  )
  assert.equal(ring.byId('b')?.steps[0]?.repeated?.times, 300)
})

test('what is made later of its source is made when somebody asks', () => {
  const {ring, log} = traced()
  let made = 0
  const read = (source: string) => {
    made++
    return [`read from ${source}`]
  }
  const attributes = new Later('\u0000\u00ff', read)
  log.emit('radius.reply.sent', {code: 2, to: '192.0.2.1:40000', identifier: 1, unread: false, attributes}, login('a'))
  assert.equal(made, 0)
  assert.deepEqual(ring.byId('a')?.steps[0]?.fields.attributes, ['read from \u0000\u00ff'])
  assert.equal(made, 1)
})
