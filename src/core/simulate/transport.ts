import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {isIPv6} from 'node:net'
import {Fault} from '../fault.ts'
import type {Endpoint} from '../radius/packet.ts'

/** One local port that sends to one server. Replies and what the network says go to the listener. */
export type Transport = {
  readonly send: (datagram: Buffer) => void
  readonly listen: (listener: TransportListener) => void
  readonly close: () => Promise<void>
}

export type TransportListener = {
  readonly received: (datagram: Buffer) => void
  /** The network said that nobody listens there (ICMP port unreachable), or that there is no way. */
  readonly refused: (cause: string) => void
}

/** A UDP socket of its own, connected, so that only this server's datagrams come in. */
export async function openUdpTransport(server: Endpoint): Promise<Transport> {
  const socket = createSocket({type: isIPv6(server.address) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_OCTETS})
  let listener: TransportListener | undefined
  let closed = false
  socket.on('message', (datagram) => listener?.received(datagram))
  const connected = once(socket, 'connect')
  socket.connect(server.port, server.address)
  try {
    await connected
  } catch (cause) {
    socket.close()
    throw new Fault('name-unresolved', `Cannot send to ${server.address} port ${server.port}`, {cause})
  }
  socket.on('error', (error) => listener?.refused(error.message))
  return {
    send(datagram) {
      if (!closed) socket.send(datagram, onSent)
    },
    listen(added) {
      listener = added
    },
    close() {
      if (closed) return Promise.resolve()
      closed = true
      return new Promise((resolve) => socket.close(() => resolve()))
    },
  }

  function onSent(error: Error | null): void {
    if (error !== null && !closed) listener?.refused(error.message)
  }
}

/** Room for a burst of replies; the kernel gives what it may (net.core.rmem_max). */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024
