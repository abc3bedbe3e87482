import {isIP, type Socket} from 'node:net'
import {connect as openTls, type SecureContext, type TLSSocket} from 'node:tls'
import {formatEndpoint} from '../network.ts'
import {handshakeFailure, judgeHandshake, type TlsPeer} from './certificates.ts'
import {errorCode} from './network-steps.ts'
import {failed, type ProbeResult} from './probe.ts'

/**
 * Does a handshake on an open connection and judges it. It goes on to its end whatever the certificate, so that a bad
 * one can be shown; nothing is sent over it.
 */
export function probeHandshake(
  tcp: Socket,
  at: {readonly port: number; readonly context: SecureContext; readonly peer: TlsPeer; readonly nowMs: number},
  signal: AbortSignal,
): Promise<ProbeResult> {
  const {peer} = at
  const where = formatEndpoint({address: peer.host, port: at.port})
  return new Promise((resolve) => {
    const tls = openTls({
      socket: tcp,
      host: peer.host,
      secureContext: at.context,
      rejectUnauthorized: false,
      ...(isIP(peer.host) === 0 ? {servername: peer.host} : {}),
    })
    const settle = (result: ProbeResult) => {
      signal.removeEventListener('abort', onAbort)
      tls.destroy()
      tcp.destroy()
      resolve(result)
    }
    const onAbort = () =>
      settle(
        failed(
          `${where} has not finished the TLS handshake in time`,
          'see whether it speaks TLS on this port, and whether a firewall inspects TLS on the way',
        ),
      )
    tls.on('error', (error) => settle(handshakeFailure(where, errorCode(error), error.message)))
    tls.once('close', () => settle(handshakeFailure(where, '', 'the connection was closed')))
    tls.once('secureConnect', () => settle(judgeHandshake(tls, problemOf(tls), peer, at.nowMs)))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, {once: true})
  })
}

/** Node keeps the code of what it found; its types call it an Error. */
function problemOf(tls: TLSSocket): string | undefined {
  if (tls.authorized) return undefined
  return errorCode(tls.authorizationError) || `${tls.authorizationError}`
}
