import {X509Certificate} from 'node:crypto'
import {readFileSync} from 'node:fs'
import type {TLSSocket} from 'node:tls'
import {errorCode} from './network-steps.ts'
import {failed, ok, type ProbeResult, warning} from './probe.ts'

/** Who is spoken to: whose words the hints take. */
export type TlsPeer = {
  /** The name the certificate must be for. */
  readonly host: string
  /** "the system's certificate authorities", "the file /etc/ca.pem". */
  readonly trustedBy: string
  readonly hints: {readonly untrusted: string; readonly expired: string; readonly wrongName: string}
}

const DAY_MS = 86_400_000
/** A certificate with fewer days left is worth a warning. */
const FEW_DAYS = 30

/** What a handshake showed: version, subject, issuer, days left; and what is wrong with it. */
export function judgeHandshake(
  socket: TLSSocket,
  problem: string | undefined,
  peer: TlsPeer,
  nowMs: number,
): ProbeResult {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return failed(`${peer.host} shows no certificate`, 'check what listens there')
  if (problem !== undefined) return certificateProblem(problem, certificate, peer, nowMs)
  const daysLeft = daysUntil(certificate, nowMs)
  const seen = `${socket.getProtocol()}, certificate of ${commonName(certificate.subject)} by ${issuerOf(certificate)}, ${days(daysLeft)} left`
  return daysLeft < FEW_DAYS ? warning(seen, `renew it before ${dateOf(certificate.validTo)}`) : ok(seen)
}

/** Why a certificate is not taken, by the code of OpenSSL or Node. */
export function certificateProblem(
  code: string,
  certificate: X509Certificate | undefined,
  peer: TlsPeer,
  nowMs: number,
): ProbeResult {
  const {host, trustedBy, hints} = peer
  const issuer = certificate === undefined ? 'an unknown authority' : issuerOf(certificate)
  if (code === 'CERT_HAS_EXPIRED') {
    const isLeaf = certificate !== undefined && daysUntil(certificate, nowMs) < 0
    const what = isLeaf
      ? `the certificate of ${host} expired on ${dateOf(certificate.validTo)}`
      : `an authority above the certificate of ${host} has expired`
    return failed(what, hints.expired)
  }
  if (code === 'CERT_NOT_YET_VALID') {
    const from = certificate === undefined ? '' : ` before ${dateOf(certificate.validFrom)}`
    return failed(`the certificate of ${host} is not valid${from}`, "check this machine's clock")
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = certificate === undefined ? 'other names' : namesOf(certificate)
    return failed(`the certificate is for ${names}, not for ${host}`, hints.wrongName)
  }
  if (untrusted.has(code)) {
    return failed(
      `the certificate of ${host} was issued by ${issuer}, which ${trustedBy} does not hold (${code})`,
      hints.untrusted,
    )
  }
  return failed(`the certificate of ${host} is not accepted (${code})`, hints.untrusted)
}

const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** A handshake that did not get as far as a certificate. */
export function handshakeFailure(where: string, code: string, message: string): ProbeResult {
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code)) {
    return failed(`${where} does not speak TLS (${code})`, 'check the port: a clear-text service may listen there')
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS/.test(code)) {
    return failed(`${where} speaks no TLS 1.2 or later (${code})`, 'update the server: older versions are not used')
  }
  if (/HANDSHAKE_FAILURE|NO_SHARED_CIPHER/.test(code)) {
    return failed(`${where} has no cipher in common with us (${code})`, 'see which ciphers the server allows')
  }
  const why = code === '' ? message : code
  return failed(
    `the TLS handshake with ${where} broke off: ${why}`,
    'a firewall may cut TLS, or the server has no certificate',
  )
}

/** The certificates of a PEM file: how many, and those that have expired or soon will. */
export function probePemFile(path: string, nowMs: number): ProbeResult {
  let pem: string
  try {
    pem = readFileSync(path, 'utf8')
  } catch (error) {
    return failed(`${path} cannot be read (${errorCode(error)})`, 'let the account of the service read it')
  }
  const blocks = pem.match(pemBlock) ?? []
  if (blocks.length === 0) return failed(`${path} holds no PEM certificate`, 'name a file of PEM certificates')
  const certificates: X509Certificate[] = []
  for (const [index, block] of blocks.entries()) {
    try {
      certificates.push(new X509Certificate(block))
    } catch {
      return failed(`certificate ${index + 1} of ${path} is damaged`, 'write the file again')
    }
  }
  const count = `${certificates.length} certificate${certificates.length === 1 ? '' : 's'}`
  const gone = certificates.filter((certificate) => daysUntil(certificate, nowMs) < 0)
  const soon = certificates.filter((c) => daysUntil(c, nowMs) >= 0 && daysUntil(c, nowMs) < FEW_DAYS)
  if (gone.length === certificates.length) {
    return failed(`every certificate of ${path} has expired`, 'put the current certificates there')
  }
  const noted = [...gone, ...soon].slice(0, 3).map((c) => `${commonName(c.subject)} (${dateOf(c.validTo)})`)
  if (noted.length === 0) return ok(count)
  return warning(`${count}; expired or soon to expire: ${noted.join(', ')}`, 'replace them before they are needed')
}

const pemBlock = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]*-----END (?:TRUSTED )?CERTIFICATE-----/g

function daysUntil(certificate: X509Certificate, nowMs: number): number {
  return Math.floor((certificate.validToDate.getTime() - nowMs) / DAY_MS)
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`
}

/** "Jan  1 00:00:00 2021 GMT" as a date. */
function dateOf(text: string): string {
  const [, month = '', day = '', year = ''] = /^(\w{3})\s+(\d+) [\d:]+ (\d{4})/.exec(text) ?? []
  return month === '' ? text : `${year}-${`${months.indexOf(month) + 1}`.padStart(2, '0')}-${day.padStart(2, '0')}`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function issuerOf(certificate: X509Certificate): string {
  return commonName(certificate.issuer)
}

/** CN of a name that Node writes as lines, else its last line. */
function commonName(name: string): string {
  const lines = name.split('\n')
  return lines.find((line) => line.startsWith('CN='))?.slice(3) ?? lines.at(-1) ?? name
}

function namesOf(certificate: X509Certificate): string {
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .map((name) => name.replace(/^(DNS|IP Address):/, ''))
    .filter((name) => name !== '')
  if (names.length === 0) return commonName(certificate.subject)
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
}
