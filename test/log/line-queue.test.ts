import assert from 'node:assert/strict'
import {test} from 'node:test'
import {LineQueue, type LinesWritten, type LineTarget} from '../../src/core/log/line-queue.ts'
import {ManualWorld} from '../support/manual-world.ts'

/** A place that works or not as the test says. */
class FakeTarget implements LineTarget {
  readonly name = 'fake.log'
  readonly lines: string[] = []
  next: (lines: readonly string[]) => Promise<LinesWritten> = async () => ({ok: true})
  closed = false

  async write(lines: readonly string[]): Promise<LinesWritten> {
    const result = await this.next(lines)
    this.lines.push(...lines.slice(0, result.ok ? lines.length : result.written))
    return result
  }

  async close(): Promise<void> {
    this.closed = true
  }
}

function queueOn(target: LineTarget) {
  const world = new ManualWorld()
  const reports: string[] = []
  const queue = new LineQueue({
    world,
    target,
    report: (problem) => reports.push(problem),
    lossNote: (lost) => `${lost} lost`,
  })
  return {world, queue, reports}
}

const full = async (): Promise<LinesWritten> => ({ok: false, written: 0, problem: 'no space left on device'})

test('lines are written in order, and the last ones at the end', async () => {
  const target = new FakeTarget()
  const {queue} = queueOn(target)
  for (let i = 0; i < 2500; i++) queue.push(`line ${i}`)
  await queue.close()
  assert.deepEqual(
    target.lines,
    Array.from({length: 2500}, (_, i) => `line ${i}`),
  )
  assert.ok(target.closed)
  queue.push('too late')
  await queue.flushed()
  assert.equal(target.lines.length, 2500)
})

test('a full disk is told once, lines wait, and are written when there is room again', async () => {
  const target = new FakeTarget()
  const {world, queue, reports} = queueOn(target)
  target.next = full
  queue.push('one')
  await queue.flushed()
  queue.push('two')
  for (let i = 0; i < 5; i++) {
    world.advance(5000)
    await queue.flushed()
  }
  assert.deepEqual(reports, ['cannot write fake.log: no space left on device; logins go on without it'])
  target.next = async () => ({ok: true})
  world.advance(5000)
  await queue.flushed()
  assert.deepEqual(target.lines, ['one', 'two'])
  assert.deepEqual(reports.slice(1), ['fake.log is written again'])
  await queue.close()
})

test('what does not fit while the place is broken is counted, and the log shows the gap', async () => {
  const target = new FakeTarget()
  const {world, queue, reports} = queueOn(target)
  target.next = full
  const line = 'x'.repeat(1024 * 1024)
  for (let i = 0; i < 20; i++) queue.push(line)
  await queue.flushed()
  target.next = async () => ({ok: true})
  world.advance(5000)
  await queue.flushed()
  queue.push('after')
  await queue.flushed()
  assert.equal(target.lines.length, 10)
  assert.deepEqual(target.lines.slice(8), ['12 lost', 'after'])
  assert.match(reports[1] ?? '', /12 lines were lost/)
  await queue.close()
})

test('a half-written batch goes on where it stopped', async () => {
  const target = new FakeTarget()
  const {world, queue} = queueOn(target)
  target.next = async () => ({ok: false, written: 1, problem: 'broke off'})
  queue.push('one')
  queue.push('two')
  queue.push('three')
  await queue.flushed()
  target.next = async () => ({ok: true})
  world.advance(5000)
  await queue.flushed()
  assert.deepEqual(target.lines, ['one', 'two', 'three'])
  await queue.close()
})

test('a place that hangs does not keep the process from ending', async () => {
  const target = new FakeTarget()
  const {world, queue} = queueOn(target)
  target.next = () => new Promise(() => {})
  queue.push('one')
  const closing = queue.close()
  world.advance(2000)
  await closing
  assert.deepEqual(target.lines, [])
  assert.equal(world.pendingTimers, 0)
})

test('lines that come within the gathering time are written together, those of a write with the next', async () => {
  const target = new FakeTarget()
  const writes: number[] = []
  const world = new ManualWorld()
  const queue = new LineQueue({world, target, report: assert.fail, lossNote: String, gatherMs: 50})
  target.next = async (lines) => {
    writes.push(lines.length)
    if (writes.length === 1) queue.push('during the first write')
    return {ok: true}
  }
  queue.push('one')
  world.advance(49)
  queue.push('two')
  assert.deepEqual(writes, [])
  world.advance(1)
  await queue.flushed()
  assert.deepEqual(writes, [2])
  world.advance(50)
  await queue.flushed()
  queue.push('last')
  await queue.close()
  assert.deepEqual(writes, [2, 1, 1])
  assert.deepEqual(target.lines, ['one', 'two', 'during the first write', 'last'])
  assert.equal(world.pendingTimers, 0)
})

test('lines are gathered for a while, but not when they are much', async () => {
  const target = new FakeTarget()
  const world = new ManualWorld()
  const queue = new LineQueue({world, target, report: () => {}, lossNote: () => '', gatherMs: 50})
  queue.push('one')
  await queue.flushed()
  assert.deepEqual(target.lines, [])
  world.advance(50)
  await queue.flushed()
  assert.deepEqual(target.lines, ['one'])
  const kibibyte = 'x'.repeat(1024)
  for (let n = 0; n < 63; n++) queue.push(kibibyte)
  await queue.flushed()
  assert.equal(target.lines.length, 1)
  queue.push(kibibyte)
  await queue.flushed()
  assert.equal(target.lines.length, 65)
  assert.equal(world.pendingTimers, 0)
  await queue.close()
})
