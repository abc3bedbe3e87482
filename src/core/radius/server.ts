import {createSocket, type RemoteInfo, type Socket} from 'node:dgram'
import {Fault} from '../fault.ts'
import type {Log} from '../log/log.ts'
import {canonicalAddress, formatEndpoint} from '../network.ts'
import type {Endpoint} from './packet.ts'
import type {SendReply} from './receiver.ts'

export type UdpServerOptions = {
  readonly log: Log
  /** The IP address to bind; undefined for all of them, IPv4 and IPv6. */
  readonly interface: string | undefined
  /** 0 takes a free port, the same for both families. */
  readonly port: number
  /** Lets other processes of this user listen there as well (SO_REUSEPORT): the kernel gives each of them its share of the clients. */
  readonly shared?: boolean
  /** Gets every datagram, with the source address in canonical form. Does not throw. */
  readonly receive: (datagram: Buffer, from: Endpoint, send: SendReply) => void
}

export type BoundSocket = {
  readonly address: string
  readonly port: number
  /** What the system granted, which may be less than what was asked for, or be counted double (Linux). */
  readonly receiveBufferOctets: number
}

export type UdpServer = {
  readonly sockets: readonly BoundSocket[]
  /** Ends listening. Replies that come after it are dropped. */
  close(): Promise<void>
}

/** Listens on one port of one interface, or of all. Throws a Fault when the address cannot be bound. */
export async function listenUdp(options: UdpServerOptions): Promise<UdpServer> {
  const sockets = await bindSockets(options)
  const closings: (() => Promise<void>)[] = []
  const bound = sockets.map((socket): BoundSocket => {
    const {address, port} = socket.address()
    const receiveBufferOctets = growReceiveBuffer(socket)
    const listener = formatEndpoint({address, port})
    closings.push(serve(socket, listener, options))
    options.log.emit('radius.listening', {listener, receiveBufferOctets})
    return {address, port, receiveBufferOctets}
  })
  return {
    sockets: bound,
    async close() {
      await Promise.all(closings.map((close) => close()))
    },
  }
}

/** Whether this process alone could listen there: throws the Fault of `listenUdp` when not. Gives the port, for port 0. */
export async function probeUdp(options: Omit<UdpServerOptions, 'receive' | 'shared'>): Promise<number> {
  const sockets = await bindSockets(options)
  const port = sockets[0]?.address().port ?? options.port
  await Promise.all(sockets.map(closeSocket))
  return port
}

/** A burst of logins waits here while one is worked on; what does not fit is lost without a trace. */
export const WANTED_RECEIVE_BUFFER_OCTETS = 8 * 1024 * 1024
const FREE_PORT_ATTEMPTS = 5

/** IPv6 is switched off on this machine. */
const NO_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EPROTONOSUPPORT'])

/** Returns the end of it: no datagram is taken any more, and replies that are being sent still leave. */
function serve(socket: Socket, listener: string, {log, receive}: UdpServerOptions): () => Promise<void> {
  let isOpen = true
  let sending = 0
  let onSent = () => {}
  socket.on('error', (error) => log.emit('radius.socket.error', {listener, error: error.message}))
  socket.on('message', (datagram: Buffer, {address, port}: RemoteInfo) => {
    if (!isOpen) return
    receive(datagram, {address: canonical(address), port}, (reply) => {
      if (!isOpen) return
      sending++
      socket.send(reply, port, address, (error) => {
        sending--
        onSent()
        if (error) log.emit('radius.reply.failed', {to: formatEndpoint({address, port}), error: error.message})
      })
    })
  })
  return async () => {
    isOpen = false
    while (sending > 0)
      await new Promise<void>((resolve) => {
        onSent = resolve
      })
    await closeSocket(socket)
  }
}

/** A source address without its zone, and an IPv4 one as such also when it came by an IPv6 socket. */
function canonical(address: string): string {
  if (!address.includes('%') && !address.startsWith('::ffff:')) return address
  return canonicalAddress(address) ?? address
}

async function bindSockets(options: Omit<UdpServerOptions, 'receive'>): Promise<Socket[]> {
  const {interface: address, port, shared = false} = options
  if (address !== undefined) return [await bindOrFault(address, port, {ipv6Only: false, shared})]
  for (let attempt = 1; ; attempt++) {
    const ipv4 = await bindOrFault('0.0.0.0', port, {ipv6Only: false, shared})
    const ipv6 = await bind('::', ipv4.address().port, {ipv6Only: true, shared})
    if (ipv6.ok) return [ipv4, ipv6.socket]
    if (NO_IPV6.has(ipv6.code)) {
      options.log.emit('radius.no-ipv6', {listener: formatEndpoint(ipv4.address()), error: ipv6.code})
      return [ipv4]
    }
    await closeSocket(ipv4)
    // The free port of IPv4 may be taken in IPv6.
    if (port !== 0 || attempt === FREE_PORT_ATTEMPTS) throw bindFault('::', port, ipv6)
  }
}

type BindOptions = {readonly ipv6Only: boolean; readonly shared: boolean}
type Bound = {ok: true; socket: Socket} | {ok: false; code: string; cause: unknown}

async function bindOrFault(address: string, port: number, how: BindOptions): Promise<Socket> {
  const bound = await bind(address, port, how)
  if (bound.ok) return bound.socket
  throw bindFault(address, port, bound)
}

/** An interface that is given as "::" serves IPv4 as well, as it did for the original. */
function bind(address: string, port: number, {ipv6Only, shared}: BindOptions): Promise<Bound> {
  const type = address.includes(':') ? 'udp6' : 'udp4'
  const socket = createSocket({type, ipv6Only, reusePort: shared})
  return new Promise((resolve) => {
    const onError = (cause: Error) => {
      socket.close()
      resolve({ok: false, code: 'code' in cause ? String(cause.code) : 'unknown', cause})
    }
    socket.once('error', onError)
    socket.bind({address, port, exclusive: true}, () => {
      socket.removeListener('error', onError)
      resolve({ok: true, socket})
    })
  })
}

const bindHints: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; is the proxy running already?',
  EADDRNOTAVAIL: 'no interface of this machine has this address',
  EACCES: 'ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)',
}

function bindFault(address: string, port: number, {code, cause}: {code: string; cause: unknown}): Fault {
  const where = formatEndpoint({address, port})
  return new Fault('bind-failed', `cannot listen on UDP ${where} (${code})`, {hint: bindHints[code] ?? '', cause})
}

/** Linux grants what it allows; other systems refuse what is above their limit. */
function growReceiveBuffer(socket: Socket): number {
  for (let octets = WANTED_RECEIVE_BUFFER_OCTETS; octets > socket.getRecvBufferSize(); octets /= 2) {
    try {
      socket.setRecvBufferSize(octets)
      break
    } catch {}
  }
  return socket.getRecvBufferSize()
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(resolve))
}
