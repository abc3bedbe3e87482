import assert from 'node:assert/strict'
import {test} from 'node:test'
import {inspect} from 'node:util'
import {createLog, type LogRecord} from '../src/core/log/log.ts'
import {Secret} from '../src/core/secret.ts'
import {deadline, Endings, LONGEST_TIMER_MS, pause, realWorld} from '../src/core/world.ts'
import {ManualWorld} from './support/manual-world.ts'

test('a secret prints as a mask everywhere and compares by content', () => {
  const secret = new Secret('correct horse')
  assert.equal(`${secret}`, '*****')
  assert.equal(JSON.stringify({secret}), '{"secret":"*****"}')
  assert.ok(!inspect({secret}, {depth: 9, showHidden: true}).includes('horse'))
  assert.equal(secret.reveal(), 'correct horse')
  assert.ok(secret.equals(new Secret('correct horse')))
  assert.ok(!secret.equals(new Secret('correct horse ')))
})

test('a pause ends with its time or with its signal, whichever comes first', async () => {
  const world = new ManualWorld()
  const controller = new AbortController()
  const elapsed = pause(world, 100, controller.signal)
  world.advance(100)
  assert.equal(await elapsed, 'elapsed')
  const aborted = pause(world, 100, controller.signal)
  controller.abort()
  assert.equal(await aborted, 'aborted')
  assert.equal(world.pendingTimers, 0)
})

test('a time that no timer can count is not over at once', async () => {
  let isOver = false
  const cancel = realWorld.after(LONGEST_TIMER_MS + 1, () => {
    isOver = true
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  cancel()
  assert.equal(isOver, false)
})

test('a deadline aborts in time and leaves no timer when released', () => {
  const world = new ManualWorld()
  const first = deadline(world, 50)
  world.advance(50)
  assert.ok(first.signal.aborted)
  const second = deadline(world, 50)
  second.release()
  assert.equal(world.pendingTimers, 0)
})

test('what is under way ends with all of it or with its parent, and released it listens to neither', () => {
  const endings = new Endings()
  const parent = new AbortController()
  const [alone, child, released] = [endings.begin(), endings.begin(parent.signal), endings.begin(parent.signal)]
  assert.equal(endings.size, 3)
  released.release()
  parent.abort(new Error('the user has gone'))
  assert.equal(child.signal.reason.message, 'the user has gone')
  child.release()
  assert.ok(!alone.signal.aborted)
  endings.end(new Error('closing'))
  assert.equal(alone.signal.reason.message, 'closing')
  assert.ok(!released.signal.aborted)
  alone.release()
  assert.equal(endings.size, 0)
  alone.release()
  assert.equal(endings.begin().signal.reason.message, 'closing')
})

test('in whatever order work is released, what is left ends', () => {
  const endings = new Endings()
  const works = Array.from({length: 6}, () => endings.begin())
  for (const n of [1, 5, 1, 0]) works[n]?.release()
  assert.equal(endings.size, 3)
  endings.end(new Error('closing'))
  assert.deepEqual(
    works.map(({signal}) => signal.aborted),
    [false, false, true, true, true, false],
  )
})

test('random octets are handed out once, and a change of one draw leaves the others alone', () => {
  const draws = Array.from({length: 2000}, (_, n) => realWorld.randomBytes(4 + (n % 13) * 40))
  const texts = draws.map((octets) => octets.toString('hex'))
  assert.equal(new Set(texts).size, draws.length)
  for (const [n, octets] of draws.entries()) assert.equal(octets.length, 4 + (n % 13) * 40)
  draws[1]?.fill(0)
  assert.equal(draws[0]?.toString('hex'), texts[0])
  assert.equal(draws[2]?.toString('hex'), texts[2])
})

test('a log line holds no control character, and strangers cannot flood the log', () => {
  const world = new ManualWorld()
  const records: LogRecord[] = []
  const log = createLog(world, [{write: (record) => records.push(record), close: async () => {}}], {debug: false})
  for (let i = 0; i < 100; i++) log.emit('radius.discarded', {from: '192.0.2.1:5', reason: 'x', detail: 'a\nb'})
  assert.equal(records.length, 5)
  assert.equal(records[0]?.text, 'dropping packet from 192.0.2.1:5 - a\\x0ab')
  world.advance(60_000)
  log.emit('radius.discarded', {from: '192.0.2.1:5', reason: 'x', detail: 'again'})
  assert.match(records[5]?.text ?? '', /95 more like this/)
})
