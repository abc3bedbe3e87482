import {createSocket} from 'node:dgram'
import {isIPv6} from 'node:net'
import {canonicalAddress} from '../network.ts'
import type {Endpoint} from './packet.ts'

/** The address this machine sends from when it sends to `to`, as its routes say; nothing is sent. Undefined without a route. */
export function outboundAddress(to: Endpoint): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(to.address) ? 'udp6' : 'udp4')
    const answer = (address: string | undefined) => {
      socket.removeAllListeners()
      // An error that comes after the answer changes nothing.
      socket.on('error', () => {})
      socket.close()
      resolve(address)
    }
    socket.once('error', () => answer(undefined))
    socket.once('connect', () => answer(canonicalAddress(socket.address().address)))
    socket.connect(to.port, to.address)
  })
}
