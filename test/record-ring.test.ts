import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {hashOf, RecordRing} from '../src/core/record-ring.ts'

test('parts and numbers come back as they were given; of a key the newest record comes first', () => {
  const ring = new RecordRing(4096)
  const octets = Buffer.from(Array.from({length: 256}, (_, octet) => octet))
  const first = ring.add(7, ['a', octets, '', 'ä€😀'])
  const second = ring.add(7, ['b'])
  const other = ring.add(8, [])
  ring.setNumber(first, 0, 1.5)
  ring.setNumber(first, 3, 2 ** 53)
  assert.deepEqual([ring.text(first, 0), ring.text(first, 2), ring.text(first, 3)], ['a', '', 'ä€😀'])
  assert.deepEqual(ring.copy(first, 1), octets)
  assert.ok(ring.equals(first, 1, octets) && !ring.equals(first, 1, octets.subarray(1)))
  assert.ok(!ring.equals(first, 1, Buffer.from(octets).fill(1, 255)))
  assert.deepEqual([ring.number(first, 0), ring.number(first, 3)], [1.5, 2 ** 53])
  assert.deepEqual([ring.newest(7), ring.older(second), ring.older(first)], [second, first, 0])
  assert.deepEqual([ring.newest(9), ring.newest(8), ring.text(other, 0)], [0, other, ''])
  assert.deepEqual([ring.oldest(), ring.next(first), ring.next(other), ring.count], [first, second, 0, 3])
})

test('what is dropped is not found any more, and stands nowhere', () => {
  const ring = new RecordRing(2048)
  assert.equal(ring.oldest(), 0)
  ring.dropOldest()
  const first = ring.add(1, ['secret of somebody'])
  const second = ring.add(1, ['kept'])
  ring.dropOldest()
  assert.deepEqual([ring.newest(1), ring.older(second), ring.oldest(), ring.count], [second, 0, second, 1])
  assert.equal(ring.text(first, 0), '')
  ring.clear()
  assert.deepEqual([ring.newest(1), ring.oldest(), ring.count], [0, 0, 0])
  assert.ok(ring.add(1, ['again']) > second)
  assert.equal(ring.text(ring.newest(1), 0), 'again')
})

test('a record of more than half of all room is not kept, and takes nothing from the others', () => {
  const ring = new RecordRing(2048)
  const small = ring.add(1, ['small'])
  assert.equal(ring.add(1, ['x'.repeat(2048)]), 0)
  assert.deepEqual([ring.newest(1), ring.count], [small, 1])
})

test('it holds memory for what is kept, not for what has been', () => {
  const capacity = 32 * 1024 * 1024
  const ring = new RecordRing(capacity)
  assert.equal(ring.octetsHeld, 0)
  const about = Buffer.alloc(400, 1)
  let most = 0
  for (let n = 0; n < 200_000; n++) {
    const position = ring.add(hashOf(`${n}`), [`${n}`, about])
    assert.equal(ring.text(position, 0), `${n}`)
    if (ring.count > 1000) ring.dropOldest()
    most = Math.max(most, ring.octetsHeld)
  }
  assert.ok(most < 4 * 1024 * 1024, `${most} octets for 1,000 records of 480`)
  ring.clear()
  assert.ok(ring.octetsHeld <= 2 * 512 * 1024, `${ring.octetsHeld} octets for none`)
  for (let n = 0; n < 200_000; n++) ring.add(hashOf(`${n}`), [`${n}`, about])
  assert.equal(ring.octetsHeld, capacity)
  assert.ok(ring.count > (capacity / 480) * 0.95, `${ring.count}`)
  ring.clear()
  assert.ok(ring.octetsHeld <= 2 * 512 * 1024, `${ring.octetsHeld} octets after a flood`)
})

test('one record at a time, for ever, is found and gone', () => {
  const ring = new RecordRing(2048)
  for (let n = 0; n < 1000; n++) {
    const position = ring.add(n, [`${n}`])
    assert.deepEqual(
      [ring.newest(n), ring.oldest(), ring.next(position), ring.text(position, 0)],
      [position, position, 0, `${n}`],
    )
    ring.dropOldest()
    assert.deepEqual([ring.newest(n), ring.oldest(), ring.count], [0, 0, 0])
  }
})

test('a key has one number, and not that of every other; a seed makes other ones', () => {
  const numbers = new Set(Array.from({length: 10_000}, (_, n) => hashOf(`key ${n}`)))
  assert.ok(numbers.size > 9_990, `${numbers.size}`)
  assert.equal(hashOf('abc'), hashOf(Buffer.from('abc')))
  assert.notEqual(hashOf('abc'), hashOf('abc', 1))
  const buckets = new Set(Array.from({length: 1000}, (_, n) => hashOf(`key ${n}`) & 1023))
  assert.ok(buckets.size > 550, `${buckets.size} of 1024 buckets`)
})

test('like a list that forgets its oldest records, however many come and go', () => {
  const record = fc.record({
    hash: fc.integer({min: 0, max: 5}).map((n) => hashOf(`${n}`)),
    parts: fc.array(fc.oneof(fc.string({unit: 'binary', maxLength: 60}), fc.uint8Array({maxLength: 200})), {
      maxLength: 4,
    }),
    drops: fc.nat({max: 2}),
  })
  const segment = fc.integer({min: 32, max: 128}).map((n) => n * 8)
  fc.assert(
    fc.property(
      fc.integer({min: 1, max: 4000}),
      segment,
      fc.array(record, {maxLength: 200}),
      (octets, each, records) => {
        const ring = new RecordRing(octets, each)
        const model: {position: number; hash: number; parts: readonly (string | Uint8Array)[]; number: number}[] = []
        for (const [n, {hash, parts, drops}] of records.entries()) {
          const given = parts.map((part) => (typeof part === 'string' ? part : Buffer.from(part)))
          const position = ring.add(hash, given)
          if (position !== 0) {
            ring.setNumber(position, 1, n)
            assert.ok(ring.newest(hash) === position)
            model.push({position, hash, parts, number: n})
          }
          for (let drop = 0; drop < drops && n % 7 === 0; drop++) ring.dropOldest()
          // Which of the oldest had to go is the ring's to say; what is left must be the newest ones, whole.
          model.splice(0, model.length - ring.count)
          const kept = new Set(model.map((each) => each.position))
          let at = ring.oldest()
          for (const each of model) {
            assert.equal(at, each.position)
            assert.equal(ring.number(at, 1), each.number)
            for (const [index, part] of each.parts.entries()) {
              if (typeof part === 'string') assert.equal(ring.text(at, index), part.toWellFormed())
              else assert.ok(ring.equals(at, index, Buffer.from(part)))
            }
            at = ring.next(at)
          }
          assert.equal(at, 0)
          for (const wanted of new Set(model.map((each) => each.hash))) {
            const newestFirst = model.filter((each) => each.hash === wanted).map((each) => each.position)
            const found: number[] = []
            for (let of = ring.newest(wanted); of !== 0; of = ring.older(of)) found.push(of)
            assert.deepEqual(found, newestFirst.reverse())
            assert.ok(found.every((position) => kept.has(position)))
          }
        }
      },
    ),
    {numRuns: 100},
  )
})
