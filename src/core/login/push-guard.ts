import type {World} from '../world.ts'
import {RecentCounts} from './recent-counts.ts'

export type PushGuardPolicy = {
  /** So many pushes denied or left unanswered within `windowMs` are one too many; 0 turns the guard off. */
  readonly denials: number
  /** Also how long pushes are then withheld. */
  readonly windowMs: number
}

/** Somebody who says that he did not ask for a push knows that his password is known: pushes rest for longer. */
const FRAUD_HOLD_MS = 60 * 60_000
const MAX_PERSONS = 100_000

export type Hold = {readonly remainingMs: number; readonly begins: boolean}

/**
 * Keeps somebody who knows a password from wearing its owner down with pushes. A push counts from when it is sent, so
 * that one whose result nobody asks for counts as well; the approval takes it back. Lives as long as the process.
 */
export class PushGuard {
  readonly #world: World
  readonly #maxPersons: number
  readonly #unanswered: RecentCounts
  readonly #heldUntil = new Map<string, number>()

  constructor(world: World, maxPersons = MAX_PERSONS) {
    this.#world = world
    this.#maxPersons = maxPersons
    this.#unanswered = new RecentCounts(world, maxPersons)
  }

  /** Undefined when a push may go out. */
  hold(person: string, {denials, windowMs}: PushGuardPolicy): Hold | undefined {
    if (denials === 0) return undefined
    const remainingMs = (this.#heldUntil.get(person) ?? 0) - this.#world.monotonicMs()
    if (remainingMs > 0) return {remainingMs, begins: false}
    return this.#unanswered.count(person, windowMs) < denials ? undefined : this.#begin(person, windowMs)
  }

  sent(person: string, {denials, windowMs}: PushGuardPolicy): void {
    if (denials > 0) this.#unanswered.add(person, windowMs, denials)
  }

  /** The last push that was sent was approved, or it was not the person who ended it. */
  takeBack(person: string): void {
    this.#unanswered.takeBack(person)
  }

  fraud(person: string, {denials, windowMs}: PushGuardPolicy): Hold | undefined {
    return denials === 0 ? undefined : this.#begin(person, Math.max(windowMs, FRAUD_HOLD_MS))
  }

  /** Persons remembered, for metrics and tests. */
  get sizes(): {readonly counted: number; readonly held: number} {
    return {counted: this.#unanswered.keys, held: this.#heldUntil.size}
  }

  #begin(person: string, lifeMs: number): Hold {
    const nowMs = this.#world.monotonicMs()
    this.#unanswered.forget(person)
    this.#heldUntil.delete(person)
    for (const [oldest, untilMs] of this.#heldUntil) {
      if (this.#heldUntil.size < this.#maxPersons && untilMs > nowMs) break
      this.#heldUntil.delete(oldest)
    }
    this.#heldUntil.set(person, nowMs + lifeMs)
    return {remainingMs: lifeMs, begins: true}
  }
}
