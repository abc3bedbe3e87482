import type {World} from '../world.ts'
import type {Journal, JournalEntry} from './journal.ts'
import {STATE_LIFE_MS} from './sealed-state.ts'
import {CLAIM_LIFE_MS, type Claim, type StateStore} from './state-store.ts'

/** What the memory of one node holds at most: about 200, 64 and 20 MB. */
const LIMITS = {claims: 1_000_000, recordOctets: 64 * 1024 * 1024, pushes: 100_000} as const

export type MemoryLimits = {readonly [Name in keyof typeof LIMITS]: number}

type ClaimEntry = {
  readonly answer: string
  readonly expiresMs: number
  transactionId: string | undefined
  decided: boolean
}

/**
 * The store of one node: memory, and a journal that lets a killed process remember.
 * Expiry is monotonic. All lives are nearly equal, so insertion order is expiry order and sweeping looks at the oldest.
 */
export class MemoryStore implements StateStore {
  readonly #world: World
  readonly #journal: Journal | undefined
  readonly #claims = new Map<string, ClaimEntry>()
  readonly #records = new Map<string, {record: Buffer; expiresMs: number}>()
  readonly #pushes = new Map<string, {holder: string; expiresMs: number}>()
  readonly #limits: MemoryLimits
  #recordOctets = 0

  constructor(world: World, journal?: Journal, past: readonly JournalEntry[] = [], limits: Partial<MemoryLimits> = {}) {
    this.#world = world
    this.#journal = journal
    this.#limits = {...LIMITS, ...limits}
    for (const entry of past) this.#recall(entry)
  }

  async claim(nonce: string, answer: string): Promise<Claim> {
    this.#sweep(this.#claims)
    const taken = this.#claims.get(nonce)
    if (taken !== undefined) {
      return {kind: 'taken', answer: taken.answer, transactionId: taken.transactionId, decided: taken.decided}
    }
    if (this.#claims.size >= this.#limits.claims) return {kind: 'full'}
    const expiresMs = this.#world.monotonicMs() + CLAIM_LIFE_MS
    this.#claims.set(nonce, {answer, expiresMs, transactionId: undefined, decided: false})
    this.#journal?.append({kind: 'claim', nonce, answer, expiresWallMs: this.#world.wallMs() + CLAIM_LIFE_MS})
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
    claim.decided = true
    claim.transactionId = undefined
    this.#dropRecord(nonce)
    this.#journal?.append({kind: 'decided', nonce})
  }

  async putRecord(nonce: string, record: Buffer, lifeMs: number): Promise<void> {
    this.#keepRecord(nonce, record, this.#world.monotonicMs() + lifeMs)
    this.#journal?.append({kind: 'record', nonce, record, expiresWallMs: this.#world.wallMs() + lifeMs})
  }

  async getRecord(nonce: string): Promise<Buffer | undefined> {
    this.#sweepRecords()
    return this.#records.get(nonce)?.record
  }

  async lockPush(user: string, holder: string, lifeMs: number): Promise<boolean> {
    const nowMs = this.#world.monotonicMs()
    const held = this.#pushes.get(user)
    if (held !== undefined && held.holder !== holder && held.expiresMs > nowMs) return false
    this.#pushes.delete(user)
    this.#sweep(this.#pushes)
    for (const oldest of this.#pushes.keys()) {
      if (this.#pushes.size < this.#limits.pushes) break
      this.#pushes.delete(oldest)
    }
    this.#pushes.set(user, {holder, expiresMs: nowMs + lifeMs})
    return true
  }

  async unlockPush(user: string, holder: string): Promise<void> {
    if (this.#pushes.get(user)?.holder === holder) this.#pushes.delete(user)
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
        const {nonce, answer} = entry
        const expiresMs = this.#monotonicEnd(entry.expiresWallMs, CLAIM_LIFE_MS)
        this.#claims.set(nonce, {answer, expiresMs, transactionId: undefined, decided: false})
        break
      }
      case 'record':
        this.#keepRecord(entry.nonce, entry.record, this.#monotonicEnd(entry.expiresWallMs, STATE_LIFE_MS))
        break
      case 'transaction': {
        const claim = this.#claims.get(entry.nonce)
        if (claim !== undefined) claim.transactionId = entry.transactionId
        break
      }
      case 'decided': {
        const claim = this.#claims.get(entry.nonce)
        if (claim !== undefined) {
          claim.decided = true
          claim.transactionId = undefined
        }
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
  #keepRecord(nonce: string, record: Buffer, expiresMs: number): void {
    this.#sweepRecords()
    this.#dropRecord(nonce)
    for (const oldest of this.#records.keys()) {
      if (this.#recordOctets + record.length <= this.#limits.recordOctets) break
      this.#dropRecord(oldest)
    }
    this.#records.set(nonce, {record, expiresMs})
    this.#recordOctets += record.length
  }

  #dropRecord(nonce: string): void {
    this.#recordOctets -= this.#records.get(nonce)?.record.length ?? 0
    this.#records.delete(nonce)
  }

  #sweepRecords(): void {
    const nowMs = this.#world.monotonicMs()
    for (const [nonce, {expiresMs}] of this.#records) {
      if (expiresMs > nowMs) return
      this.#dropRecord(nonce)
    }
  }

  #sweep(entries: Map<string, {readonly expiresMs: number}>): void {
    const nowMs = this.#world.monotonicMs()
    for (const [key, {expiresMs}] of entries) {
      if (expiresMs > nowMs) return
      entries.delete(key)
    }
  }
}
