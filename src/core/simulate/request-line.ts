import type {Packet} from '../radius/packet.ts'
import type {SharedKey} from '../radius/shared-key.ts'
import {verifyReply} from '../radius/verify.ts'
import type {Cancel, World} from '../world.ts'
import type {Transport} from './transport.ts'

/** A datagram that came back and does not count, and why. */
export type RefusedReply = {readonly reason: string; readonly datagram: Buffer}

/** What became of one request. `sends` counts its transmissions. */
export type Exchanged = {
  readonly request: Buffer
  readonly sends: number
  readonly refused: readonly RefusedReply[]
  readonly elapsedMs: number
  readonly reply:
    | {
        readonly packet: Packet
        readonly datagram: Buffer
        readonly messageAuthenticator: 'valid' | 'absent'
      }
    | undefined
}

export type RequestHeader = {readonly identifier: number; readonly authenticator: Buffer}

export type ExchangePolicy = {readonly timeoutMs: number; readonly retries: number}

export type LineObserver = {
  readonly sent?: (datagram: Buffer, again: boolean) => void
  readonly received?: (datagram: Buffer, refusedAs: string | undefined) => void
}

/**
 * One local port of a NAS: up to 256 requests at once, one for each Identifier. Requests are sent again, octet for
 * octet, when no reply comes; a reply counts only when its authenticators are right (RFC 2865 3, RFC 3579 3.2).
 */
export class RequestLine {
  readonly #world: World
  readonly #transport: Transport
  readonly #key: SharedKey
  readonly #observer: LineObserver
  readonly #pending: (Pending | undefined)[] = Array.from({length: IDENTIFIERS}, () => undefined)
  /** Requests that were given up, by Identifier: an answer to one of them is late. */
  readonly #givenUp: (RequestHeader | undefined)[] = Array.from({length: IDENTIFIERS}, () => undefined)
  #free = IDENTIFIERS
  #next: number
  #late = 0
  #chance: Buffer = Buffer.alloc(0)
  #drawn = 0

  constructor(world: World, transport: Transport, key: SharedKey, observer: LineObserver = {}) {
    this.#world = world
    this.#transport = transport
    this.#key = key
    this.#observer = observer
    this.#next = world.randomBytes(1)[0] ?? 0
    transport.listen({
      received: (datagram) => this.#received(datagram),
      refused: (cause) => this.#unreachable(cause),
    })
  }

  /** Identifiers that are not in use. */
  get free(): number {
    return this.#free
  }

  /** Valid replies to requests that had been given up. */
  get late(): number {
    return this.#late
  }

  /**
   * Sends what `build` makes of a new Identifier and authenticator, and waits; undefined when it makes nothing.
   * The line must have a free Identifier.
   */
  async exchange(
    build: (header: RequestHeader) => Buffer | undefined,
    policy: ExchangePolicy,
  ): Promise<Exchanged | undefined> {
    const identifier = this.#takeIdentifier()
    const authenticator = this.#newAuthenticator()
    const header = {identifier, authenticator}
    const datagram = build(header)
    if (datagram === undefined) {
      this.#free++
      return undefined
    }
    return new Promise((resolve) => {
      const pending: Pending = {
        header,
        datagram,
        policy,
        startedMs: this.#world.monotonicMs(),
        sends: 0,
        refused: [],
        cancel: () => {},
        resolve,
      }
      this.#pending[identifier] = pending
      this.#send(pending)
    })
  }

  /** Ends all that is pending as unanswered and closes the port. */
  async close(): Promise<void> {
    for (const pending of this.#pending) if (pending !== undefined) this.#end(pending, undefined)
    await this.#transport.close()
  }

  /** Sixteen octets of a larger draw: one system call for many requests. */
  #newAuthenticator(): Buffer {
    if (this.#drawn >= this.#chance.length) {
      this.#chance = this.#world.randomBytes(AUTHENTICATORS_DRAWN * AUTHENTICATOR_OCTETS)
      this.#drawn = 0
    }
    this.#drawn += AUTHENTICATOR_OCTETS
    return this.#chance.subarray(this.#drawn - AUTHENTICATOR_OCTETS, this.#drawn)
  }

  #takeIdentifier(): number {
    if (this.#free === 0) throw new Error('no free Identifier on this line')
    while (this.#pending[this.#next] !== undefined) this.#next = (this.#next + 1) % IDENTIFIERS
    const identifier = this.#next
    this.#next = (identifier + 1) % IDENTIFIERS
    this.#free--
    return identifier
  }

  #send(pending: Pending): void {
    pending.sends++
    this.#observer.sent?.(pending.datagram, pending.sends > 1)
    pending.cancel = this.#world.after(pending.policy.timeoutMs, () => {
      if (pending.sends <= pending.policy.retries) this.#send(pending)
      else this.#end(pending, undefined)
    })
    this.#transport.send(pending.datagram)
  }

  #received(datagram: Buffer): void {
    const identifier = datagram[1] ?? -1
    const pending = this.#pending[identifier]
    const header = pending?.header ?? this.#givenUp[identifier]
    if (header === undefined) {
      this.#observer.received?.(datagram, 'nothing was asked with this Identifier')
      return
    }
    const verified = verifyReply(datagram, header, this.#key)
    this.#observer.received?.(datagram, verified.ok ? undefined : verified.reason)
    if (pending === undefined) {
      if (!verified.ok) return
      this.#late++
      this.#givenUp[identifier] = undefined
    } else if (verified.ok) {
      const {packet, messageAuthenticator} = verified
      this.#end(pending, {packet, datagram, messageAuthenticator})
    } else if (pending.refused.length < MAX_REFUSED) {
      pending.refused.push({reason: verified.reason, datagram})
    }
  }

  /** Noted and waited out: the server may be back before the next transmission. */
  #unreachable(cause: string): void {
    for (const pending of this.#pending) {
      if (pending === undefined || pending.refused.some(({reason}) => reason === cause)) continue
      if (pending.refused.length < MAX_REFUSED) pending.refused.push({reason: cause, datagram: Buffer.alloc(0)})
    }
  }

  #end(pending: Pending, reply: Exchanged['reply']): void {
    const {header, datagram, sends, refused} = pending
    pending.cancel()
    this.#pending[header.identifier] = undefined
    this.#givenUp[header.identifier] = reply === undefined ? header : undefined
    this.#free++
    pending.resolve({
      request: datagram,
      sends,
      refused,
      elapsedMs: this.#world.monotonicMs() - pending.startedMs,
      reply,
    })
  }
}

type Pending = {
  readonly header: RequestHeader
  readonly datagram: Buffer
  readonly policy: ExchangePolicy
  readonly startedMs: number
  sends: number
  readonly refused: RefusedReply[]
  cancel: Cancel
  readonly resolve: (exchanged: Exchanged) => void
}

const IDENTIFIERS = 256
const AUTHENTICATOR_OCTETS = 16
const AUTHENTICATORS_DRAWN = 64
/** A peer that sends rubbish is reported, not collected. */
const MAX_REFUSED = 20
