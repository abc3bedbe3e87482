import {formatEndpoint} from '../network.ts'
import type {LdapOptions} from '../primary/ldap/options.ts'
import {type ConnectFailure, createConnect} from '../primary/ldap/transport.ts'
import {certificateProblem, handshakeFailure, judgeHandshake, type TlsPeer} from './certificates.ts'
import type {DirectoryAt} from './directory-at.ts'
import {failed, type ProbeResult, warning} from './probe.ts'

/** The very connection that logins use; when it fails, another one that takes any certificate, to see which it is. */
export async function probeTls({options, host, context}: DirectoryAt, signal: AbortSignal): Promise<ProbeResult> {
  const nowMs = context.world.wallMs()
  const connection = await createConnect(options)(host.name, signal)
  if (!connection.ok) return explain(connection, options, host.name, nowMs, signal)
  const seen =
    connection.tls === undefined
      ? failed('the connection has no TLS', 'this is a mistake of authproxy; please report it')
      : judgeHandshake(connection.tls, undefined, peerOf(options, host.name), nowMs)
  connection.stream.destroy()
  if (seen.status !== 'ok' || options.verifyHostname) return seen
  const unverified =
    options.caCertificates === undefined
      ? 'nothing about it is verified: anybody on the way can pose as the directory'
      : 'its name is not verified'
  return warning(`${seen.detail}; ${unverified}`, 'set ssl_ca_certs_file and ssl_verify_hostname=true')
}

async function explain(
  failure: ConnectFailure,
  options: LdapOptions,
  host: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const where = formatEndpoint({address: host, port: options.port})
  if (failure.reason === 'aborted') {
    return failed(`${where} has not finished the TLS handshake in time`, 'see whether the server is overloaded')
  }
  if (failure.reason === 'starttls-refused') {
    return failed(
      `${where} does not do StartTLS (${failure.detail})`,
      'the directory needs a certificate of its own first; or use transport=ldaps',
    )
  }
  const code = failure.code ?? ''
  if (failure.reason === 'unreachable' || !isAboutCertificate(code))
    return handshakeFailure(where, code, failure.detail)
  const look = await createConnect({...options, verifyHostname: false, caCertificates: undefined})(host, signal)
  const certificate = look.ok ? look.tls?.getPeerX509Certificate() : undefined
  if (look.ok) look.stream.destroy()
  return certificateProblem(code, certificate, peerOf(options, host), nowMs)
}

function isAboutCertificate(code: string): boolean {
  return /CERT|ISSUER|LEAF_SIGNATURE|ALTNAME/.test(code)
}

function peerOf(options: LdapOptions, host: string): TlsPeer {
  return {
    host,
    trustedBy: options.caCertificates === undefined ? 'the trust store of this system' : 'ssl_ca_certs_file',
    hints: {
      untrusted: "put the certificate of the directory's certificate authority into ssl_ca_certs_file",
      expired: 'renew the certificate on the directory server',
      wrongName: 'put one of these names into host, or give the directory a certificate for this one',
    },
  }
}
