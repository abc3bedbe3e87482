import {BriefMap} from '../brief-map.ts'
import type {World} from '../world.ts'
import {LoginRates} from './login-rate.ts'

/**
 * How many requests may be in work. What comes above it is discarded, the newest first: what is in work is never dropped.
 * Answers to challenges get in when new logins no longer do: their users are through with half of it, and hold a phone.
 */
export type PendingLimits = {
  readonly all: number
  /** Of these, requests without a State. */
  readonly newLogins: number
  /** Of these, from one address: a gateway gone wild leaves room for the others. */
  readonly newLoginsOfOne: number
}

/** What counts of a request. */
export type PlacedRequest = {
  readonly address: string
  /** It brings no State. */
  readonly isNewLogin: boolean
  /** What its client may begin; 0 is no limit. */
  readonly loginsPerSecond: number
}

/** The places of one listener. Another process may keep them: whoever asks waits for the answer. */
export type Places = {
  /** Takes one; or says why one more request is too many. */
  take(request: PlacedRequest): string | undefined | Promise<string | undefined>
  /** Gives back what was taken. */
  free(request: PlacedRequest): void
}

export class RequestPlaces implements Places {
  readonly #limits: PendingLimits
  readonly #rates: LoginRates
  #pending = 0
  #newLogins = 0
  readonly #newLoginsOf = new BriefMap<string, number>()

  constructor(world: World, limits: PendingLimits) {
    this.#limits = limits
    this.#rates = new LoginRates(world)
  }

  take(request: PlacedRequest): string | undefined {
    const full = this.#fullFor(request)
    if (full === undefined) this.#count(1, request)
    return full
  }

  free(request: PlacedRequest): void {
    this.#count(-1, request)
  }

  #fullFor({address, isNewLogin, loginsPerSecond}: PlacedRequest): string | undefined {
    const {all, newLogins, newLoginsOfOne} = this.#limits
    if (this.#pending >= all) return `${this.#pending} requests are in work`
    if (!isNewLogin) return undefined
    if (this.#newLogins >= newLogins) return `${this.#newLogins} new logins are in work`
    const ofOne = this.#newLoginsOf.get(address) ?? 0
    if (ofOne >= newLoginsOfOne) return `${ofOne} new logins of this address are in work`
    if (this.#rates.admits(address, loginsPerSecond)) return undefined
    return `this address begins more than ${loginsPerSecond} logins a second`
  }

  #count(change: 1 | -1, {address, isNewLogin}: PlacedRequest): void {
    this.#pending += change
    if (!isNewLogin) return
    this.#newLogins += change
    const ofOne = (this.#newLoginsOf.get(address) ?? 0) + change
    if (ofOne === 0) this.#newLoginsOf.delete(address)
    else this.#newLoginsOf.set(address, ofOne)
  }
}
