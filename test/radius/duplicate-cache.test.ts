import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type Arrival, DuplicateCache, type DuplicateEntry} from '../../src/core/radius/duplicate-cache.ts'
import {ManualWorld} from '../support/manual-world.ts'

const from = {address: '192.0.2.1', port: 40_000}
const listener = '0.0.0.0:1812'
const reply = Buffer.from('the reply')

function request(identifier: number, content: string): Buffer {
  return Buffer.concat([Buffer.of(1, identifier), Buffer.from(content)])
}

function fresh(arrival: Arrival): DuplicateEntry {
  assert.equal(arrival.kind, 'new')
  assert.ok(arrival.kind === 'new')
  return arrival.entry
}

test('a retransmission is silent while pending, and gets the same octets for 70 s after the answer', () => {
  const world = new ManualWorld()
  const cache = new DuplicateCache(world)
  const entry = fresh(cache.arrive(request(1, 'a'), from, listener))
  world.advance(60_000)
  assert.deepEqual(cache.arrive(request(1, 'a'), from, listener), {kind: 'pending'})
  cache.answer(entry, reply)
  world.advance(69_999)
  const again = cache.arrive(request(1, 'a'), from, listener)
  assert.ok(again.kind === 'answered')
  assert.deepEqual(again.reply, reply)
  world.advance(1)
  fresh(cache.arrive(request(1, 'a'), from, listener))
})

test('what expired is let go, and no timer is left', () => {
  const world = new ManualWorld()
  const cache = new DuplicateCache(world)
  for (let i = 0; i < 200; i++) {
    cache.answer(fresh(cache.arrive(request(i, 'a'), from, listener)), reply)
    world.advance(10)
    assert.equal(world.pendingTimers, 1)
  }
  assert.equal(cache.answered, 200)
  world.advance(73_000)
  assert.equal(cache.answered, 0)
  assert.equal(world.pendingTimers, 0)
})

test('address, port, socket and Identifier tell requests apart', () => {
  const cache = new DuplicateCache(new ManualWorld())
  fresh(cache.arrive(request(1, 'a'), from, listener))
  fresh(cache.arrive(request(2, 'a'), from, listener))
  fresh(cache.arrive(request(1, 'a'), {...from, port: 40_001}, listener))
  fresh(cache.arrive(request(1, 'a'), {...from, address: '192.0.2.2'}, listener))
  fresh(cache.arrive(request(1, 'a'), from, '[::]:1812'))
  assert.equal(cache.pending, 5)
  assert.deepEqual(cache.arrive(request(1, 'a'), from, listener), {kind: 'pending'})
})

test('other content with the same Identifier and authenticator is another request, with an answer of its own', () => {
  const cache = new DuplicateCache(new ManualWorld())
  const [old, young] = ['a', 'b'].map((content) => fresh(cache.arrive(request(1, content), from, listener)))
  assert.ok(old !== undefined && young !== undefined)
  cache.answer(old, Buffer.from('the first reply'))
  assert.deepEqual(cache.arrive(request(1, 'b'), from, listener), {kind: 'pending'})
  cache.answer(young, reply)
  assert.deepEqual(cache.arrive(request(1, 'a'), from, listener), {
    kind: 'answered',
    reply: Buffer.from('the first reply'),
  })
  assert.deepEqual(cache.arrive(request(1, 'b'), from, listener), {kind: 'answered', reply})
})

test('all octets are kept as they are', () => {
  const cache = new DuplicateCache(new ManualWorld())
  const every = Buffer.from(Array.from({length: 256}, (_, octet) => octet))
  const datagram = Buffer.from(every)
  const sent = Buffer.from(every)
  cache.answer(fresh(cache.arrive(datagram, from, listener)), sent)
  datagram.fill(0)
  sent.fill(0)
  assert.deepEqual(cache.arrive(every, from, listener), {kind: 'answered', reply: every})
})

test('a copy that comes late, when its Identifier has been used again, is a copy still, and takes nothing from the other', () => {
  const cache = new DuplicateCache(new ManualWorld())
  const [old, young] = ['a', 'b'].map((octet) => request(1, `..${octet.repeat(16)}`))
  assert.ok(old !== undefined && young !== undefined)
  const first = fresh(cache.arrive(old, from, listener))
  const second = fresh(cache.arrive(young, from, listener))
  assert.deepEqual(cache.arrive(old, from, listener), {kind: 'pending'})
  cache.answer(first, Buffer.from('the first reply'))
  cache.answer(second, reply)
  assert.deepEqual(cache.arrive(old, from, listener), {kind: 'answered', reply: Buffer.from('the first reply')})
  assert.deepEqual(cache.arrive(young, from, listener), {kind: 'answered', reply})
})

test('a request that was forgotten is new again; silence is remembered', () => {
  const cache = new DuplicateCache(new ManualWorld())
  const first = fresh(cache.arrive(request(1, 'a'), from, listener))
  cache.forget(first)
  const second = fresh(cache.arrive(request(1, 'a'), from, listener))
  cache.forget(first)
  cache.answer(second, undefined)
  assert.deepEqual(cache.arrive(request(1, 'a'), from, listener), {kind: 'answered', reply: undefined})
})

test('the oldest answers make room, by count and by octets; pending requests never do', () => {
  const world = new ManualWorld()
  const few = new DuplicateCache(world, {keepMs: 30_000, maxEntries: 3, maxOctets: 1_000_000})
  // Room for more than two records of half of it, and for less than four.
  const small = new DuplicateCache(world, {keepMs: 30_000, maxEntries: 1000, maxOctets: 2048})
  const reply = Buffer.alloc(500)
  for (const cache of [few, small]) {
    fresh(cache.arrive(request(200, 'a'), from, listener))
    for (let i = 0; i < 10; i++) cache.answer(fresh(cache.arrive(request(i, 'a'), from, listener)), reply)
    assert.ok(cache.answered >= 2 && cache.answered <= 3)
    assert.equal(cache.arrive(request(9, 'a'), from, listener).kind, 'answered')
    assert.equal(cache.arrive(request(0, 'a'), from, listener).kind, 'new')
    assert.equal(cache.arrive(request(200, 'a'), from, listener).kind, 'pending')
    cache.close()
  }
  assert.equal(world.pendingTimers, 0)
})
