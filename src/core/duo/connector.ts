import {isIP, connect as openTcp, type Socket} from 'node:net'
import {connect as openTls, type SecureContext, type TLSSocket} from 'node:tls'
import type {buildConnector} from 'undici'
import type {Secret} from '../secret.ts'
import {deadline, type World} from '../world.ts'
import type {UnavailableReason} from './answer.ts'

export type HttpProxy = {
  readonly host: string
  readonly port: number
  readonly userName: string | undefined
  readonly password: Secret | undefined
}

/** Why there is no connection: which of name, network, HTTP proxy and TLS failed. Its message holds no secret. */
export class ConnectError extends Error {
  readonly reason: UnavailableReason

  constructor(reason: UnavailableReason, message: string) {
    super(message)
    this.name = 'ConnectError'
    this.reason = reason
  }
}

export type Connector = {
  /** As undici wants it: opens one TLS connection, through the proxy when there is one. */
  readonly connect: buildConnector.connector
  /** Ends attempts that are under way. */
  readonly close: () => void
}

const CONNECT_TIMEOUT_MS = 10_000
/** Below the idle limits of common firewalls, so that a long poll's connection is not forgotten. */
const TCP_KEEP_ALIVE_MS = 30_000

export function createConnector(proxy: HttpProxy | undefined, context: SecureContext, world: World): Connector {
  const closing = new AbortController()
  let session: Buffer | undefined

  async function open(host: string, port: number): Promise<TLSSocket> {
    const limit = deadline(world, CONNECT_TIMEOUT_MS, closing.signal)
    try {
      const tcp =
        proxy === undefined ? await direct(host, port, limit.signal) : await tunnel(proxy, host, port, limit.signal)
      tcp.setNoDelay(true)
      tcp.setKeepAlive(true, TCP_KEEP_ALIVE_MS)
      const tls = await secure(tcp, host, context, session, limit.signal)
      tls.on('session', (fresh: Buffer) => {
        session = fresh
      })
      return tls
    } finally {
      limit.release()
    }
  }

  return {
    connect({hostname, port}, callback) {
      const host = hostname.replace(/^\[|\]$/g, '')
      open(host, port === '' ? 443 : Number(port)).then(
        (socket) => callback(null, socket),
        (error) => callback(error instanceof Error ? error : new Error(String(error)), null),
      )
    },
    close: () => closing.abort(new ConnectError('stopped', 'the connections to Duo are closed')),
  }
}

function direct(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = openTcp({host, port})
  return settled(socket, signal, 'connect', (error) => {
    const code = errorCode(error)
    const reason = code === 'ENOTFOUND' || code.startsWith('EAI_') ? 'dns' : 'network'
    return new ConnectError(reason, `no connection to ${host} port ${port}: ${code || error.message}`)
  })
}

/** CONNECT (RFC 9110 9.3.6). Whatever the proxy answers but a tunnel is its own answer, not Duo's. */
export async function tunnel(proxy: HttpProxy, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const authorization = proxyAuthorization(proxy)
  // Loaded where there is a proxy: with it come 2 MB of the HTTP things that Node has for browsers' sake.
  const {request} = await import('node:http')
  const ask = request({
    host: proxy.host,
    port: proxy.port,
    method: 'CONNECT',
    path: target,
    headers: {host: target, ...(authorization === undefined ? {} : {'proxy-authorization': authorization})},
    agent: false,
  })
  return new Promise((resolve, reject) => {
    const fail = (error: ConnectError) => {
      signal.removeEventListener('abort', onAbort)
      ask.destroy()
      reject(error)
    }
    const onAbort = () => fail(aborted(signal))
    signal.addEventListener('abort', onAbort, {once: true})
    ask.on('error', (error) => {
      fail(
        new ConnectError(
          'proxy',
          `no tunnel through the HTTP proxy ${proxy.host} port ${proxy.port}: ${errorCode(error) || error.message}`,
        ),
      )
    })
    ask.once('connect', (response, socket: Socket, head: Buffer) => {
      const status = response.statusCode ?? 0
      if (status < 200 || status > 299 || head.length > 0) {
        const hint = status === 407 ? ' (user name or password of the proxy)' : ''
        socket.destroy()
        fail(new ConnectError('proxy', `the HTTP proxy answered ${status}${hint}`))
        return
      }
      signal.removeEventListener('abort', onAbort)
      resolve(socket)
    })
    if (signal.aborted) onAbort()
    else ask.end()
  })
}

function secure(
  socket: Socket,
  host: string,
  context: SecureContext,
  session: Buffer | undefined,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const tls = openTls({
    socket,
    host,
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 ? {servername: host} : {}),
    ...(session === undefined ? {} : {session}),
  })
  return settled(tls, signal, 'secureConnect', (error) => {
    return new ConnectError('tls', `no TLS with ${host}: ${errorCode(error) || error.message}`)
  })
}

/** Resolves with the socket at `event`; an error or the end of `signal` destroys the socket. */
function settled<Opened extends Socket>(
  socket: Opened,
  signal: AbortSignal,
  event: 'connect' | 'secureConnect',
  explain: (error: Error) => ConnectError,
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const release = () => {
      signal.removeEventListener('abort', onAbort)
      socket.removeListener('error', onError)
      socket.removeListener(event, onEvent)
    }
    const fail = (error: ConnectError) => {
      release()
      // What comes after the decision is nobody's business.
      socket.on('error', () => {})
      socket.destroy()
      reject(error)
    }
    const onError = (error: Error) => fail(explain(error))
    const onAbort = () => fail(aborted(signal))
    const onEvent = () => {
      release()
      resolve(socket)
    }
    socket.once('error', onError)
    socket.once(event, onEvent)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, {once: true})
  })
}

/** `close` aborts with a reason of its own; otherwise it was the deadline. */
function aborted(signal: AbortSignal): ConnectError {
  if (signal.reason instanceof ConnectError) return signal.reason
  return new ConnectError('timeout', `no connection within ${CONNECT_TIMEOUT_MS} ms`)
}

function proxyAuthorization({userName, password}: HttpProxy): string | undefined {
  if (userName === undefined) return undefined
  return `Basic ${Buffer.from(`${userName}:${password?.reveal() ?? ''}`, 'utf8').toString('base64')}`
}

/** Trying both address families gives an AggregateError: its first part says why. */
function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0])
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
