import {BriefMap} from '../brief-map.ts'
import type {World} from '../world.ts'
import type {Journal, JournalEntry} from './journal.ts'
import {STATE_LIFE_MS} from './sealed-state.ts'
import {CLAIM_LIFE_MS, type Claim, PUSH_LIFE_MS, type PushPlace, type StateStore} from './state-store.ts'

/** What the memory of one node holds at most: about 200, 64 and 20 MB. */
const LIMITS = {claims: 1_000_000, recordOctets: 64 * 1024 * 1024, pushes: 100_000} as const

export type MemoryLimits = {readonly [Name in keyof typeof LIMITS]: number}

type Entries<Entry> = Map<string, Entry> | BriefMap<string, Entry>

type ClaimEntry = {
  readonly answer: string
  readonly expiresMs: number
  /** Until it is decided: the place on the phone that it has in mind. */
  mayTake: PushPlace | undefined
  transactionId: string | undefined
  decided: boolean
}

type RecordEntry = {readonly record: Buffer; readonly expiresMs: number; readonly mayTake: PushPlace | undefined}

/** More than one holder only after a kill: each of them had the place in mind, and nobody knows which of them got it. */
type HeldPlace = {readonly holders: readonly string[]; readonly expiresMs: number}

/**
 * The store of one node: memory, and a journal that lets a killed process remember.
 * Expiry is monotonic. All lives are nearly equal, so insertion order is expiry order and sweeping looks at the oldest.
 */
export class MemoryStore implements StateStore {
  readonly #world: World
  readonly #journal: Journal | undefined
  readonly #claims = new Map<string, ClaimEntry>()
  readonly #records = new BriefMap<string, RecordEntry>()
  readonly #pushes = new BriefMap<string, HeldPlace>()
  readonly #limits: MemoryLimits
  #recordOctets = 0

  constructor(world: World, journal?: Journal, past: readonly JournalEntry[] = [], limits: Partial<MemoryLimits> = {}) {
    this.#world = world
    this.#journal = journal
    this.#limits = {...LIMITS, ...limits}
    for (const entry of past) this.#recall(entry)
  }

  async claim(nonce: string, answer: string, mayTake?: PushPlace): Promise<Claim> {
    this.#sweep(this.#claims)
    const taken = this.#claims.get(nonce)
    if (taken !== undefined) {
      return {kind: 'taken', answer: taken.answer, transactionId: taken.transactionId, decided: taken.decided}
    }
    if (this.#claims.size >= this.#limits.claims) return {kind: 'full'}
    const expiresMs = this.#world.monotonicMs() + CLAIM_LIFE_MS
    this.#claims.set(nonce, {answer, expiresMs, mayTake, transactionId: undefined, decided: false})
    const expiresWallMs = this.#world.wallMs() + CLAIM_LIFE_MS
    this.#journal?.append({kind: 'claim', nonce, answer, expiresWallMs, ...(mayTake && {mayTake})})
    return {kind: 'mine'}
  }

  async setTransaction(nonce: string, transactionId: string): Promise<void> {
    const claim = this.#claims.get(nonce)
    if (claim === undefined) return
    claim.transactionId = transactionId
    this.#journal?.append({kind: 'transaction', nonce, transactionId})
  }

  async setDecided(nonce: string): Promise<void> {
    const claim = this.#claims.get(nonce)
    if (claim === undefined || claim.decided) return
    const holdsPlace = this.#holds(claim.mayTake)
    decide(claim)
    this.#dropRecord(nonce)
    this.#journal?.append({kind: 'decided', nonce, ...(holdsPlace && {holdsPlace})})
  }

  async putRecord(nonce: string, record: Buffer, lifeMs: number, mayTake?: PushPlace): Promise<void> {
    const before = this.#records.get(nonce)?.mayTake
    const taking = mayTake ?? (this.#holds(before) ? before : undefined)
    this.#keepRecord(nonce, {record, expiresMs: this.#world.monotonicMs() + lifeMs, mayTake: taking})
    const expiresWallMs = this.#world.wallMs() + lifeMs
    this.#journal?.append({kind: 'record', nonce, record, expiresWallMs, ...(taking && {mayTake: taking})})
  }

  async getRecord(nonce: string): Promise<Buffer | undefined> {
    this.#sweepRecords()
    return this.#records.get(nonce)?.record
  }

  async lockPush({place, holder}: PushPlace): Promise<boolean> {
    this.#sweep(this.#pushes)
    if (this.#holdersOf(place).some((other) => other !== holder)) return false
    this.#keepPlace(place, [holder], this.#world.monotonicMs() + PUSH_LIFE_MS)
    return true
  }

  async unlockPush(push: PushPlace): Promise<void> {
    this.#givePlaceBack(push)
  }

  async close(): Promise<void> {
    this.#journal?.close()
  }

  /** Entries held, for metrics and for the test that nothing leaks. */
  get sizes(): {
    readonly claims: number
    readonly records: number
    readonly recordOctets: number
    readonly pushes: number
  } {
    this.#sweep(this.#claims)
    this.#sweepRecords()
    this.#sweep(this.#pushes)
    return {
      claims: this.#claims.size,
      records: this.#records.size,
      recordOctets: this.#recordOctets,
      pushes: this.#pushes.size,
    }
  }

  #recall(entry: JournalEntry): void {
    switch (entry.kind) {
      case 'claim': {
        const {nonce, answer, mayTake} = entry
        const expiresMs = this.#monotonicEnd(entry.expiresWallMs, CLAIM_LIFE_MS)
        this.#claims.set(nonce, {answer, expiresMs, mayTake, transactionId: undefined, decided: false})
        this.#recallPlace(mayTake, expiresMs - CLAIM_LIFE_MS)
        break
      }
      case 'record': {
        const {nonce, record, mayTake} = entry
        const expiresMs = this.#monotonicEnd(entry.expiresWallMs, STATE_LIFE_MS)
        if (mayTake === undefined) this.#givePlaceBack(this.#records.get(nonce)?.mayTake)
        this.#keepRecord(nonce, {record, expiresMs, mayTake})
        this.#recallPlace(mayTake, expiresMs - STATE_LIFE_MS)
        break
      }
      case 'transaction': {
        const claim = this.#claims.get(entry.nonce)
        if (claim !== undefined) claim.transactionId = entry.transactionId
        break
      }
      case 'decided': {
        const claim = this.#claims.get(entry.nonce)
        if (entry.holdsPlace !== true) this.#givePlaceBack(claim?.mayTake)
        if (claim !== undefined) decide(claim)
        this.#dropRecord(entry.nonce)
        break
      }
    }
  }

  /** A clock that was ahead when the entry was written must not keep it, and all behind it in the row, for longer than its life. */
  #monotonicEnd(wallMs: number, lifeMs: number): number {
    return this.#world.monotonicMs() + Math.min(wallMs - this.#world.wallMs(), lifeMs)
  }

  /** The oldest give way: their logins are refused, nobody gets in with less than he has. */
  #keepRecord(nonce: string, entry: RecordEntry): void {
    this.#sweepRecords()
    this.#dropRecord(nonce)
    for (const oldest of this.#records.keys()) {
      if (this.#recordOctets + entry.record.length <= this.#limits.recordOctets) break
      this.#dropRecord(oldest)
    }
    this.#records.set(nonce, entry)
    this.#recordOctets += entry.record.length
  }

  #dropRecord(nonce: string): void {
    this.#recordOctets -= this.#records.get(nonce)?.record.length ?? 0
    this.#records.delete(nonce)
  }

  #recallPlace(push: PushPlace | undefined, takenMs: number): void {
    const expiresMs = takenMs + PUSH_LIFE_MS
    if (push === undefined || expiresMs <= this.#world.monotonicMs()) return
    this.#keepPlace(push.place, [...new Set([...this.#holdersOf(push.place), push.holder])], expiresMs)
  }

  #holdersOf(place: string): readonly string[] {
    const held = this.#pushes.get(place)
    return held !== undefined && held.expiresMs > this.#world.monotonicMs() ? held.holders : []
  }

  #holds(push: PushPlace | undefined): push is PushPlace {
    return push !== undefined && this.#holdersOf(push.place).includes(push.holder)
  }

  /** The oldest give way. */
  #keepPlace(place: string, holders: readonly string[], expiresMs: number): void {
    this.#pushes.delete(place)
    for (const oldest of this.#pushes.keys()) {
      if (this.#pushes.size < this.#limits.pushes) break
      this.#pushes.delete(oldest)
    }
    this.#pushes.set(place, {holders, expiresMs})
  }

  #givePlaceBack(push: PushPlace | undefined): void {
    const held = push && this.#pushes.get(push.place)
    if (push === undefined || held === undefined) return
    const holders = held.holders.filter((holder) => holder !== push.holder)
    if (holders.length === 0) this.#pushes.delete(push.place)
    else this.#pushes.set(push.place, {holders, expiresMs: held.expiresMs})
  }

  #sweepRecords(): void {
    const nowMs = this.#world.monotonicMs()
    for (const [nonce, {expiresMs}] of this.#records) {
      if (expiresMs > nowMs) return
      this.#dropRecord(nonce)
    }
  }

  #sweep(entries: Entries<{readonly expiresMs: number}>): void {
    const nowMs = this.#world.monotonicMs()
    for (const [key, {expiresMs}] of entries) {
      if (expiresMs > nowMs) return
      entries.delete(key)
    }
  }
}

function decide(claim: ClaimEntry): void {
  claim.decided = true
  claim.mayTake = undefined
  claim.transactionId = undefined
}
