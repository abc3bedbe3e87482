import {BriefMap} from '../brief-map.ts'
import type {World} from '../world.ts'

/**
 * How many new logins a second each address may begin (the generic cell rate algorithm): in the long run `perSecond`, and
 * ten seconds' worth at once, for a gateway that has been restarted sends all its users in one go.
 */
export class LoginRates {
  readonly #world: World
  readonly #maxAddresses: number
  /** When the address will have used up nothing, on the monotonic clock; the one that asked longest ago first. */
  readonly #clearMs = new BriefMap<string, number>()

  constructor(world: World, maxAddresses: number = MAX_ADDRESSES) {
    this.#world = world
    this.#maxAddresses = maxAddresses
  }

  /** Takes one of what the address has left; false when that is nothing. 0 a second is no limit. */
  admits(address: string, perSecond: number): boolean {
    if (perSecond === 0) return true
    const nowMs = this.#world.monotonicMs()
    const clearMs = Math.max(nowMs, this.#clearMs.get(address) ?? 0) + 1000 / perSecond
    if (clearMs - nowMs > BURST_MS) return false
    this.#clearMs.delete(address)
    this.#sweep(nowMs)
    this.#clearMs.set(address, clearMs)
    return true
  }

  get addresses(): number {
    return this.#clearMs.size
  }

  /** Whoever has used up nothing needs no entry; beyond the bound, whoever asked longest ago gets all of it back. */
  #sweep(nowMs: number): void {
    for (const [address, clearMs] of this.#clearMs) {
      if (clearMs > nowMs && this.#clearMs.size < this.#maxAddresses) return
      this.#clearMs.delete(address)
    }
  }
}

const MAX_ADDRESSES = 10_000
const BURST_MS = 10_000
