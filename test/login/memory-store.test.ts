import assert from 'node:assert/strict'
import {copyFileSync, mkdtempSync, rmSync} from 'node:fs'
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
const place = (user: string, holder: string) => ({place: user, holder})

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
  await store.lockPush(place('jdoe', 'a'))
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
  assert.equal(await store.lockPush(place('jdoe', 'a')), true)
  assert.equal(await store.lockPush(place('jdoe', 'b')), false)
  assert.equal(await store.lockPush(place('other', 'b')), true)
  world.advance(60_000)
  assert.equal(await store.lockPush(place('jdoe', 'a')), true)
  world.advance(69_999)
  assert.equal(await store.lockPush(place('jdoe', 'b')), false)
  await store.unlockPush(place('jdoe', 'b'))
  assert.equal(await store.lockPush(place('jdoe', 'b')), false)
  await store.unlockPush(place('jdoe', 'a'))
  assert.equal(await store.lockPush(place('jdoe', 'b')), true)
  world.advance(70_000)
  assert.equal(await store.lockPush(place('jdoe', 'c')), true)
  world.advance(70_000)
  assert.equal(store.sizes.pushes, 0)
})

const alice = {place: nonceOf(77), holder: 'aaaaaaaaaaaa'}
const again = {place: nonceOf(77), holder: 'bbbbbbbbbbbb'}
const third = {place: nonceOf(77), holder: 'cccccccccccc'}

/** What the process after a kill would know; the one that runs goes on. */
function afterKill(path: string, startMs: number): MemoryStore {
  const copy = newPath()
  copyFileSync(path, copy)
  return startProcess(copy, startMs).store
}

test('a restart remembers the place that a State had in mind, for 70 s, until it is decided and the place given back', async () => {
  const path = newPath()
  const {store, world} = startProcess(path)
  const startMs = world.wallMs()
  await store.claim(nonceOf(1), answer(), alice)
  assert.equal(await afterKill(path, startMs + 69_999).lockPush(again), false)
  assert.equal(await afterKill(path, startMs + 69_999).lockPush(alice), true, 'the login itself goes on')
  assert.equal(await afterKill(path, startMs + 70_000).lockPush(again), true)

  await store.lockPush(alice)
  await store.unlockPush(alice)
  assert.equal(await afterKill(path, startMs).lockPush(again), false)
  await store.setDecided(nonceOf(1))
  assert.equal(await afterKill(path, startMs).lockPush(again), true)
})

test('a push that is out beyond its State (Verified Push) keeps its place over a restart until the last round', async () => {
  const path = newPath()
  const {store, world} = startProcess(path)
  await store.claim(nonceOf(1), answer(), alice)
  await store.lockPush(alice)
  await store.setDecided(nonceOf(1))
  assert.equal(await afterKill(path, world.wallMs()).lockPush(again), false)
  await store.claim(nonceOf(2), answer(), alice)
  await store.unlockPush(alice)
  await store.setDecided(nonceOf(2))
  assert.equal(await afterKill(path, world.wallMs()).lockPush(again), true)
})

test('the next record of a name ends what the one before had in mind, but no push that is out', async () => {
  const path = newPath()
  const {store, world} = startProcess(path)
  const put = (push?: typeof alice) => store.putRecord(nonceOf(1), Buffer.of(1), 300_000, push)
  const isFree = () => afterKill(path, world.wallMs()).lockPush(third)
  await put(alice)
  assert.equal(await isFree(), false)
  await put()
  assert.equal(await isFree(), true)
  await put(alice)
  await store.lockPush(alice)
  await put()
  assert.equal(await isFree(), false)
  // Another login of that name finds the place taken, and ends.
  await put(again)
  assert.equal(await store.lockPush(again), false)
  await put()
  assert.equal(await isFree(), false)
})

test('where two logins had one place in mind, a restart keeps it until both are done', async () => {
  const path = newPath()
  const {store, world} = startProcess(path)
  await store.claim(nonceOf(1), answer(), alice)
  await store.claim(nonceOf(2), answer(), again)
  const next = afterKill(path, world.wallMs())
  assert.equal(await next.lockPush(third), false)
  await next.unlockPush(again)
  assert.equal(await next.lockPush(third), false)
  await next.unlockPush(alice)
  assert.equal(await next.lockPush(third), true)
})

test('push locks have a bound: the oldest gives way', async () => {
  const store = new MemoryStore(new ManualWorld(), undefined, [], {pushes: 2})
  for (const user of ['a', 'b', 'c']) assert.equal(await store.lockPush(place(user, user)), true)
  assert.equal(store.sizes.pushes, 2)
  assert.equal(await store.lockPush(place('b', 'x')), false)
  assert.equal(await store.lockPush(place('a', 'x')), true)
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
