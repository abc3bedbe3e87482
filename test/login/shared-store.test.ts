// What a node makes of a register that is slow, or away; test/servers/redis.test.ts has the real one.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import {SealedValues} from '../../src/core/login/sealed-value.ts'
import type {SharedRegister} from '../../src/core/login/shared-register.ts'
import {SharedStore} from '../../src/core/login/shared-store.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {RecordingLog} from '../support/recording-log.ts'

const nonce = 'AAAAAAAAAAAAAAAA'

/** Values by name, and calls that come through although their answers are late. */
class SlowRegister implements SharedRegister {
  readonly values = new Map<string, Buffer>()
  calls = 0
  late = 0
  isAway = false

  setIfAbsent = (name: string, value: Buffer) =>
    this.#answer(() => {
      if (this.values.has(name)) return false
      this.values.set(name, value)
      return true
    })
  set = (name: string, value: Buffer) => this.#answer(() => void this.values.set(name, value))
  get = (name: string) => this.#answer(() => this.values.get(name))
  remove = (name: string) => this.#answer(() => void this.values.delete(name))
  close = async () => {}

  async #answer<T>(effect: () => T): Promise<T> {
    this.calls++
    if (this.isAway) throw new Error('Stream is not writeable')
    const value = effect()
    if (this.late > 0) {
      this.late--
      throw new Error('Command timed out')
    }
    return value
  }
}

function node(register: SharedRegister) {
  const world = new ManualWorld({seed: `${Math.random()}`})
  const log = new RecordingLog()
  return {
    store: new SharedStore(
      new MemoryStore(world),
      register,
      new SealedValues([Buffer.alloc(32, 7)], world),
      log,
      world,
    ),
    log,
  }
}

test('an answer that comes late does not make a State free for two nodes', async () => {
  const register = new SlowRegister()
  const [a, b] = [node(register), node(register)]
  register.late = 1
  assert.equal((await a.store.claim(nonce, 'answer')).kind, 'mine', 'its own claim has come through')
  register.late = 1
  const second = await b.store.claim(nonce, 'answer')
  assert.deepEqual([second.kind, second.kind === 'taken' && second.answer], ['taken', 'answer'])
  assert.equal(a.log.of('state.store.away').length + b.log.of('state.store.away').length, 0)
})

test('a register that is away is asked three times, then once for each need, until it is back', async () => {
  const register = new SlowRegister()
  const {store, log} = node(register)
  register.isAway = true
  assert.equal((await store.claim(nonce, 'answer')).kind, 'mine')
  assert.equal(register.calls, 3)
  await store.setTransaction(nonce, 'tx')
  assert.equal(register.calls, 4)
  assert.equal(log.of('state.store.away').length, 1)
  register.isAway = false
  await store.setDecided(nonce)
  assert.equal(log.of('state.store.back').length, 1)
})

const place = 'PPPPPPPPPPPPPPPP'
const [first, second, third] = [
  {place, holder: 'aaaaaaaaaaaa'},
  {place, holder: 'bbbbbbbbbbbb'},
  {place, holder: 'cccccccccccc'},
]

test('a place on the phone is one for all nodes, also when it is given back in the moment in which it is asked for', async () => {
  const register = new SlowRegister()
  const [a, b, c] = [node(register), node(register), node(register)]
  assert.equal(await a.store.lockPush(first), true)
  assert.equal(await b.store.lockPush(second), false)
  assert.equal(await b.store.lockPush(first), true, 'the same login, at the other node')
  assert.equal(await b.store.lockPush(second), false)
  await b.store.unlockPush(first)
  assert.equal(await a.store.lockPush(first), true)

  const {get} = register
  register.get = (name) => {
    register.get = get
    register.values.delete(name)
    return get(name)
  }
  assert.equal(await b.store.lockPush(second), true)
  assert.equal(await c.store.lockPush(third), false)
  await b.store.unlockPush(second)
  assert.equal(await c.store.lockPush(third), true)
})
