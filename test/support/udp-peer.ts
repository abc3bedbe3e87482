import {createSocket, type Socket} from 'node:dgram'
import type {Endpoint} from '../../src/core/radius/packet.ts'

export type Received = {readonly datagram: Buffer; readonly from: Endpoint}

/** A UDP socket on loopback whose datagrams are awaited one by one: the test plays the other side by hand. */
export class UdpPeer {
  readonly #socket: Socket
  readonly #arrived: Received[] = []
  readonly #awaited: ((received: Received) => void)[] = []

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (datagram, {address, port}) => {
      const received = {datagram, from: {address, port}}
      const waiter = this.#awaited.shift()
      if (waiter === undefined) this.#arrived.push(received)
      else waiter(received)
    })
  }

  static async open(address = '127.0.0.1'): Promise<UdpPeer> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(0, address, resolve)
    })
    return new UdpPeer(socket)
  }

  get endpoint(): Endpoint {
    const {address, port} = this.#socket.address()
    return {address, port}
  }

  /** Datagrams that have arrived and that nobody asked for. */
  get unread(): number {
    return this.#arrived.length
  }

  next(): Promise<Received> {
    const received = this.#arrived.shift()
    return received === undefined ? new Promise((resolve) => this.#awaited.push(resolve)) : Promise.resolve(received)
  }

  send(datagram: Buffer, to: Endpoint): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(datagram, to.port, to.address, (error) => (error ? reject(error) : resolve()))
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()))
  }
}
