import {BriefMap} from '../brief-map.ts'
import type {LoginReference} from '../log/log.ts'
import {formatEndpoint} from '../network.ts'
import {hashOf, RecordRing} from '../record-ring.ts'
import type {Cancel, World} from '../world.ts'
import type {Endpoint} from './packet.ts'

/** A request that is being worked on. */
export type DuplicateEntry = {
  readonly hash: number
  readonly datagram: Buffer
  readonly from: Endpoint
  readonly listener: string
  /** The login it turned out to belong to; undefined until that is known. */
  login: LoginReference | undefined
  /** Another request in work whose octets have the same hash. */
  next: DuplicateEntry | undefined
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
  /** Octets of memory for them. */
  readonly maxOctets: number
}

const defaultDuplicateLimits: DuplicateLimits = {
  // A gateway that gives a push its 60 s asks again after 60 s when the answer was lost: it must still be there.
  keepMs: 70_000,
  // 500 new logins a second with their answers, which one gateway may begin by default.
  maxEntries: 70_000,
  maxOctets: 32 * 1024 * 1024,
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
  readonly #seed: number
  /** By the hash of their octets. */
  readonly #pending = new BriefMap<number, DuplicateEntry>()
  #pendingCount = 0
  /** In the order of their answers, which is the order they expire in: one timer serves all. Made with the first. */
  #answered: RecordRing | undefined
  #cancelTimer: Cancel | undefined

  constructor(world: World, limits: DuplicateLimits = defaultDuplicateLimits) {
    this.#world = world
    this.#limits = limits
    this.#seed = world.randomBytes(4).readUInt32LE()
  }

  /** What a datagram from `from`, received by `listener`, is. Its octets must not change while it is being worked on. */
  arrive(datagram: Buffer, from: Endpoint, listener: string): Arrival {
    const hash = hashOf(datagram, this.#seed ^ from.port)
    for (let entry = this.#pending.get(hash); entry !== undefined; entry = entry.next) {
      if (isOf(entry, datagram, from, listener)) return {kind: 'pending', ...loginOf(entry.login)}
    }
    const answered = this.#find(hash, datagram, placeOf(from, listener))
    if (answered !== undefined) return this.#again(...answered, from, datagram)
    const entry: DuplicateEntry = {
      hash,
      datagram,
      from,
      listener,
      login: undefined,
      next: this.#pending.get(hash),
    }
    this.#pending.set(hash, entry)
    this.#pendingCount++
    return {kind: 'new', entry}
  }

  /** Remembers the answer; undefined is silence. An entry that was forgotten is left alone. */
  answer(entry: DuplicateEntry, reply: Buffer | undefined): void {
    if (!this.#remove(entry)) return
    const {hash, datagram, from, listener, login} = entry
    const {keepMs, maxEntries, maxOctets} = this.#limits
    this.#answered ??= new RecordRing(maxOctets)
    const told = login === undefined ? '' : `${login.loginId} ${login.userName}`
    const record = this.#answered.add(hash, [placeOf(from, listener), datagram, reply ?? '', told])
    if (record === 0) return
    this.#answered.setNumber(record, slots.expiresMs, this.#world.monotonicMs() + keepMs)
    this.#answered.setNumber(record, slots.isSilence, reply === undefined ? 1 : 0)
    if (this.#answered.count > maxEntries) this.#answered.dropOldest()
    this.#schedule(this.#answered)
  }

  /** Forgets a request, so that its retransmission is a new one. */
  forget(entry: DuplicateEntry): void {
    this.#remove(entry)
  }

  get pending(): number {
    return this.#pendingCount
  }

  get answered(): number {
    return this.#answered?.count ?? 0
  }

  close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#pending.clear()
    this.#pendingCount = 0
    this.#answered = undefined
  }

  #find(hash: number, datagram: Buffer, place: string): readonly [RecordRing, number] | undefined {
    const answered = this.#answered
    if (answered === undefined) return undefined
    for (let record = answered.newest(hash); record !== 0; record = answered.older(record)) {
      if (answered.number(record, slots.expiresMs) <= this.#world.monotonicMs()) return undefined
      const isSame = answered.equals(record, parts.datagram, datagram) && answered.text(record, parts.place) === place
      if (isSame) return [answered, record]
    }
    return undefined
  }

  #again(answered: RecordRing, record: number, from: Endpoint, datagram: Buffer): Arrival {
    const isSilence = answered.number(record, slots.isSilence) === 1
    const [loginId, userName] = splitOnce(answered.text(record, parts.login))
    const identifier = datagram[1] ?? 0
    const login = loginId === '' ? undefined : {loginId, userName, identifier, from: formatEndpoint(from)}
    return {kind: 'answered', reply: isSilence ? undefined : answered.copy(record, parts.reply), ...loginOf(login)}
  }

  /** False when it is not, or no more, in work. */
  #remove(entry: DuplicateEntry): boolean {
    const {hash, next} = entry
    const first = this.#pending.get(hash)
    if (first === entry) {
      if (next === undefined) this.#pending.delete(hash)
      else this.#pending.set(hash, next)
    } else {
      let before = first
      while (before !== undefined && before.next !== entry) before = before.next
      if (before === undefined) return false
      before.next = next
    }
    this.#pendingCount--
    return true
  }

  /** Sweeps at most once a second, however many requests there are. */
  #schedule(answered: RecordRing): void {
    const oldest = answered.oldest()
    if (this.#cancelTimer !== undefined || oldest === 0) return
    const delayMs = answered.number(oldest, slots.expiresMs) - this.#world.monotonicMs() + SWEEP_MS
    this.#cancelTimer = this.#world.after(delayMs, () => this.#sweep(answered))
  }

  #sweep(answered: RecordRing): void {
    this.#cancelTimer = undefined
    const nowMs = this.#world.monotonicMs()
    for (let oldest = answered.oldest(); oldest !== 0; oldest = answered.oldest()) {
      if (answered.number(oldest, slots.expiresMs) > nowMs) break
      answered.dropOldest()
    }
    this.#schedule(answered)
  }
}

const SWEEP_MS = 1000
/** What an answered request is kept as. */
const parts = {place: 0, datagram: 1, reply: 2, login: 3} as const
const slots = {expiresMs: 0, isSilence: 1} as const

function isOf(entry: DuplicateEntry, datagram: Buffer, from: Endpoint, listener: string): boolean {
  return (
    entry.from.port === from.port &&
    entry.from.address === from.address &&
    entry.listener === listener &&
    entry.datagram.equals(datagram)
  )
}

function placeOf({address, port}: Endpoint, listener: string): string {
  return `${address} ${port} ${listener}`
}

function splitOnce(text: string): readonly [string, string] {
  const space = text.indexOf(' ')
  return space === -1 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)]
}

function loginOf(login: LoginReference | undefined): {login?: LoginReference} {
  return login === undefined ? {} : {login}
}
