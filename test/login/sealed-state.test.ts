import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import type {PendingChallenge} from '../../src/core/login/challenge-codec.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import {SealedState, type StateBinding} from '../../src/core/login/sealed-state.ts'
import type {StateStore} from '../../src/core/login/state-store.ts'
import {ManualWorld} from '../support/manual-world.ts'

const keyA = Buffer.alloc(32, 1)
const keyB = Buffer.alloc(32, 2)
const binding: StateBinding = {
  section: 'radius_server_challenge',
  ikey: 'DITESTTESTTESTTEST01',
  clientEntry: '192.0.2.0/24',
  source: '192.0.2.7',
  userName: 'jdoe',
}

/** One process; the seed tells its random octets from those of others. */
function startProcess(
  seed: string,
  options: {keys?: [Buffer, ...Buffer[]]; store?: StateStore; startMs?: number; refuseSealedBeforeMs?: number} = {},
) {
  const {startMs} = options
  const world = new ManualWorld(startMs === undefined ? {seed} : {seed, startMs})
  const store = options.store ?? new MemoryStore(world)
  const states = new SealedState(options.keys ?? [keyA], store, world, options.refuseSealedBeforeMs)
  return {world, store, states}
}

function pushes(count: number): Map<string, string> {
  const factors = new Map(Array.from({length: count}, (_, i) => [String(i + 1), `push${i + 1}`] as const))
  return factors.set('default', 'push1')
}

function challengeOf(count: number, attributeOctets: readonly number[] = []): PendingChallenge {
  const attributes = attributeOctets.map((size, i) => ({type: 25 + i, value: Buffer.alloc(size, i)}))
  return {kind: 'factor', loginId: '0102030405ff', factors: pushes(count), carry: undefined, attributes}
}

async function openedKind(states: SealedState, state: Buffer, bound = binding): Promise<string> {
  const opened = await states.open(state, bound)
  return opened.ok ? 'ok' : opened.reason
}

test('what is sealed opens again', async () => {
  const {states} = startProcess('a')
  for (const challenge of [
    challengeOf(3, [20]),
    {kind: 'enroll', loginId: '000000000001'},
    {kind: 'wait', loginId: '000000000001', transactionId: 'tx', factor: 'push1', attributes: []},
    {kind: 'primary', loginId: '000000000001', resume: Buffer.alloc(600, 3)},
  ] as const) {
    const opened = await states.open(await states.seal(challenge, binding), binding)
    assert.ok(opened.ok)
    assert.deepEqual(opened.challenge, challenge)
  }
})

test('printable, at most 192 octets, and no two alike', async () => {
  const {states} = startProcess('a')
  const seen = new Set<string>()
  for (const challenge of [challengeOf(0), challengeOf(3), challengeOf(40), challengeOf(200, [253, 253, 253])]) {
    for (let times = 0; times < 5; times++) {
      const state = (await states.seal(challenge, binding)).toString('latin1')
      assert.match(state, /^[\w-]{1,192}$/)
      seen.add(state)
    }
  }
  assert.equal(seen.size, 20)
})

test('an ordinary login fits in its State; what does not fit leaves one record', async () => {
  for (const [challenge, records] of [
    [challengeOf(3), 0],
    // Three devices and a Class: what most logins carry.
    [challengeOf(9, [40]), 0],
    [challengeOf(43), 0],
    [challengeOf(48), 1],
    [challengeOf(3, [100]), 1],
  ] as const) {
    const {world, states} = startProcess('a')
    const store = new MemoryStore(world)
    const state = await new SealedState([keyA], store, world).seal(challenge, binding)
    assert.equal(store.sizes.records, records)
    assert.equal(await openedKind(states, state), records === 0 ? 'ok' : 'unknown')
  }
})

test('every flipped bit, and every cut, is refused', async () => {
  const {states} = startProcess('a')
  for (const challenge of [challengeOf(3, [20]), challengeOf(3, [253])]) {
    const state = await states.seal(challenge, binding)
    for (let bit = 0; bit < state.length * 8; bit++) {
      const forged = Buffer.from(state)
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(await openedKind(states, forged), 'unknown', `bit ${bit}`)
    }
    const token = Buffer.from(state.toString('latin1'), 'base64url')
    for (let bit = 0; bit < token.length * 8; bit++) {
      const forged = Buffer.from(token)
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(await openedKind(states, Buffer.from(forged.toString('base64url'))), 'unknown', `bit ${bit}`)
    }
    for (let length = 0; length < state.length; length++) {
      assert.equal(await openedKind(states, state.subarray(0, length)), 'unknown')
    }
  }
})

test('one State has one spelling', async () => {
  const {states} = startProcess('a')
  const state = (await states.seal(challengeOf(3), binding)).toString('latin1')
  const token = Buffer.from(state, 'base64url')
  for (const spelling of [
    `${state}=`,
    `${state}==`,
    `${state}\0`,
    ` ${state}`,
    token.toString('base64'),
    `${state}A`,
  ]) {
    if (spelling === state) continue
    assert.equal(await openedKind(states, Buffer.from(spelling, 'latin1')), 'unknown', spelling)
  }
})

test('any octets are refused, none throw', async () => {
  const {states} = startProcess('a')
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({maxLength: 300}).map((octets) => Buffer.from(octets)),
        fc
          .uint8Array({maxLength: 160})
          .map((octets) => Buffer.from(Buffer.concat([Buffer.of(1), octets]).toString('base64url'))),
      ),
      async (octets) => assert.equal(await openedKind(states, octets), 'unknown'),
    ),
    {numRuns: 500},
  )
})

test('it opens for nobody and nothing else', async () => {
  const {states} = startProcess('a')
  for (const challenge of [challengeOf(3), challengeOf(3, [253])]) {
    const state = await states.seal(challenge, binding)
    for (const other of [
      {section: 'radius_server_challenge2'},
      {ikey: 'DITESTTESTTESTTEST02'},
      {clientEntry: '192.0.2.7'},
      {source: '192.0.2.8'},
      {userName: 'JDOE'},
      {userName: 'jdoe ', source: '192.0.2.7'},
    ]) {
      assert.equal(await openedKind(states, state, {...binding, ...other}), 'unknown')
    }
    assert.equal(await openedKind(states, state), 'ok')
  }
})

test('fields of the binding cannot run into one another', async () => {
  const {states} = startProcess('a')
  const state = await states.seal(challengeOf(1), {...binding, source: 'a', userName: 'b","c'})
  assert.equal(await openedKind(states, state, {...binding, source: 'a","b', userName: 'c'}), 'unknown')
})

test('in its own process it lives 300 s by the monotonic clock, whatever the wall clock does', async () => {
  const {world, states} = startProcess('a')
  world.advance(999)
  const state = await states.seal(challengeOf(3), binding)
  for (const jump of [86_400_000, -2 * 86_400_000]) {
    world.jumpWallClock(jump)
    assert.equal(await openedKind(states, state), 'ok')
  }
  world.advance(298_999)
  assert.equal(await openedKind(states, state), 'ok')
  world.advance(1_001)
  assert.equal(await openedKind(states, state), 'expired')
})

test('in another process it lives by the wall clock, 60 s more or less', async () => {
  const first = startProcess('a')
  const state = await first.states.seal(challengeOf(3), binding)
  const sealedMs = first.world.wallMs()
  for (const [laterMs, kind] of [
    [-60_000, 'ok'],
    [-61_000, 'expired'],
    [0, 'ok'],
    [299_000, 'ok'],
    [359_000, 'ok'],
    [360_000, 'expired'],
    [-86_400_000, 'expired'],
  ] as const) {
    const other = startProcess(`b ${laterMs}`, {startMs: sealedMs + laterMs})
    assert.equal(await openedKind(other.states, state), kind, `${laterMs} ms later`)
  }
})

test('a process that does not know the past opens nothing that others sealed before it', async () => {
  const first = startProcess('a')
  const state = await first.states.seal(challengeOf(3), binding)
  const startMs = first.world.wallMs() + 1000
  const next = startProcess('b', {startMs, refuseSealedBeforeMs: startMs})
  assert.equal(await openedKind(next.states, state), 'expired')
  assert.equal(await openedKind(next.states, await next.states.seal(challengeOf(3), binding)), 'ok')
  first.world.advance(2000)
  assert.equal(await openedKind(next.states, await first.states.seal(challengeOf(3), binding)), 'ok')
})

test('keys are rotated: the previous one opens, the current one seals', async () => {
  const before = startProcess('a', {keys: [keyA]})
  const during = startProcess('b', {keys: [keyB, keyA]})
  const afterwards = startProcess('c', {keys: [keyB]})
  const old = await before.states.seal(challengeOf(3), binding)
  const fresh = await during.states.seal(challengeOf(3), binding)
  assert.deepEqual(
    await Promise.all([
      openedKind(during.states, old),
      openedKind(afterwards.states, old),
      openedKind(afterwards.states, fresh),
      openedKind(before.states, fresh),
    ]),
    ['ok', 'unknown', 'ok', 'unknown'],
  )
})

test('an answer has one digest wherever its State opens, and another for another State, answer or key', async () => {
  const before = startProcess('a', {keys: [keyA]})
  const during = startProcess('b', {keys: [keyB, keyA]})
  const digestOf = async (states: SealedState, state: Buffer, answer: string) => {
    const opened = await states.open(state, binding)
    assert.ok(opened.ok)
    return opened.digest(answer)
  }
  const state = await before.states.seal(challengeOf(3), binding)
  const other = await before.states.seal(challengeOf(3), binding)
  const digest = await digestOf(before.states, state, '123456')
  assert.match(digest, /^[\w-]{43}$/)
  assert.equal(await digestOf(during.states, state, '123456'), digest)
  assert.notEqual(await digestOf(before.states, state, '123457'), digest)
  assert.notEqual(await digestOf(before.states, other, '123456'), digest)
})

test('a record that is missing, cut, or of another State opens nothing', async () => {
  const records = new Map<string, Buffer>()
  const {world, store: rest} = startProcess('a')
  const store: StateStore = {
    claim: (nonce, answer) => rest.claim(nonce, answer),
    setTransaction: (nonce, id) => rest.setTransaction(nonce, id),
    setDecided: (nonce) => rest.setDecided(nonce),
    lockPush: (push) => rest.lockPush(push),
    unlockPush: (push) => rest.unlockPush(push),
    close: () => rest.close(),
    putRecord: async (nonce, record) => void records.set(nonce, record),
    getRecord: async (nonce) => records.get(nonce),
  }
  const states = new SealedState([keyA], store, world)
  const mine = await states.seal(challengeOf(3, [200]), binding)
  const richer = await states.seal(challengeOf(3, [250]), binding)
  const [myNonce] = records.keys()
  const [myRecord, richerRecord] = records.values()
  assert.ok(myNonce !== undefined && myRecord !== undefined && richerRecord !== undefined)
  assert.equal(await openedKind(states, mine), 'ok')
  for (const record of [
    richerRecord,
    Buffer.alloc(0),
    Buffer.alloc(27),
    myRecord.subarray(1),
    myRecord.subarray(0, -1),
  ]) {
    records.set(myNonce, record)
    assert.equal(await openedKind(states, mine), 'unknown')
  }
  records.delete(myNonce)
  assert.equal(await openedKind(states, mine), 'unknown')
  assert.equal(await openedKind(states, richer), 'ok')
})

test('what 0.1.0 has sealed opens, and what it has named is named the same', async () => {
  const {store, states} = startProcess('of an update')
  const state =
    'AXVYV4gOEg2UWfipZ5L714to8G3CM4gNpT07tr8DnHm6BwVEPlAt2_K7D_2NZXdVcmwhKWS_xYZg3VOFP8ZrsBTgnU4KiUXNiYGEc3vNJvyJIjPFz_s'
  const opened = await states.open(Buffer.from(state), binding)
  assert.ok(opened.ok)
  assert.deepEqual(opened.challenge, {
    kind: 'factor',
    loginId: '0102030405ff',
    factors: new Map([
      ['1', 'push1'],
      ['2', 'phone1'],
      ['x', 'token'],
      ['default', 'push1'],
    ]),
    carry: 'c',
    attributes: [{type: 25, value: Buffer.from('OU=vpn')}],
  })
  assert.equal(opened.nonce, 'dVhXiA4SDZRZ-Kln')
  assert.equal(opened.digest('passwört 1'), 'pLohiOQAPN7H4gxQK370KHW6lzBZIPhqMjo15A5LkSE')
  assert.equal(states.attemptName('["a","b"]'), 'mceq7xKU6Lc9PupG')
  assert.equal(states.placeName('DITESTTESTTESTTEST01 jdoe'), 'GJOg6BgDQWMcMbgZ')
  const note = Buffer.from('2jYO4iZrHFIEKk2HQYncFZ9HtLsefbL0JTPEOknDYe5CEK7aMFc', 'base64url')
  assert.equal(states.openNote('name', note), '12 push tx')

  const record =
    'goU8ILfjn9VZOgS8eoCuq5XYFBHOG1DFiiLvV5LCFZSnSAG0I7Y-beE7R050F-O7hn27wHMPtMoUpK_e5SHVAhkp4U4lZGsEZtTYxNnAsR0Jc7SCxHgEjxaG5w59l1RnhJ-lLATzoc647dk1ERBS3OAg3mGyFbIAnvJ5snarMRa0OkSlF15N6oTFiGjxD6nmE4cIBGEkqpk4MFxjKfC9Vi64ooUUsj2Tc_gvsyDzeYyG0-jKbqL5ITJEde3WJzrYafHy'
  await store.putRecord('gB2LVFDhLSqBsmvQ', Buffer.from(record, 'base64url'), 300_000)
  const elsewhere = await states.open(Buffer.from('AYAdi1RQ4S0qgbJr0NITS3WXDstrM5sIO6wiUqzZAx181cNHM_Twz_HE'), binding)
  assert.ok(elsewhere.ok)
  const resume = Buffer.alloc(150, 3)
  assert.deepEqual(elsewhere.challenge, {kind: 'primary', loginId: '000000000001', resume, choice: 'push'})
})
