import {createSocket, type Socket} from 'node:dgram'
import {once} from 'node:events'
import type {Endpoint} from '../../src/core/radius/packet.ts'

/** How often each happens to a datagram, 0 never and 1 always, and for how long it is on its way. Both directions. */
export type RelayFaults = {
  readonly loss: number
  readonly duplication: number
  /** Held back for `REORDERED_MS` more, so that others overtake it. */
  readonly reorder: number
  readonly delayMs: number
  /** Added to the delay, between nothing and this. */
  readonly jitterMs: number
}

export const noFaults: RelayFaults = {loss: 0, duplication: 0, reorder: 0, delayMs: 0, jitterMs: 0}

const REORDERED_MS = 50

/** A network between a NAS and one or more servers that spoils datagrams, and gives each server its turn. */
export class Relay {
  readonly #front: Socket
  readonly #targets: readonly Endpoint[]
  readonly #flows = new Map<string, Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #turn = 0
  #open = true
  /** May be changed at any time. */
  faults: RelayFaults
  readonly counts = {passed: 0, lost: 0, duplicated: 0, reordered: 0}

  private constructor(front: Socket, targets: readonly Endpoint[], faults: RelayFaults) {
    this.#front = front
    this.#targets = targets
    this.faults = faults
    front.on('message', (datagram, from) => this.#toServer(datagram, from))
  }

  static async open(targets: readonly Endpoint[], faults: RelayFaults = noFaults): Promise<Relay> {
    const front = await boundSocket()
    return new Relay(front, targets, faults)
  }

  get endpoint(): Endpoint {
    const {address, port} = this.#front.address()
    return {address, port}
  }

  async close(): Promise<void> {
    this.#open = false
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all([this.#front, ...this.#flows.values()].map((socket) => closed(socket)))
  }

  /** Packet by packet, as a balancer does that knows nothing of RADIUS: a retransmission may reach another server. */
  #toServer(datagram: Buffer, from: Endpoint): void {
    const at = this.#turn++ % this.#targets.length
    const target = this.#targets[at]
    if (target === undefined) return
    const flow = this.#flowOf(from, at)
    this.#spoil(() => flow.send(datagram, target.port, target.address, ignored))
  }

  /** One port towards each server for each port of the NAS, so that answers find their way back. */
  #flowOf(from: Endpoint, at: number): Socket {
    const key = `${from.address} ${from.port} ${at}`
    const known = this.#flows.get(key)
    if (known !== undefined) return known
    const flow = createSocket({type: 'udp4', recvBufferSize: RECEIVE_BUFFER_OCTETS})
    flow.on('message', (reply) => this.#spoil(() => this.#front.send(reply, from.port, from.address, ignored)))
    flow.on('error', ignored)
    this.#flows.set(key, flow)
    return flow
  }

  #spoil(deliver: () => void): void {
    const {loss, duplication, reorder, delayMs, jitterMs} = this.faults
    if (Math.random() < loss) {
      this.counts.lost++
      return
    }
    const isDoubled = Math.random() < duplication
    if (isDoubled) this.counts.duplicated++
    for (let copy = 0; copy < (isDoubled ? 2 : 1); copy++) {
      const isHeld = Math.random() < reorder
      if (isHeld) this.counts.reordered++
      this.#later(delayMs + Math.random() * jitterMs + (isHeld ? REORDERED_MS : 0), deliver)
    }
  }

  #later(delayMs: number, deliver: () => void): void {
    const pass = () => {
      if (!this.#open) return
      this.counts.passed++
      deliver()
    }
    if (delayMs === 0) {
      pass()
      return
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      pass()
    }, delayMs)
    this.#timers.add(timer)
  }
}

const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024

/** What the network refuses is lost, as on any network. */
function ignored(): void {}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket({type: 'udp4', recvBufferSize: RECEIVE_BUFFER_OCTETS})
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.on('error', ignored)
  return socket
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()))
}
