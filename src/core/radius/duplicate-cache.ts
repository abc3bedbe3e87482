import type {LoginReference} from '../log/log.ts'
import type {Cancel, World} from '../world.ts'
import type {Endpoint} from './packet.ts'

/**
 * A request that is being worked on, or was answered a short while ago. What is kept for 70 s is text of one octet a
 * character: a Buffer of a few octets would hold on to the 64 KiB of Node's pool that it was cut from
 * (docs/decisions/0070-cost-of-a-login.md).
 */
export type DuplicateEntry = {
  /** Where it came from and all of its octets. */
  readonly key: string
  /** What was sent, likewise; undefined while it is worked on, and when it was decided to send nothing. */
  reply: string | undefined
  /** On the monotonic clock. */
  expiresMs: number
  /** The login it turned out to belong to; undefined until that is known. */
  login: LoginReference | undefined
}

export type Arrival =
  | {readonly kind: 'new'; readonly entry: DuplicateEntry}
  /** The same request is being worked on: stay silent. */
  | {readonly kind: 'pending'; readonly login?: LoginReference}
  /** The same request was answered: send the same octets again. No reply: it was answered with silence, go on so. */
  | {readonly kind: 'answered'; readonly reply: Buffer | undefined; readonly login?: LoginReference}

export type DuplicateLimits = {
  /** How long an answer is kept, in milliseconds. */
  readonly keepMs: number
  /** Answered requests that are kept at most; the oldest go first. */
  readonly maxEntries: number
  /** Octets of their keys and replies at most. */
  readonly maxOctets: number
}

const defaultDuplicateLimits: DuplicateLimits = {
  // A gateway that gives a push its 60 s asks again after 60 s when the answer was lost: it must still be there.
  keepMs: 70_000,
  maxEntries: 20_000,
  maxOctets: 16 * 1024 * 1024,
}

/**
 * Tells a retransmission from a new request (RFC 5080 2.2.2): the same source address and port, receiving socket, and
 * the same octets, Identifier and Request Authenticator among them. Comparing all of them costs nothing and keeps a client
 * whose authenticators repeat from getting the answer to another user's request.
 *
 * A new request does not end what is known of the Identifier's last one: a copy of that one that comes late would be taken
 * for a new login.
 *
 * Requests being worked on are never dropped to make room: whoever calls `arrive` bounds their number.
 */
export class DuplicateCache {
  readonly #world: World
  readonly #limits: DuplicateLimits
  readonly #pending = new Map<string, DuplicateEntry>()
  /** In the order of their answers, which is the order they expire in: one timer serves all. */
  readonly #answered = new Map<string, DuplicateEntry>()
  #answeredOctets = 0
  #cancelTimer: Cancel | undefined

  constructor(world: World, limits: DuplicateLimits = defaultDuplicateLimits) {
    this.#world = world
    this.#limits = limits
  }

  /** What a datagram from `from`, received by `listener`, is: decoded already, so that it has a whole header. */
  arrive(datagram: Buffer, from: Endpoint, listener: string): Arrival {
    const key = `${from.address} ${from.port} ${listener} ${datagram.toString('latin1')}`
    const pending = this.#pending.get(key)
    if (pending !== undefined) return {kind: 'pending', ...loginOf(pending)}
    const answered = this.#answered.get(key)
    if (answered !== undefined && answered.expiresMs > this.#world.monotonicMs()) {
      const {reply} = answered
      return {kind: 'answered', reply: reply === undefined ? reply : Buffer.from(reply, 'latin1'), ...loginOf(answered)}
    }
    if (answered !== undefined) this.#drop(answered)
    const entry: DuplicateEntry = {key, reply: undefined, expiresMs: 0, login: undefined}
    this.#pending.set(key, entry)
    return {kind: 'new', entry}
  }

  /** Remembers the answer, an octet a character (latin1); undefined is silence. An entry that was forgotten is left alone. */
  answer(entry: DuplicateEntry, reply: string | undefined): void {
    if (this.#pending.get(entry.key) !== entry) return
    this.#pending.delete(entry.key)
    entry.reply = reply
    entry.expiresMs = this.#world.monotonicMs() + this.#limits.keepMs
    this.#answered.set(entry.key, entry)
    this.#answeredOctets += octetsOf(entry)
    const {maxEntries, maxOctets} = this.#limits
    if (this.#answered.size > maxEntries || this.#answeredOctets > maxOctets) this.#makeRoom()
    this.#schedule()
  }

  /** Forgets a request, so that its retransmission is a new one. */
  forget(entry: DuplicateEntry): void {
    if (this.#pending.get(entry.key) === entry) this.#pending.delete(entry.key)
  }

  get pending(): number {
    return this.#pending.size
  }

  get answered(): number {
    return this.#answered.size
  }

  close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#pending.clear()
    this.#answered.clear()
    this.#answeredOctets = 0
  }

  #drop(entry: DuplicateEntry): void {
    this.#answered.delete(entry.key)
    this.#answeredOctets -= octetsOf(entry)
  }

  /** An eighth at a time: a Map that loses its first entry again and again walks past all that it has lost. */
  #makeRoom(): void {
    const maxEntries = Math.ceil(this.#limits.maxEntries * KEPT_SHARE)
    const maxOctets = this.#limits.maxOctets * KEPT_SHARE
    for (const oldest of this.#answered.values()) {
      if (this.#answered.size <= maxEntries && this.#answeredOctets <= maxOctets) return
      this.#drop(oldest)
    }
  }

  /** Sweeps at most once a second, however many requests there are. */
  #schedule(): void {
    if (this.#cancelTimer !== undefined) return
    for (const oldest of this.#answered.values()) {
      const delayMs = oldest.expiresMs - this.#world.monotonicMs() + SWEEP_MS
      this.#cancelTimer = this.#world.after(delayMs, () => this.#sweep())
      return
    }
  }

  #sweep(): void {
    this.#cancelTimer = undefined
    const nowMs = this.#world.monotonicMs()
    for (const oldest of this.#answered.values()) {
      if (oldest.expiresMs > nowMs) break
      this.#drop(oldest)
    }
    this.#schedule()
  }
}

const SWEEP_MS = 1000
const KEPT_SHARE = 7 / 8

function loginOf({login}: DuplicateEntry): {login?: LoginReference} {
  return login === undefined ? {} : {login}
}

function octetsOf(entry: DuplicateEntry): number {
  return entry.key.length + (entry.reply?.length ?? 0)
}
