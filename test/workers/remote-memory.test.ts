import assert from 'node:assert/strict'
import {duplexPair} from 'node:stream'
import {test} from 'node:test'
import {createGuards} from '../../src/core/login/guards.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import {SharedWork} from '../../src/core/login/shared-work.ts'
import {type Calls, Channel} from '../../src/core/workers/channel.ts'
import type {ServiceCalls, WorkerStart} from '../../src/core/workers/protocol.ts'
import {MirroredLatches, remoteMemory} from '../../src/core/workers/remote-memory.ts'
import {serviceCalls} from '../../src/core/workers/service-calls.ts'
import {ServicePlaces} from '../../src/core/workers/service-places.ts'
import {ManualWorld} from '../support/manual-world.ts'

const answer = Buffer.alloc(32, 1).toString('base64url')
const policy = {rejectDelayMs: 1000, failures: 2, windowMs: 60_000}
const guesser = {userName: 'jdoe', clientAddress: undefined, startedMs: 0}

/** What a worker has, and what stands behind it in the first process. */
function remembered() {
  const world = new ManualWorld()
  const store = new MemoryStore(world)
  const guards = createGuards(world)
  const [near, far] = duplexPair()
  const work = new SharedWork(world)
  const servicePlaces = new ServicePlaces(world)
  const places = servicePlaces.of({name: 'another'})
  const calls = serviceCalls({
    store,
    guards,
    joins: work.of({name: 'worker'}),
    places: servicePlaces.of({name: 'worker'}),
    output: {writeLines: () => {}},
    latched: () => {},
    ending: new AbortController().signal,
  })
  new Channel<Calls>(far, calls, () => {})
  const service = new Channel<ServiceCalls>(near, {}, () => {})
  const start: WorkerStart = {
    snapshot: {path: '/authproxy.cfg', files: [], unprotected: []},
    version: '1',
    logDirectory: '/',
    logEdge: {processId: 1, journal: false},
    keys: [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')],
    instance: Buffer.alloc(4, 3).toString('base64'),
    refuseSealedBeforeMs: 5,
    latches: [],
    primaryOnly: false,
  }
  const memory = remoteMemory(service, new MirroredLatches(service, world), start, world)
  return {world, store, guards, work, places, memory}
}

test('a worker has the keys and the store of the service', async () => {
  const {memory, store} = remembered()
  assert.deepEqual(memory.keys, [Buffer.alloc(32, 1), Buffer.alloc(32, 2)])
  assert.deepEqual(memory.instance, Buffer.alloc(4, 3))
  assert.deepEqual(await memory.store.claim('state', answer), {kind: 'mine'})
  await memory.store.setTransaction('state', 'tx')
  const taken = await memory.store.claim('state', answer)
  assert.ok(taken.kind === 'taken' && taken.transactionId === 'tx' && !taken.decided)
  const record = Buffer.from([0, 255, 10])
  await memory.store.putRecord('state', record, 1000)
  assert.deepEqual(await memory.store.getRecord('state'), record)
  assert.equal(await memory.store.getRecord('other'), undefined)
  assert.equal(await memory.store.lockPush({place: 'place', holder: 'login'}), true)
  assert.equal(await memory.store.lockPush({place: 'place', holder: 'other'}), false)
  await memory.store.unlockPush({place: 'place', holder: 'login'})
  assert.equal(await memory.store.lockPush({place: 'place', holder: 'other'}), true)
  await memory.store.setDecided('state')
  const decided = await store.claim('state', answer)
  assert.ok(decided.kind === 'taken' && decided.decided)
})

test('when a worker closes, what has not ended stays as it is for the next one', async () => {
  const {memory, store} = remembered()
  await memory.store.claim('state', answer)
  await memory.store.lockPush({place: 'place', holder: 'login'})
  await memory.store.close()
  await memory.store.setDecided('state')
  await memory.store.unlockPush({place: 'place', holder: 'login'})
  assert.equal(await memory.store.getRecord('none'), undefined)
  const open = await store.claim('state', answer)
  assert.ok(open.kind === 'taken' && !open.decided)
  assert.equal(await store.lockPush({place: 'place', holder: 'other'}), false)
})

test('refusals wait where all workers count them; a stop ends the wait here', async () => {
  const {memory, guards, world} = remembered()
  const {passwords} = memory.guards
  assert.equal(await passwords.admits(guesser, policy), true)
  assert.deepEqual(await passwords.failed(guesser, policy), [])
  assert.equal((await passwords.failed(guesser, policy)).length, 0)
  const ending = new AbortController()
  const waits = [
    passwords.delay(guesser, policy, ending.signal),
    passwords.delay(guesser, policy, new AbortController().signal),
  ]
  while (guards.passwords.sizes.waiting < 2) await new Promise(setImmediate)
  ending.abort()
  await waits[0]
  world.advance(4000)
  await waits[1]
  assert.equal(guards.passwords.sizes.waiting, 0)
})

test('a login that another worker is at is joined, and places are taken, where all workers are known', async () => {
  const {memory, work, places} = remembered()
  const {joins} = memory
  assert.ok(joins !== undefined)
  const another = work.of({name: 'another'})
  assert.equal(await another.begin('login'), undefined)
  const joined = joins.begin('login')
  assert.equal(await joins.begin('mine'), undefined)
  const mine = another.begin('mine')
  joins.end('mine', undefined)
  assert.equal(await mine, undefined)
  // Only whoever does the work says what it came to.
  joins.end('login', 'a lie')
  another.end('login', 'told')
  assert.equal(await joined, 'told')
  assert.equal(work.size, 1)

  const request = {address: '192.0.2.1', isNewLogin: true, loginsPerSecond: 0}
  const place = {listener: '*:1812', request}
  for (let n = 0; n < 11_999; n++) assert.equal(places.take(place), undefined)
  const own = memory.places('*:1812')
  assert.equal(await own.take(request), undefined)
  assert.match((await own.take(request)) ?? '', /12000 new logins of this address/)
  // An answer to a challenge still gets in, and is counted here.
  const answers = {...request, isNewLogin: false}
  for (let n = 0; n < 19_999; n++) assert.equal(own.take(answers), undefined)
  assert.equal(own.take(answers), '20000 requests are in work')
  own.free(answers)
  own.free(request)
  assert.equal(await own.take(request), undefined)
})

test('the place that an answer may take comes to the store with it, for after a kill', async () => {
  const {memory, store} = remembered()
  const given: unknown[] = []
  const {claim, putRecord} = store
  store.claim = (...asked) => {
    given.push(asked[2])
    return claim.apply(store, asked)
  }
  store.putRecord = (...asked) => {
    given.push(asked[3])
    return putRecord.apply(store, asked)
  }
  const push = {place: 'place', holder: 'login'}
  await memory.store.claim('state', answer, push)
  await memory.store.putRecord('record', Buffer.alloc(1), 1000, push)
  await memory.store.claim('other', answer)
  assert.deepEqual(given, [push, push, undefined])
})
