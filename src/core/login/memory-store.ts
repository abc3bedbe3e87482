import type {World} from '../world.ts'
import type {Journal, JournalEntry} from './journal.ts'
import {STATE_LIFE_MS} from './sealed-state.ts'
import type {Claim, StateStore} from './state-store.ts'

/** A used State is remembered until no clock in reach can take it for valid any more. */
const CLAIM_LIFE_MS = STATE_LIFE_MS + 2 * 60_000
const MAX_CLAIMS = 1_000_000
const MAX_RECORDS = 50_000
const MAX_LOCKS = 100_000

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
  readonly #pushes = new Map<string, {nonce: string; expiresMs: number}>()

  constructor(world: World, journal?: Journal, past: readonly JournalEntry[] = []) {
    this.#world = world
    this.#journal = journal
    for (const entry of past) this.#recall(entry)
  }

  async claim(nonce: string, answer: string): Promise<Claim> {
    this.#sweep(this.#claims)
    const taken = this.#claims.get(nonce)
    if (taken !== undefined) {
      return {kind: 'taken', answer: taken.answer, transactionId: taken.transactionId, decided: taken.decided}
    }
    if (this.#claims.size >= MAX_CLAIMS) return {kind: 'full'}
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
    this.#records.delete(nonce)
    this.#journal?.append({kind: 'decided', nonce})
  }

  async putRecord(nonce: string, record: Buffer, lifeMs: number): Promise<void> {
    this.#sweep(this.#records)
    dropOldest(this.#records, MAX_RECORDS)
    this.#records.set(nonce, {record, expiresMs: this.#world.monotonicMs() + lifeMs})
    this.#journal?.append({kind: 'record', nonce, record, expiresWallMs: this.#world.wallMs() + lifeMs})
  }

  async getRecord(nonce: string): Promise<Buffer | undefined> {
    this.#sweep(this.#records)
    return this.#records.get(nonce)?.record
  }

  async lockPush(user: string, nonce: string, lifeMs: number): Promise<boolean> {
    const nowMs = this.#world.monotonicMs()
    const held = this.#pushes.get(user)
    if (held !== undefined && held.nonce !== nonce && held.expiresMs > nowMs) return false
    this.#pushes.delete(user)
    this.#sweep(this.#pushes)
    dropOldest(this.#pushes, MAX_LOCKS)
    this.#pushes.set(user, {nonce, expiresMs: nowMs + lifeMs})
    return true
  }

  async unlockPush(user: string, nonce: string): Promise<void> {
    if (this.#pushes.get(user)?.nonce === nonce) this.#pushes.delete(user)
  }

  async close(): Promise<void> {
    this.#journal?.close()
  }

  /** Entries held, for metrics and for the test that nothing leaks. */
  get sizes(): {readonly claims: number; readonly records: number; readonly pushes: number} {
    this.#sweep(this.#claims)
    this.#sweep(this.#records)
    this.#sweep(this.#pushes)
    return {claims: this.#claims.size, records: this.#records.size, pushes: this.#pushes.size}
  }

  #recall(entry: JournalEntry): void {
    const monotonicEnd = (wallMs: number) => this.#world.monotonicMs() + (wallMs - this.#world.wallMs())
    if (entry.kind === 'claim') {
      const expiresMs = monotonicEnd(entry.expiresWallMs)
      this.#claims.set(entry.nonce, {answer: entry.answer, expiresMs, transactionId: undefined, decided: false})
    }
    if (entry.kind === 'record') {
      this.#records.set(entry.nonce, {record: entry.record, expiresMs: monotonicEnd(entry.expiresWallMs)})
    }
    const claim = this.#claims.get(entry.nonce)
    if (entry.kind === 'transaction' && claim !== undefined) claim.transactionId = entry.transactionId
    if (entry.kind === 'decided' && claim !== undefined) {
      claim.decided = true
      claim.transactionId = undefined
      this.#records.delete(entry.nonce)
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

function dropOldest(entries: Map<string, unknown>, max: number): void {
  if (entries.size < max) return
  for (const key of entries.keys()) {
    entries.delete(key)
    return
  }
}
