import assert from 'node:assert/strict'
import {test} from 'node:test'
import {RecentCounts} from '../../src/core/login/recent-counts.ts'
import {ManualWorld} from '../support/manual-world.ts'

test('what is older than the window does not count', () => {
  const world = new ManualWorld()
  const counts = new RecentCounts(world, 10)
  assert.deepEqual([counts.add('a', 1000, 5), counts.add('b', 1000, 5)], [1, 1])
  world.advance(600)
  assert.equal(counts.add('a', 1000, 5), 2)
  world.advance(400)
  assert.deepEqual([counts.count('a', 1000), counts.count('b', 1000), counts.count('c', 1000)], [1, 0, 0])
})

test('it counts no further than it is asked to, the latest ones', () => {
  const world = new ManualWorld()
  const counts = new RecentCounts(world, 10)
  for (let n = 0; n < 5; n++) {
    counts.add('a', 1000, 3)
    world.advance(100)
  }
  assert.equal(counts.count('a', 1000), 3)
  world.advance(800)
  assert.equal(counts.count('a', 1000), 1)
})

test('one can be taken back, and all forgotten', () => {
  const counts = new RecentCounts(new ManualWorld(), 10)
  counts.add('a', 1000, 5)
  counts.add('a', 1000, 5)
  counts.takeBack('a')
  assert.equal(counts.count('a', 1000), 1)
  counts.takeBack('a')
  counts.takeBack('a')
  assert.equal(counts.keys, 0)
  counts.add('a', 1000, 5)
  counts.forget('a')
  assert.equal(counts.keys, 0)
})

test('keys have a bound, and quiet ones are swept', () => {
  const world = new ManualWorld()
  const counts = new RecentCounts(world, 3)
  for (const key of ['a', 'b', 'c', 'a', 'd']) counts.add(key, 1000, 5)
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => counts.count(key, 1000)),
    [2, 0, 1, 1],
  )
  world.advance(1000)
  counts.add('e', 1000, 5)
  assert.equal(counts.keys, 1)
})
