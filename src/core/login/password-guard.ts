import {BriefMap} from '../brief-map.ts'
import {pause, type World} from '../world.ts'
import type {Login} from './login.ts'
import {personOf} from './person.ts'
import {RecentCounts} from './recent-counts.ts'

export type PasswordGuardPolicy = {
  /** A refused password is answered no sooner than this after its request came, as FreeRADIUS's reject_delay; 0: at once. */
  readonly rejectDelayMs: number
  /**
   * From so many wrong passwords for a user at one address within `windowMs` on, refusals take longer and are limited;
   * from five times as many for a user wherever, from ten times as many from an address. 0: never.
   */
  readonly failures: number
  readonly windowMs: number
}

/** NASes wait 5 s and more; the longest delay must stay below that. */
const GUARDED_DELAY_MS = 4000
/** Refusals that wait at a time for one who is guarded; what comes on top is refused without a try of the password. */
const WAITING_REFUSALS = 3
/** Guesses from elsewhere must not keep the user out so easily, and many users share an address. */
const USER_FACTOR = 5
const SOURCE_FACTOR = 10
const LIMITS = {keys: 100_000, waiting: 2000} as const

/** What is known of who tries a password. */
export type Guesser = Pick<Login, 'userName' | 'clientAddress' | 'startedMs'>

/** What is counted: a user at an address, a user, an address. The factor multiplies what is allowed. */
type Subject = {readonly key: string; readonly name: string; readonly factor: number}

/**
 * Makes guessing passwords slow: for a user at an address, for a user wherever the guesses come from, and for an address
 * whatever users it tries. A right password is never delayed, and nobody is locked out for a time, which would be a weapon
 * against the user: only while guesses stream in are more of them refused untried.
 * Lives as long as the process.
 */
export class PasswordGuard {
  readonly #world: World
  readonly #limits: {readonly keys: number; readonly waiting: number}
  readonly #failures: RecentCounts
  readonly #waiting = new BriefMap<string, number>()
  #waitingTotal = 0

  constructor(world: World, limits: Partial<{keys: number; waiting: number}> = {}) {
    this.#world = world
    this.#limits = {...LIMITS, ...limits}
    this.#failures = new RecentCounts(world, this.#limits.keys)
  }

  /** False while so many refusals of this user, or of this address, wait that another try would only help a guesser. */
  admits(login: Guesser, policy: PasswordGuardPolicy): boolean {
    if (this.#waiting.size === 0) return true
    return !subjectsOf(login).some(
      (subject) =>
        this.#isGuarded(subject, policy) && (this.#waiting.get(subject.key) ?? 0) >= WAITING_REFUSALS * subject.factor,
    )
  }

  /** Counts a wrong password; returns those who are guarded from this one on. */
  failed(login: Guesser, policy: PasswordGuardPolicy): readonly {readonly name: string; readonly failures: number}[] {
    if (policy.failures === 0) return []
    return subjectsOf(login).flatMap((subject) => {
      const limit = policy.failures * subject.factor
      const before = this.#failures.count(subject.key, policy.windowMs)
      const failures = this.#failures.add(subject.key, policy.windowMs, limit)
      return before < limit && failures >= limit ? [{name: subject.name, failures}] : []
    })
  }

  /** Waits until a refusal may be told; not at all when too many wait already. */
  async delay(login: Guesser, policy: PasswordGuardPolicy, signal: AbortSignal): Promise<void> {
    const subjects = subjectsOf(login)
    const guarded = subjects.some((subject) => this.#isGuarded(subject, policy))
    const delayMs = guarded ? Math.max(policy.rejectDelayMs, GUARDED_DELAY_MS) : policy.rejectDelayMs
    const remainingMs = login.startedMs + delayMs - this.#world.monotonicMs()
    if (remainingMs <= 0 || this.#waitingTotal >= this.#limits.waiting) return
    this.#waitingTotal++
    for (const {key} of subjects) this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1)
    await pause(this.#world, remainingMs, signal)
    this.#waitingTotal--
    for (const {key} of subjects) {
      const left = (this.#waiting.get(key) ?? 1) - 1
      if (left === 0) this.#waiting.delete(key)
      else this.#waiting.set(key, left)
    }
  }

  /** For metrics and tests. */
  get sizes(): {readonly counted: number; readonly waiting: number} {
    return {counted: this.#failures.keys, waiting: this.#waitingTotal}
  }

  #isGuarded({key, factor}: Subject, {failures, windowMs}: PasswordGuardPolicy): boolean {
    return failures > 0 && this.#failures.count(key, windowMs) >= failures * factor
  }
}

/** The address of the NAS is everybody's and says nothing: without a user's address only the name is counted. */
function subjectsOf({userName, clientAddress}: Guesser): readonly Subject[] {
  const person = personOf(userName)
  const user = {key: `user ${person}`, name: `the user '${userName}'`, factor: USER_FACTOR}
  if (clientAddress === undefined) return [user]
  return [
    {key: `both ${clientAddress} ${person}`, name: `the user '${userName}' from ${clientAddress}`, factor: 1},
    user,
    {key: `source ${clientAddress}`, name: `the address ${clientAddress}`, factor: SOURCE_FACTOR},
  ]
}
