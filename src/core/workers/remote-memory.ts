import {PENDING_LIMITS} from '../engine/listener.ts'
import type {Memory} from '../engine/memory.ts'
import type {LoginGuards} from '../login/guards.ts'
import type {Guesser} from '../login/password-guard.ts'
import type {StateStore} from '../login/state-store.ts'
import {type Latch, LatchMemory, type LatchRecord, type LatchSet, type LatchStore} from '../radius/latch.ts'
import {type PlacedRequest, type Places, RequestPlaces} from '../radius/request-places.ts'
import type {World} from '../world.ts'
import type {Channel} from './channel.ts'
import type {ServiceCalls, WorkerStart} from './protocol.ts'

type Service = Channel<ServiceCalls>

/** What a worker remembers: the first process of the service does it for all of them. */
export function remoteMemory(service: Service, latches: MirroredLatches, start: WorkerStart, world: World): Memory {
  const [first, ...others] = start.keys
  return {
    keys: [octets(first), ...others.map(octets)],
    instance: octets(start.instance),
    refuseSealedBeforeMs: start.refuseSealedBeforeMs,
    store: remoteStore(service),
    guards: remoteGuards(service),
    latches,
    joins: {
      begin: (name) => service.ask('beginJoin', {name}),
      end: (name, told) => service.tell('endJoin', {name, told}),
    },
    places: (listener) => remotePlaces(service, listener, new RequestPlaces(world, PENDING_LIMITS)),
    // Counted where they are kept.
    pendingPushes: () => 0,
  }
}

/**
 * What must be on record before the login goes on is asked; the rest is told, and arrives before whatever is asked later.
 * A line that has left is read even when this process is killed.
 */
function remoteStore(service: Service): StateStore {
  let isOpen = true
  return {
    claim: (nonce, answer, mayTake) => service.ask('claim', {nonce, answer, mayTake}),
    async setTransaction(nonce, transactionId) {
      service.tell('setTransaction', {nonce, transactionId})
    },
    async setDecided(nonce, told) {
      if (isOpen) await service.ask('setDecided', {nonce, told: told?.()})
    },
    putRecord: (nonce, record, lifeMs, mayTake) =>
      service.ask('putRecord', {nonce, record: record.toString('base64'), lifeMs, mayTake}),
    async getRecord(nonce) {
      const record = await service.ask('getRecord', {nonce})
      return record === undefined ? undefined : octets(record)
    },
    lockPush: (push) => service.ask('lockPush', push),
    async unlockPush(push) {
      if (isOpen) service.tell('unlockPush', push)
    },
    // As when a journal is closed: what ends from now on is left to whoever comes next.
    async close() {
      isOpen = false
    },
  }
}

function remoteGuards(service: Service): LoginGuards {
  return {
    pushes: {
      hold: (person, policy) => service.ask('hold', {person, policy}),
      sent: (person, policy) => service.tell('sent', {person, policy}),
      takeBack: (person) => service.tell('takeBack', {person}),
      fraud: (person, policy) => service.ask('fraud', {person, policy}),
    },
    passwords: {
      admits: (login, policy) => service.ask('admits', {guesser: guesserOf(login), policy}),
      failed: (login, policy) => service.ask('failed', {guesser: guesserOf(login), policy}),
      async delay(login, policy, signal) {
        const {promise: stopped, resolve} = Promise.withResolvers<void>()
        const stop = () => resolve()
        if (signal.aborted) return
        signal.addEventListener('abort', stop, {once: true})
        await Promise.race([service.ask('delay', {guesser: guesserOf(login), policy}), stopped])
        signal.removeEventListener('abort', stop)
      },
    },
  }
}

/**
 * New logins are counted over all workers, answers to challenges in each of them: those follow logins that were counted.
 * What is too much for one worker alone is not asked: a flood is as cheap to drop as it is in one process.
 */
function remotePlaces(service: Service, listener: string, own: RequestPlaces): Places {
  return {
    take: (request) => own.take(request) ?? (request.isNewLogin ? askPlace(request) : undefined),
    free(request) {
      own.free(request)
      if (request.isNewLogin) service.tell('freePlace', {listener, request})
    },
  }

  async function askPlace(request: PlacedRequest): Promise<string | undefined> {
    const full = await service.ask('takePlace', {listener, request})
    if (full !== undefined) own.free(request)
    return full
  }
}

/** Of a login with all its attributes and its password, only this leaves the process. */
function guesserOf({userName, clientAddress, startedMs}: Guesser): Guesser {
  return {userName, clientAddress, startedMs}
}

function octets(text: string): Buffer {
  return Buffer.from(text, 'base64')
}

/** Latches are looked at for every packet: each worker has them all, and tells of those it sets. */
export class MirroredLatches implements LatchStore {
  readonly #memory: LatchMemory
  readonly #service: Service
  readonly #wallMs: () => number

  constructor(service: Service, world: Pick<World, 'wallMs'>) {
    this.#memory = new LatchMemory(world)
    this.#service = service
    this.#wallMs = world.wallMs
  }

  has(latch: Latch, address: string): boolean {
    return this.#memory.has(latch, address)
  }

  set(latch: Latch, address: string): LatchSet {
    if (this.#memory.has(latch, address)) return 'set'
    const record = {latch, address, sinceMs: this.#wallMs()}
    const result = this.restore(record)
    if (result === 'set') this.#service.tell('latched', record)
    return result
  }

  /** Another worker's, or of an earlier run. */
  restore(record: LatchRecord): 'set' | 'full' {
    return this.#memory.restore(record)
  }

  clear(address: string): boolean {
    return this.#memory.clear(address)
  }

  list(): readonly LatchRecord[] {
    return this.#memory.list()
  }

  close(): void {}
}
