import type {Log} from '../log/log.ts'
import type {World} from '../world.ts'
import type {SealedValues} from './sealed-value.ts'
import type {SharedRegister} from './shared-register.ts'
import {
  CLAIM_LIFE_MS,
  type Claim,
  PUSH_LIFE_MS,
  type PushPlace,
  type StateStore,
  type TakenClaim,
} from './state-store.ts'
import {KEEP_MS} from './told-decision.ts'

/**
 * The store of several nodes: what one has claimed, the others see. Its own memory stands behind it: while the register
 * is away each node keeps States single-use for itself, and no login is refused for it (decisions: sealed State).
 */
export class SharedStore implements StateStore {
  readonly #own: StateStore
  readonly #register: SharedRegister
  readonly #values: SealedValues
  readonly #log: Log
  readonly #world: World
  #away = false

  constructor(own: StateStore, register: SharedRegister, values: SealedValues, log: Log, world: World) {
    this.#own = own
    this.#register = register
    this.#values = values
    this.#log = log
    this.#world = world
  }

  /** Whether the register was out of reach when it was last needed. */
  get isAway(): boolean {
    return this.#away
  }

  async claim(nonce: string, answer: string, mayTake?: PushPlace): Promise<Claim> {
    const own = await this.#own.claim(nonce, answer, mayTake)
    if (own.kind !== 'mine') return own.kind === 'taken' ? this.#detailed(nonce, own) : own
    const name = claimName(nonce)
    const value = this.#values.seal(name, JSON.stringify({answer, atMs: this.#world.wallMs()}))
    const isFirst = await this.#reach(async () => {
      if (await this.#register.setIfAbsent(name, value, CLAIM_LIFE_MS)) return true
      // A try before this one may have come through, and only its answer was late.
      return (await this.#register.get(name))?.equals(value) === true
    }, true)
    return isFirst ? own : this.#takenElsewhere(nonce)
  }

  async setTransaction(nonce: string, transactionId: string): Promise<void> {
    await this.#own.setTransaction(nonce, transactionId)
    const name = transactionName(nonce)
    const value = this.#values.seal(name, transactionId)
    await this.#reach(() => this.#register.set(name, value, CLAIM_LIFE_MS), undefined)
  }

  async setDecided(nonce: string, told?: () => string | undefined): Promise<void> {
    await this.#own.setDecided(nonce)
    const text = told?.()
    const put = (name: string, text: string, lifeMs: number) =>
      this.#register.set(name, this.#values.seal(name, text), lifeMs)
    await this.#reach(async () => {
      await Promise.all([
        text === undefined ? undefined : put(toldName(nonce), text, KEEP_MS),
        put(decidedName(nonce), 'decided', CLAIM_LIFE_MS),
      ])
    }, undefined)
  }

  /** Records are sealed already, for the State they belong to. */
  async putRecord(nonce: string, record: Buffer, lifeMs: number, mayTake?: PushPlace): Promise<void> {
    await this.#own.putRecord(nonce, record, lifeMs, mayTake)
    await this.#reach(() => this.#register.set(recordName(nonce), record, lifeMs), undefined)
  }

  async getRecord(nonce: string): Promise<Buffer | undefined> {
    const own = await this.#own.getRecord(nonce)
    return own ?? this.#reach(() => this.#register.get(recordName(nonce)), undefined)
  }

  async lockPush(push: PushPlace): Promise<boolean> {
    if (!(await this.#own.lockPush(push))) return false
    const {holder} = push
    const name = placeName(push)
    const value = this.#values.seal(name, holder)
    const isMine = await this.#reach(async () => {
      if (await this.#register.setIfAbsent(name, value, PUSH_LIFE_MS)) return true
      const held = await this.#register.get(name)
      if (held === undefined) return this.#register.setIfAbsent(name, value, PUSH_LIFE_MS)
      return this.#values.open(name, held) === holder
    }, true)
    if (!isMine) await this.#own.unlockPush(push)
    return isMine
  }

  async unlockPush(push: PushPlace): Promise<void> {
    await this.#own.unlockPush(push)
    const {holder} = push
    const name = placeName(push)
    await this.#reach(async () => {
      const held = await this.#register.get(name)
      if (held !== undefined && this.#values.open(name, held) === holder) await this.#register.remove(name)
    }, undefined)
  }

  async close(): Promise<void> {
    await Promise.all([this.#own.close(), this.#register.close()])
  }

  /** The other node's claim; one that does not open is somebody's tampering, and nothing good is assumed of it. */
  async #takenElsewhere(nonce: string): Promise<Claim> {
    const unknown: TakenClaim = {kind: 'taken', answer: '', transactionId: undefined, decided: true, ageMs: undefined}
    return this.#reach(async () => {
      const value = await this.#register.get(claimName(nonce))
      const claimed = readClaim(value && this.#values.open(claimName(nonce), value))
      if (claimed === undefined) return unknown
      const ageMs = Math.max(0, this.#world.wallMs() - claimed.atMs)
      const taken = {kind: 'taken', answer: claimed.answer, transactionId: undefined, decided: false, ageMs} as const
      return this.#progress(nonce, taken)
    }, unknown)
  }

  /** What has become, on any node, of a State this one knows to be taken. */
  #detailed(nonce: string, taken: TakenClaim): Promise<TakenClaim> {
    return this.#reach(() => this.#progress(nonce, taken), taken)
  }

  async #progress(nonce: string, taken: TakenClaim): Promise<TakenClaim> {
    const read = async (name: string) => {
      const value = await this.#register.get(name)
      return value && this.#values.open(name, value)
    }
    const [transactionId, decided] = await Promise.all([read(transactionName(nonce)), read(decidedName(nonce))])
    const isDecided = taken.decided || decided !== undefined
    const told = isDecided ? await read(toldName(nonce)) : undefined
    return {...taken, transactionId: transactionId ?? taken.transactionId, decided: isDecided, told}
  }

  /**
   * Asks the register, and says once when it goes away and when it is back; then it is as if it were not there. Asking
   * twice does no harm, and a register that has just answered others is asked again: a node that was short of CPU for a
   * moment sees its own timeouts before the answers that have come, and would send a push that the other one has sent.
   */
  async #reach<T>(ask: () => Promise<T>, without: T): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const result = await ask()
        if (this.#away) this.#log.emit('state.store.back', {})
        this.#away = false
        return result
      } catch (error) {
        if (!this.#away && tries < MAX_TRIES) continue
        const cause = error instanceof Error ? error.message : String(error)
        if (!this.#away) this.#log.emit('state.store.away', {cause})
        this.#away = true
        return without
      }
    }
  }
}

/** With the register's own limit for a command, a login waits 1.5 s for it at most, and once. */
const MAX_TRIES = 3

const claimName = (nonce: string) => `c:${nonce}`
const transactionName = (nonce: string) => `t:${nonce}`
const decidedName = (nonce: string) => `d:${nonce}`
const toldName = (nonce: string) => `a:${nonce}`
const recordName = (nonce: string) => `r:${nonce}`
const placeName = ({place}: PushPlace) => `p:${place}`

function readClaim(text: string | undefined): {answer: string; atMs: number} | undefined {
  if (text === undefined) return undefined
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('answer' in value) || !('atMs' in value)) return undefined
  const {answer, atMs} = value
  return typeof answer === 'string' && typeof atMs === 'number' ? {answer, atMs} : undefined
}
