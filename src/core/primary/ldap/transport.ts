import {X509Certificate} from 'node:crypto'
import {isIP, type Socket, connect as tcpConnect} from 'node:net'
import type {Duplex} from 'node:stream'
import {
  type ConnectionOptions,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
  connect as tlsConnect,
} from 'node:tls'
import {Fault} from '../../fault.ts'
import {LdapSession} from './session.ts'

export type TransportOptions = {
  readonly transport: 'clear' | 'starttls' | 'ldaps'
  readonly port: number
  /** PEM text of the authorities to trust; undefined: the system's, or nobody when names are not verified either. */
  readonly caCertificates: string | undefined
  readonly verifyHostname: boolean
  readonly verifyDepth: number
}

export type Connection = {
  readonly ok: true
  readonly stream: Duplex
  /** The TLS layer, for channel binding; undefined in clear. */
  readonly tls: TLSSocket | undefined
}

export type ConnectFailure = {
  readonly ok: false
  readonly reason: 'unreachable' | 'tls' | 'starttls-refused' | 'aborted'
  readonly detail: string
  /** The system's, OpenSSL's or Node's own word for it, where there is one. */
  readonly code?: string
}

export type Connect = (host: string, signal: AbortSignal) => Promise<Connection | ConnectFailure>

/** Opens connections as the options say. The certificates are parsed once, here; a `Fault` says when they cannot be. */
export function createConnect(options: TransportOptions): Connect {
  const context = options.transport === 'clear' ? undefined : trust(options.caCertificates)
  return async (host, signal) => {
    const socket = await settled(
      tcpConnect({host, port: options.port, noDelay: true, keepAlive: true}),
      'connect',
      signal,
    )
    if (!socket.ok) return {ok: false, reason: socket.aborted ? 'aborted' : 'unreachable', detail: socket.detail}
    if (context === undefined) return {ok: true, stream: socket.stream, tls: undefined}
    const plain = options.transport === 'starttls' ? await startTls(socket.stream, signal) : socket
    if (!plain.ok) return plain
    // the TLS layer reports what happens below it; without a listener here it would be an uncaught error as well
    plain.stream.on('error', () => {})
    const secure = await settled(tlsConnect(tlsOptions(host, plain.stream, context, options)), 'secureConnect', signal)
    if (!secure.ok) {
      plain.stream.destroy()
      return {ok: false, reason: secure.aborted ? 'aborted' : 'tls', detail: secure.detail, code: secure.code}
    }
    if (!isTooDeep(secure.stream, options)) return {ok: true, stream: secure.stream, tls: secure.stream}
    secure.stream.destroy()
    return {ok: false, reason: 'tls', detail: 'the chain of certificates is longer than ssl_verify_depth allows'}
  }
}

function trust(caCertificates: string | undefined): SecureContext {
  return createSecureContext(caCertificates === undefined ? {} : {ca: [...certificatesIn(caCertificates)]})
}

const pemCertificate = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]*-----END (?:TRUSTED )?CERTIFICATE-----/g

/** Each certificate is read here, since a TLS context takes what it cannot read for an empty list. */
function certificatesIn(pem: string): readonly string[] {
  const blocks = pem.match(pemCertificate) ?? []
  const bad = (detail: string, cause?: unknown) =>
    new Fault('config-invalid', `the trusted authorities (ssl_ca_certs_file) cannot be used: ${detail}`, {cause})
  if (blocks.length === 0) throw bad('there is no PEM certificate')
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block)
    } catch (cause) {
      throw bad(`certificate ${index + 1} is damaged`, cause)
    }
  }
  return blocks
}

/**
 * TLS 1.2 at least (Node's own floor). Without name check a given authority must still have issued the certificate;
 * without either nothing is verified, as the administrator asked.
 */
function tlsOptions(
  host: string,
  socket: Duplex,
  context: SecureContext,
  options: TransportOptions,
): ConnectionOptions {
  return {
    socket,
    host,
    secureContext: context,
    // a server name must not be an address (RFC 6066 3); certificates with addresses are checked against `host`
    ...(isIP(host) === 0 ? {servername: host} : {}),
    rejectUnauthorized: verifiesChain(options),
    ...(options.verifyHostname ? {} : {checkServerIdentity: () => undefined}),
  }
}

/** Node has no option for the depth, so the chain it found is counted afterwards. */
function isTooDeep(stream: TLSSocket, options: TransportOptions): boolean {
  return verifiesChain(options) && chainDepth(stream.getPeerCertificate(true)) > options.verifyDepth
}

type Link = {readonly fingerprint256: string; readonly issuerCertificate?: Link}

/** How many certificates stand between the server's and the one that ends its chain, which names itself as issuer. */
export function chainDepth(certificate: Link): number {
  const seen = new Set<string>()
  for (let link: Link | undefined = certificate; link !== undefined; link = link.issuerCertificate) {
    if (seen.has(link.fingerprint256)) break
    seen.add(link.fingerprint256)
  }
  return Math.max(0, seen.size - 2)
}

function verifiesChain(options: TransportOptions): boolean {
  return options.verifyHostname || options.caCertificates !== undefined
}

async function startTls(socket: Socket, signal: AbortSignal): Promise<{ok: true; stream: Duplex} | ConnectFailure> {
  const session = new LdapSession(socket)
  const answer = await session.startTls(signal)
  if (answer.kind === 'no-answer') {
    const reason = answer.reason === 'aborted' ? 'aborted' : 'unreachable'
    return {ok: false, reason, detail: `StartTLS: ${answer.detail}`}
  }
  if (answer.result.code !== 0) {
    session.close()
    return {ok: false, reason: 'starttls-refused', detail: `StartTLS: ${answer.result.code} ${answer.result.message}`}
  }
  const stream = session.detach()
  if (stream !== undefined) return {ok: true, stream}
  session.close()
  return {ok: false, reason: 'tls', detail: 'StartTLS: octets came in clear after the answer'}
}

type Settled<Stream> = {ok: true; stream: Stream} | {ok: false; aborted: boolean; detail: string; code: string}

/** Waits for the event that says the stream is up, for its error, or for the signal, whichever comes first. */
function settled<Stream extends Duplex>(stream: Stream, event: string, signal: AbortSignal): Promise<Settled<Stream>> {
  return new Promise((resolve) => {
    const finish = (outcome: Settled<Stream>) => {
      stream.off(event, onUp)
      stream.off('error', onError)
      stream.off('close', onClose)
      signal.removeEventListener('abort', onAbort)
      if (!outcome.ok) {
        stream.on('error', () => {})
        stream.destroy()
      }
      resolve(outcome)
    }
    const onUp = () => finish({ok: true, stream})
    const onError = (error: NodeJS.ErrnoException) =>
      finish({ok: false, aborted: false, detail: errorText(error), code: error.code ?? ''})
    const onClose = () => finish({ok: false, aborted: false, detail: 'the server closed the connection', code: ''})
    const onAbort = () => finish({ok: false, aborted: true, detail: abortText(signal), code: ''})
    stream.on(event, onUp)
    stream.on('error', onError)
    stream.on('close', onClose)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, {once: true})
  })
}

/** Several addresses of one name fail as an AggregateError whose own text is empty. */
function errorText(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((e) => (e instanceof Error ? e.message : '')).join('; ')
  return error.message || error.name
}

function abortText(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : 'aborted'
}
