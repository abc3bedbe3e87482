import {createHash, generateKeyPairSync, type KeyObject, sign} from 'node:crypto'
import {isIP, isIPv6} from 'node:net'

/** A certificate with its private key, both PEM. */
export type TlsIdentity = {readonly cert: string; readonly key: string}

export type Validity = {readonly fromMs: number; readonly untilMs: number}

export type CertificateAuthority = {
  /** The authority's own certificate, PEM: what a client must trust. */
  readonly cert: string
  /** A server certificate for these DNS names and IP addresses; the first one is its common name. */
  issue(names: readonly string[], options?: {validity?: Validity}): TlsIdentity
}

/** Certificates are checked by the system's clock, tests run under clocks of their own: so they are good for decades. */
const DECADES: Validity = {fromMs: Date.UTC(2020, 0, 1), untilMs: Date.UTC(2049, 11, 31)}

/** For a certificate that is good but for its date. */
export const EXPIRED: Validity = {fromMs: Date.UTC(2020, 0, 1), untilMs: Date.UTC(2021, 0, 1)}

/** An authority that lives in memory and signs certificates for the fakes (EC P-256; RFC 5280). */
export function createCertificateAuthority(commonName = 'authproxy simulator CA'): CertificateAuthority {
  const {privateKey, publicKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'})
  const issuer = name(commonName)
  const keyId = keyIdentifier(publicKey)
  const own = certificate(privateKey, issuer, issuer, publicKey, DECADES, [
    extension('2.5.29.19', true, sequence(der(0x01, Buffer.from([0xff])))),
    extension('2.5.29.15', true, Buffer.from([0x03, 0x02, 0x01, 0x06])),
    extension('2.5.29.14', false, der(0x04, keyId)),
  ])
  return {
    cert: own,
    issue(names, options = {}) {
      const leaf = generateKeyPairSync('ec', {namedCurve: 'P-256'})
      const cert = certificate(
        privateKey,
        issuer,
        name(names[0] ?? 'localhost'),
        leaf.publicKey,
        options.validity ?? DECADES,
        [
          extension('2.5.29.19', true, sequence()),
          extension('2.5.29.15', true, Buffer.from([0x03, 0x02, 0x07, 0x80])),
          extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
          extension('2.5.29.17', false, sequence(...names.map(generalName))),
          extension('2.5.29.14', false, der(0x04, keyIdentifier(leaf.publicKey))),
          extension('2.5.29.35', false, sequence(der(0x80, keyId))),
        ],
      )
      return {cert, key: leaf.privateKey.export({type: 'pkcs8', format: 'pem'}).toString()}
    },
  }
}

/** RFC 5280 4.1: version 3, ecdsa-with-SHA256. The serial is taken from the key, so that no two are alike. */
function certificate(
  signer: KeyObject,
  issuer: Buffer,
  subject: Buffer,
  publicKey: KeyObject,
  validity: Validity,
  extensions: readonly Buffer[],
): string {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'))
  const serial = Buffer.from(keyIdentifier(publicKey).subarray(0, 16))
  serial[0] = (serial[0] ?? 0) & 0x3f || 1
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    issuer,
    sequence(time(validity.fromMs), time(validity.untilMs)),
    subject,
    publicKey.export({type: 'spki', format: 'der'}),
    der(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', body, signer)
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({type: 'spki', format: 'der'}))
    .digest()
}

function name(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(commonName, 'utf8')))))
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const parts = critical ? [oid(id), der(0x01, Buffer.from([0xff]))] : [oid(id)]
  return sequence(...parts, der(0x04, value))
}

function generalName(text: string): Buffer {
  return isIP(text) === 0 ? der(0x82, Buffer.from(text, 'ascii')) : der(0x87, addressOctets(text))
}

function addressOctets(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({length: 8 - left.length - right.length}, () => '0')
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** UTCTime to 2049 and GeneralizedTime from 2050 on (RFC 5280 4.1.2.5). */
function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14)}Z`
  return Number(digits.slice(0, 4)) < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits))
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const octets = [value & 0x7f]
  for (let left = value >> 7; left > 0; left >>= 7) octets.unshift((left & 0x7f) | 0x80)
  return octets
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function der(tag: number, value: Buffer): Buffer {
  const size = value.length
  if (size < 0x80) return Buffer.concat([Buffer.from([tag, size]), value])
  if (size < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, size]), value])
  return Buffer.concat([Buffer.from([tag, 0x82, size >> 8, size & 0xff]), value])
}
