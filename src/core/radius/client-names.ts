import {lookup as systemLookup} from 'node:dns/promises'
import {canonicalAddress, parseAddress} from '../network.ts'
import type {World} from '../world.ts'

/** All addresses of a host name, in the order of preference. Rejects when the name cannot be resolved. */
export type Lookup = (host: string) => Promise<readonly string[]>

export const lookupWithSystem: Lookup = async (host) => {
  const found = await systemLookup(host, {all: true})
  return found.map(({address}) => address)
}

/** How long an answer is used before the name is asked for again. getaddrinfo does not tell the record's own time. */
const FRESH_MS = 60_000
/** How long a failure is remembered, so that every login does not wait for the same broken name server. */
const FAILURE_MS = 5_000

/** The addresses of one configured host. A literal address is its own answer and never asks anybody. */
export class HostAddresses {
  readonly #host: string
  readonly #lookup: Lookup
  readonly #world: World
  #known: readonly string[]
  #askAgainMs: number
  #asking: Promise<void> | undefined

  constructor(host: string, lookup: Lookup, world: World) {
    this.#host = host
    this.#lookup = lookup
    this.#world = world
    const literal = parseAddress(host) !== undefined
    this.#known = literal ? [sendable(host)] : []
    this.#askAgainMs = literal ? Number.POSITIVE_INFINITY : world.monotonicMs()
  }

  /**
   * The addresses, asking when they are not known. Old ones are used while the new answer is on its way, and when there
   * is none: a server that could be reached a minute ago is worth a try. Empty when the name does not resolve.
   */
  async current(): Promise<readonly string[]> {
    if (this.known === undefined) await this.#asking
    return this.#known
  }

  /** What `current` gives when it need not wait; undefined while the answer is on its way. */
  get known(): readonly string[] | undefined {
    if (this.#world.monotonicMs() >= this.#askAgainMs) this.#asking ??= this.#ask()
    return this.#known.length === 0 && this.#asking !== undefined ? undefined : this.#known
  }

  async #ask(): Promise<void> {
    try {
      const found = await this.#lookup(this.#host)
      const addresses = found.filter((address) => parseAddress(address) !== undefined).map(sendable)
      if (addresses.length > 0) this.#known = addresses
      this.#askAgainMs = this.#world.monotonicMs() + (addresses.length > 0 ? FRESH_MS : FAILURE_MS)
    } catch {
      this.#askAgainMs = this.#world.monotonicMs() + FAILURE_MS
    } finally {
      this.#asking = undefined
    }
  }
}

/**
 * One spelling for one address, so that the source of a reply can be compared with where the request went. The zone of a
 * link-local address ("%eth0") is needed to send to it, and is no part of what is compared.
 */
function sendable(address: string): string {
  return address.includes('%') ? address : (canonicalAddress(address) ?? address)
}
