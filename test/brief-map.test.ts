import assert from 'node:assert/strict'
import {test} from 'node:test'
import {BriefMap} from '../src/core/brief-map.ts'

test('it is a Map, however often it has been replaced', () => {
  const [brief, map] = [new BriefMap<number, string>(), new Map<number, string>()]
  // Some stay for long among many that come and go, and every fifth is written anew.
  for (let n = 0; n < 5000; n++) {
    brief.set(n, `${n}`)
    map.set(n, `${n}`)
    if (n % 5 === 0) {
      brief.set(n, 'again')
      map.set(n, 'again')
    }
    const old = n - 7
    if (old % 100 !== 0) assert.equal(brief.delete(old), map.delete(old))
    assert.equal(brief.size, map.size)
    assert.equal(brief.get(n), map.get(n))
    assert.equal(brief.has(old), map.has(old))
  }
  assert.deepEqual([...brief], [...map])
  assert.deepEqual([...brief.keys()], [...map.keys()])
  assert.deepEqual([...brief.values()], [...map.values()])
  brief.clear()
  assert.equal(brief.size, 0)
  assert.equal(brief.delete(0), false)
})

test('whoever goes through it may take out each entry it comes to, the oldest first', () => {
  const brief = new BriefMap<number, string>()
  for (let n = 0; n < 1000; n++) brief.set(n, `${n}`)
  const met: number[] = []
  for (const [name] of brief) {
    met.push(name)
    brief.delete(name)
  }
  assert.deepEqual(
    met,
    Array.from({length: 1000}, (_, n) => n),
  )
  assert.equal(brief.size, 0)
})
