import {createSocket, type Socket} from 'node:dgram'
import {isIPv6} from 'node:net'
import {BriefMap} from '../brief-map.ts'
import {canonicalAddress} from '../network.ts'
import type {World} from '../world.ts'
import type {Endpoint} from './packet.ts'

/** Gets every datagram that carries the Identifier it waits for, from whatever source. */
type ReplyHandler = (datagram: Buffer, from: Endpoint) => void

/** An Identifier that is ours on one source port, until it is released. */
export type Ticket = {
  readonly identifier: number
  readonly listen: (onReply: ReplyHandler) => void
  /** `onFailed` is called when the datagram could not leave this machine: no route, or no socket. */
  readonly send: (datagram: Buffer, to: Endpoint, onFailed: () => void) => void
  readonly release: () => void
}

/** Identifiers of one source port (RFC 2865 3: one octet). */
const IDENTIFIERS = 256
/** Source ports of one client: 4096 requests at a time. */
const MAX_LANES = 16

/** Hands out Identifiers, opening more source ports when 256 are in use. */
export class Lanes {
  readonly #world: World
  readonly #onUnexpected: (from: Endpoint) => void
  readonly #lanes: Lane[] = []
  readonly #waiting = new BriefMap<() => void, true>()
  #closed = false

  /** @param onUnexpected called for a datagram that nobody waits for. */
  constructor(world: World, onUnexpected: (from: Endpoint) => void) {
    this.#world = world
    this.#onUnexpected = onUnexpected
  }

  /** Undefined when every Identifier of every source port is in use, or after `close`. */
  take(): Ticket | undefined {
    if (this.#closed) return undefined
    for (const lane of this.#lanes) if (!lane.full) return this.#ticket(lane)
    if (this.#lanes.length >= MAX_LANES) return undefined
    const lane = new Lane(this.#world.randomBytes(1)[0] ?? 0, this.#onUnexpected)
    this.#lanes.push(lane)
    return this.#ticket(lane)
  }

  /** Resolves when an Identifier has come free, at `close`, or with the signal. */
  free(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#waiting.delete(end)
        signal.removeEventListener('abort', end)
        resolve()
      }
      this.#waiting.set(end, true)
      signal.addEventListener('abort', end, {once: true})
    })
  }

  get waiting(): number {
    return this.#waiting.size
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const end of [...this.#waiting.keys()]) end()
    await Promise.all(this.#lanes.splice(0).map((lane) => lane.close()))
  }

  #ticket(lane: Lane): Ticket {
    const identifier = lane.take()
    let released = false
    return {
      identifier,
      listen: (onReply) => lane.listen(identifier, onReply),
      send: (datagram, to, onFailed) => lane.send(datagram, to, onFailed),
      release: () => {
        if (released) return
        released = true
        lane.release(identifier)
        this.#closeIfSpare(lane)
        for (const end of this.#waiting.keys()) return end()
      },
    }
  }

  /** Ports opened for a rush are given back; the first stays, so that a quiet system keeps one port. */
  #closeIfSpare(lane: Lane): void {
    if (!lane.empty || this.#lanes[0] === lane || this.#waiting.size > 0) return
    const index = this.#lanes.indexOf(lane)
    if (index === -1) return
    this.#lanes.splice(index, 1)
    // Nothing waits for its end, and closing a socket cannot fail.
    void lane.close()
  }
}

/** One source port of each address family, opened when first needed, with one set of Identifiers for both. */
class Lane {
  readonly #pending = new BriefMap<number, ReplyHandler | undefined>()
  readonly #onUnexpected: (from: Endpoint) => void
  readonly #sockets = new Map<'udp4' | 'udp6', Socket>()
  #next: number

  constructor(firstIdentifier: number, onUnexpected: (from: Endpoint) => void) {
    this.#next = firstIdentifier
    this.#onUnexpected = onUnexpected
  }

  get full(): boolean {
    return this.#pending.size >= IDENTIFIERS
  }

  get empty(): boolean {
    return this.#pending.size === 0
  }

  /** The least recently used free Identifier, so that a late reply meets nobody. */
  take(): number {
    while (this.#pending.has(this.#next)) this.#next = (this.#next + 1) % IDENTIFIERS
    const identifier = this.#next
    this.#next = (this.#next + 1) % IDENTIFIERS
    this.#pending.set(identifier, undefined)
    return identifier
  }

  listen(identifier: number, onReply: ReplyHandler): void {
    this.#pending.set(identifier, onReply)
  }

  release(identifier: number): void {
    this.#pending.delete(identifier)
  }

  send(datagram: Buffer, to: Endpoint, onFailed: () => void): void {
    const socket = this.#socket(isIPv6(to.address) ? 'udp6' : 'udp4')
    socket.send(datagram, to.port, to.address, (error) => {
      if (error) onFailed()
    })
  }

  async close(): Promise<void> {
    const sockets = [...this.#sockets.values()]
    this.#sockets.clear()
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
  }

  #socket(family: 'udp4' | 'udp6'): Socket {
    const open = this.#sockets.get(family)
    if (open !== undefined) return open
    const socket = createSocket({type: family, ipv6Only: family === 'udp6'})
    socket.on('message', (datagram, {address, port}) => {
      const from = {address: canonicalAddress(address) ?? address, port}
      const [, identifier] = datagram
      const handler = identifier === undefined ? undefined : this.#pending.get(identifier)
      if (handler === undefined) this.#onUnexpected(from)
      else handler(datagram, from)
    })
    // What goes wrong with one datagram is told to its own callback; a port that cannot be opened is tried anew next time.
    socket.on('error', () => {
      if (this.#sockets.get(family) !== socket) return
      this.#sockets.delete(family)
      socket.close()
    })
    this.#sockets.set(family, socket)
    return socket
  }
}
