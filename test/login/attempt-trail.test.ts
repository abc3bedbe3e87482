import assert from 'node:assert/strict'
import {test} from 'node:test'
import {attemptTrail} from '../../src/core/login/attempt-trail.ts'
import {autoMode} from '../../src/core/login/auto-mode.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import type {PushPlace} from '../../src/core/login/state-store.ts'
import {Doubles, directPolicy, type LoginText, loginOf, Node, reached, untilAborted} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'

const password = 'test-password-not-real'

/** The store of two nodes as somebody sees it who can write to it: its records lie open. */
class OpenStore extends MemoryStore {
  readonly written = new Map<string, Buffer>()

  override async putRecord(nonce: string, record: Buffer, lifeMs: number, push?: PushPlace): Promise<void> {
    this.written.set(nonce, record)
    await super.putRecord(nonce, record, lifeMs, push)
  }
}

function auto(doubles: Doubles, world: ManualWorld, store: MemoryStore): Node {
  return new Node(doubles, {
    world,
    store,
    policy: directPolicy,
    mode: (parts) => autoMode(parts, {factors: ['auto'], concatenation: undefined}),
  })
}

/** A login of this user whose push is out when the proxy stops: its trail lies in the store. */
async function leaveTrail(doubles: Doubles, world: ManualWorld, store: MemoryStore, request: LoginText): Promise<void> {
  const ending = new AbortController()
  const before = doubles.resultCalls.length
  doubles.result = (_, signal) => untilAborted(signal)
  const lost = auto(doubles, world, store).decide(request, ending.signal)
  await reached(() => doubles.resultCalls.length > before)
  ending.abort()
  assert.equal((await lost).reason, 'stopping')
}

test('a trail that somebody else has written is none: his transaction is never asked for', async () => {
  for (const forgery of ['plain', 'another login', 'cut', 'flipped'] as const) {
    const world = new ManualWorld()
    const store = new OpenStore(world)
    const doubles = new Doubles()
    doubles.begin = ({userName}) => ({kind: 'pending', transactionId: `tx-of-${userName}`, notice: undefined})
    await leaveTrail(doubles, world, store, {user: 'attacker', password})
    const [, theirs = Buffer.alloc(0)] = [...store.written][0] ?? []
    store.written.clear()
    await leaveTrail(doubles, world, store, {user: 'jdoe', password})
    const [name = '', own = Buffer.alloc(0)] = [...store.written][0] ?? []
    assert.ok(!own.includes('tx-of'), 'the record shows nothing')
    const flipped = Buffer.from(own)
    flipped[20] = (flipped[20] ?? 0) ^ 1
    const forgeries = {
      plain: Buffer.from(`${world.wallMs()} 0123456789ab push1 tx-of-attacker`),
      'another login': theirs,
      cut: own.subarray(0, 20),
      flipped,
    }
    await store.putRecord(name, forgeries[forgery], 300_000)

    doubles.resultCalls.length = 0
    doubles.result = (id) =>
      id === 'tx-of-attacker'
        ? {kind: 'allow', message: 'approved by the attacker'}
        : {kind: 'deny', message: 'Login request denied.', reason: 'denied'}
    const next = auto(doubles, world, store)
    world.advance(70_000)
    const decision = await next.decide({user: 'jdoe', password})
    assert.equal(decision.kind, 'reject', forgery)
    assert.ok(!doubles.resultCalls.includes('tx-of-attacker'), forgery)
  }
})

test('a trail is found by its own login alone', async () => {
  const node = auto(new Doubles(), new ManualWorld(), new MemoryStore(new ManualWorld()))
  const request: LoginText = {user: 'jdoe', password, session: 's1'}
  const trailOf = (text: LoginText) => attemptTrail(node.parts, loginOf(text))
  const login = loginOf(request)
  const {id: loginId} = login
  const own = attemptTrail(node.parts, login)
  await own.note('tx', 'push1')
  assert.deepEqual(await trailOf(request).find(), {loginId, factor: 'push1', transactionId: 'tx'})
  for (const other of [
    {user: 'JDOE'},
    {password: 'other'},
    {session: 's2'},
    {source: '192.0.2.8'},
    {clientEntry: 'radius_ip_2'},
  ]) {
    assert.equal(await trailOf({...request, ...other}).find(), undefined)
  }
  const unnamed: LoginText = {...request, namesSession: false}
  await trailOf(unnamed).note('tx of its own', 'push1')
  assert.equal(await trailOf(unnamed).find(), undefined, 'the NAS does not tell it from others')
  await own.intend('push1')
  assert.deepEqual(await trailOf(request).find(), {loginId, factor: 'push1', transactionId: undefined})
  await trailOf(request).end()
  assert.equal(await trailOf(request).find(), undefined)
})

test('a trail that a version left which wrote down no login id is followed all the same', async () => {
  const world = new ManualWorld()
  const store = new OpenStore(world)
  const doubles = new Doubles()
  await leaveTrail(doubles, world, store, {password})
  const [name = ''] = store.written.keys()
  const {states} = auto(doubles, world, store).parts
  for (const [note, reason] of [
    [`${world.wallMs()} push1 `, 'intent-without-transaction'],
    [`${world.wallMs()} push1 tx-old`, 'approved'],
  ] as const) {
    await store.putRecord(name, states.sealNote(name, note), 300_000)
    doubles.beginCalls.length = 0
    doubles.result = (id) => (id === 'tx-old' ? {kind: 'allow', message: ''} : {kind: 'unavailable', cause: 'unknown'})
    assert.equal((await auto(doubles, world, store).decide({password})).reason, reason)
    assert.deepEqual(doubles.beginCalls, [])
  }
})
