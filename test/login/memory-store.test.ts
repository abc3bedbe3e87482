import assert from 'node:assert/strict'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {openJournal} from '../../src/core/login/journal.ts'
import {type MemoryLimits, MemoryStore} from '../../src/core/login/memory-store.ts'
import {ManualWorld} from '../support/manual-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'authproxy-store-'))
after(() => rmSync(folder, {recursive: true}))

const nonceOf = (n: number) => Buffer.from(n.toString(16).padStart(24, '0'), 'hex').toString('base64url')
const answer = (n = 1) => Buffer.alloc(32, n).toString('base64url')

let files = 0
const newPath = () => join(folder, `journal-${++files}`)

/** A process on the state folder of one before it; the monotonic clock of a new process starts anew. */
function startProcess(path: string, startMs?: number, limits: Partial<MemoryLimits> = {}) {
  const world = startMs === undefined ? new ManualWorld() : new ManualWorld({startMs})
  const {journal, past} = openJournal(path, world, (error) => {
    throw error
  })
  return {world, store: new MemoryStore(world, journal, past, limits)}
}

test('a State is claimed once, and a second claim hears of the first', async () => {
  const store = new MemoryStore(new ManualWorld())
  assert.deepEqual(await store.claim(nonceOf(1), answer(1)), {kind: 'mine'})
  const taken = {kind: 'taken', answer: answer(1), transactionId: undefined, decided: false}
  assert.deepEqual(await store.claim(nonceOf(1), answer(2)), taken)
  await store.setTransaction(nonceOf(1), 'tx')
  assert.deepEqual(await store.claim(nonceOf(1), answer(1)), {...taken, transactionId: 'tx'})
  await store.setDecided(nonceOf(1))
  assert.deepEqual(await store.claim(nonceOf(1), answer(1)), {...taken, decided: true})
  await store.setTransaction(nonceOf(9), 'tx')
  await store.setDecided(nonceOf(9))
  assert.equal(store.sizes.claims, 1)
})

test('of claims made at once, one gets the State', async () => {
  const store = new MemoryStore(new ManualWorld())
  const claims = await Promise.all(Array.from({length: 20}, (_, n) => store.claim(nonceOf(1), answer(n))))
  assert.equal(claims.filter(({kind}) => kind === 'mine').length, 1)
})

test('a used State is remembered longer than any clock may take it for valid, then forgotten', async () => {
  const world = new ManualWorld()
  const store = new MemoryStore(world)
  await store.claim(nonceOf(1), answer())
  world.advance(419_999)
  assert.equal((await store.claim(nonceOf(1), answer())).kind, 'taken')
  world.advance(1)
  assert.deepEqual(store.sizes, {claims: 0, records: 0, recordOctets: 0, pushes: 0})
})

test('a wall clock that jumps changes nothing', async () => {
  const world = new ManualWorld()
  const store = new MemoryStore(world)
  await store.claim(nonceOf(1), answer())
  await store.putRecord(nonceOf(2), Buffer.of(1), 300_000)
  await store.lockPush('jdoe', 'a', 70_000)
  world.jumpWallClock(86_400_000)
  assert.deepEqual(store.sizes, {claims: 1, records: 1, recordOctets: 1, pushes: 1})
  world.jumpWallClock(-2 * 86_400_000)
  world.advance(420_000)
  assert.deepEqual(store.sizes, {claims: 0, records: 0, recordOctets: 0, pushes: 0})
})

test('a restart remembers: claims, transactions, decisions and records', async () => {
  const path = newPath()
  const {store, world} = startProcess(path)
  await store.putRecord(nonceOf(1), Buffer.from('sealed'), 300_000)
  await store.putRecord(nonceOf(4), Buffer.from('sealed too'), 300_000)
  for (const n of [1, 2, 3]) await store.claim(nonceOf(n), answer(n))
  await store.setTransaction(nonceOf(2), 'tx-2')
  await store.setTransaction(nonceOf(1), 'tx-1')
  await store.setDecided(nonceOf(1))
  // kill -9: nothing is closed.
  const {store: next, world: later} = startProcess(path, world.wallMs() + 20_000)
  const taken = {kind: 'taken', transactionId: undefined, decided: false} as const
  assert.deepEqual(await next.claim(nonceOf(1), 'x'), {...taken, answer: answer(1), decided: true})
  assert.deepEqual(await next.claim(nonceOf(2), 'x'), {...taken, answer: answer(2), transactionId: 'tx-2'})
  assert.deepEqual(await next.claim(nonceOf(3), 'x'), {...taken, answer: answer(3)})
  assert.equal(await next.getRecord(nonceOf(1)), undefined)
  assert.equal((await next.getRecord(nonceOf(4)))?.toString(), 'sealed too')
  later.advance(280_000)
  assert.equal(await next.getRecord(nonceOf(4)), undefined)
  assert.equal(next.sizes.claims, 3)
  later.advance(120_000)
  assert.equal(next.sizes.claims, 0)
})

test('what a clock that was ahead has written lives no longer than the rest, and holds nothing up', async () => {
  const path = newPath()
  const {store, world} = startProcess(path)
  world.jumpWallClock(86_400_000)
  await store.claim(nonceOf(1), answer())
  await store.putRecord(nonceOf(1), Buffer.of(1), 300_000)
  const {store: next, world: later} = startProcess(path, world.wallMs() - 86_400_000)
  await next.claim(nonceOf(2), answer())
  assert.deepEqual([next.sizes.claims, next.sizes.records], [2, 1])
  later.advance(420_000)
  assert.deepEqual([next.sizes.claims, next.sizes.records], [0, 0])
})

test('claims have a bound: a new one is refused, none is forgotten before its time', async () => {
  const world = new ManualWorld()
  const store = new MemoryStore(world, undefined, [], {claims: 2})
  await store.claim(nonceOf(1), answer())
  await store.claim(nonceOf(2), answer())
  assert.deepEqual(await store.claim(nonceOf(3), answer()), {kind: 'full'})
  assert.equal((await store.claim(nonceOf(1), answer())).kind, 'taken')
  world.advance(420_000)
  assert.deepEqual(await store.claim(nonceOf(3), answer()), {kind: 'mine'})
})

test('records have a bound in octets: the oldest give way', async () => {
  const store = new MemoryStore(new ManualWorld(), undefined, [], {recordOctets: 1000})
  for (const n of [1, 2, 3, 3]) await store.putRecord(nonceOf(n), Buffer.alloc(400, n), 300_000)
  assert.equal(await store.getRecord(nonceOf(1)), undefined)
  assert.equal((await store.getRecord(nonceOf(2)))?.length, 400)
  assert.equal((await store.getRecord(nonceOf(3)))?.length, 400)
  assert.deepEqual([store.sizes.records, store.sizes.recordOctets], [2, 800])
})

test('one push a user: the holder may lock again, others wait for its end or its time', async () => {
  const world = new ManualWorld()
  const store = new MemoryStore(world)
  assert.equal(await store.lockPush('jdoe', 'a', 70_000), true)
  assert.equal(await store.lockPush('jdoe', 'b', 70_000), false)
  assert.equal(await store.lockPush('other', 'b', 70_000), true)
  world.advance(60_000)
  assert.equal(await store.lockPush('jdoe', 'a', 70_000), true)
  world.advance(69_999)
  assert.equal(await store.lockPush('jdoe', 'b', 70_000), false)
  await store.unlockPush('jdoe', 'b')
  assert.equal(await store.lockPush('jdoe', 'b', 70_000), false)
  await store.unlockPush('jdoe', 'a')
  assert.equal(await store.lockPush('jdoe', 'b', 70_000), true)
  world.advance(70_000)
  assert.equal(await store.lockPush('jdoe', 'c', 70_000), true)
  world.advance(70_000)
  assert.equal(store.sizes.pushes, 0)
})

test('push locks have a bound: the oldest gives way', async () => {
  const store = new MemoryStore(new ManualWorld(), undefined, [], {pushes: 2})
  for (const user of ['a', 'b', 'c']) assert.equal(await store.lockPush(user, user, 70_000), true)
  assert.equal(store.sizes.pushes, 2)
  assert.equal(await store.lockPush('b', 'x', 70_000), false)
  assert.equal(await store.lockPush('a', 'x', 70_000), true)
})

test('closing the store closes its journal', async () => {
  const path = newPath()
  const {store, world} = startProcess(path)
  await store.claim(nonceOf(1), answer())
  await store.close()
  await store.setDecided(nonceOf(1))
  const {store: next} = startProcess(path, world.wallMs())
  const claim = await next.claim(nonceOf(1), answer())
  assert.equal(claim.kind === 'taken' && claim.decided, false)
})
