import {createSocket, type Socket as DatagramSocket} from 'node:dgram'
import {connect as connectTcp, isIPv6, type Socket} from 'node:net'
import {connect as connectTls} from 'node:tls'
import {deadline, type World} from '../world.ts'
import type {LinesWritten, LineTarget} from './line-queue.ts'
import type {SyslogTarget} from './syslog.ts'

/** A collector that takes longer than this to take a batch counts as broken. */
const WRITE_MS = 10_000
/** A collector that went away without a word is noticed after a few of these. */
const KEEP_ALIVE_MS = 30_000
/** RFC 5426 3.2: what every receiver over UDP should take. */
const MAX_DATAGRAM_OCTETS = 2048

export function networkSyslogTarget(world: World, target: SyslogTarget): LineTarget {
  return target.transport === 'udp' ? datagramTarget(target) : streamTarget(world, target)
}

function datagramTarget({host, port}: SyslogTarget): LineTarget {
  let socket: DatagramSocket | undefined

  function open(): DatagramSocket {
    const opened = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    opened.unref()
    // An ICMP answer to an earlier message is no reason to end the process.
    opened.on('error', () => {})
    return opened
  }

  return {
    name: `syslog udp://${host}:${port}`,
    write: async (lines): Promise<LinesWritten> => {
      socket ??= open()
      for (const [written, line] of lines.entries()) {
        const problem = await send(socket, Buffer.from(line, 'utf8').subarray(0, MAX_DATAGRAM_OCTETS), host, port)
        if (problem !== undefined) return {ok: false, written, problem}
      }
      return {ok: true}
    },
    close: async () => {
      socket?.close()
      socket = undefined
    },
  }
}

function send(socket: DatagramSocket, octets: Buffer, host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => socket.send(octets, port, host, (error) => resolve(error?.message)))
}

/** TCP and TLS frame each message with its length in octets (RFC 6587 3.4.1, RFC 5425 4.3). */
function streamTarget(world: World, target: SyslogTarget): LineTarget {
  const {transport, host, port} = target
  let socket: Socket | undefined

  async function connected(signal: AbortSignal): Promise<Socket> {
    if (socket !== undefined && !socket.destroyed && socket.writable) return socket
    const opening = open(target)
    socket = opening
    opening.unref()
    opening.setKeepAlive(true, KEEP_ALIVE_MS)
    opening.on('error', () => {})
    // Collectors say nothing; reading keeps the end of the connection from going unnoticed.
    opening.resume()
    await untilEvent(opening, transport === 'tls' ? 'secureConnect' : 'connect', signal)
    return opening
  }

  return {
    name: `syslog ${transport}://${host}:${port}`,
    write: async (lines): Promise<LinesWritten> => {
      const {signal, release} = deadline(world, WRITE_MS)
      try {
        const open = await connected(signal)
        const framed = lines.map((line) => `${Buffer.byteLength(line, 'utf8')} ${line}`).join('')
        await written(open, framed, signal)
        return {ok: true}
      } catch (error) {
        socket?.destroy()
        socket = undefined
        return {ok: false, written: 0, problem: error instanceof Error ? error.message : `${error}`}
      } finally {
        release()
      }
    },
    close: async () => {
      const closing = socket
      socket = undefined
      if (closing === undefined || closing.destroyed) return
      await new Promise<void>((resolve) => closing.once('close', () => resolve()).end())
    },
  }
}

function open({transport, host, port, certificateAuthorities}: SyslogTarget): Socket {
  if (transport === 'tcp') return connectTcp({host, port})
  return connectTls({
    host,
    port,
    minVersion: 'TLSv1.2',
    ...(certificateAuthorities === undefined ? {} : {ca: certificateAuthorities}),
    ...(isIPv6(host) || /^[\d.]+$/.test(host) ? {} : {servername: host}),
  })
}

function written(socket: Socket, text: string, signal: AbortSignal): Promise<void> {
  return settled(socket, signal, (resolve, reject) => {
    socket.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

function untilEvent(socket: Socket, name: string, signal: AbortSignal): Promise<void> {
  return settled(socket, signal, (resolve) => socket.once(name, resolve))
}

/** Ends with the socket's failure or end, or with the signal, whatever the work does. */
function settled(
  socket: Socket,
  signal: AbortSignal,
  work: (resolve: () => void, reject: (error: Error) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => finish(() => reject(new Error('the connection was closed')))
    const onError = (error: Error) => finish(() => reject(error))
    const onAbort = () => finish(() => reject(new Error('no answer in time')))
    function finish(then: () => void): void {
      socket.off('close', onClose).off('error', onError)
      signal.removeEventListener('abort', onAbort)
      then()
    }
    socket.once('close', onClose).once('error', onError)
    signal.addEventListener('abort', onAbort, {once: true})
    work(
      () => finish(resolve),
      (error) => finish(() => reject(error)),
    )
  })
}
