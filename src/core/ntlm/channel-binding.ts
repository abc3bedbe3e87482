import {createHash, type X509Certificate} from 'node:crypto'
import {md5} from './hashes.ts'

/**
 * What ties an NTLM login to one TLS connection: the hash of the server's certificate (RFC 5929 4,
 * tls-server-end-point) inside a gss_channel_bindings_struct, hashed again ([MS-NLMP] 3.1.5.1.2). 16 octets.
 */
export function channelBinding(certificate: Pick<X509Certificate, 'raw' | 'signatureAlgorithm'>): Buffer {
  return endPointBinding(createHash(endPointHash(certificate.signatureAlgorithm)).update(certificate.raw).digest())
}

/** The same for a certificate whose hash is known. */
export function endPointBinding(certificateHash: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from('tls-server-end-point:', 'latin1'), certificateHash])
  // no addresses: four zero words, then the length of the application data
  const head = Buffer.alloc(20)
  head.writeUInt32LE(data.length, 16)
  return md5(head, data)
}

/** The hash of the certificate's own signature; SHA-256 in place of MD5 and SHA-1 (RFC 5929 4.1), and where there is none. */
function endPointHash(signatureAlgorithm: string | undefined): 'sha256' | 'sha384' | 'sha512' {
  const name = signatureAlgorithm?.toLowerCase() ?? ''
  if (name.includes('sha384')) return 'sha384'
  return name.includes('sha512') ? 'sha512' : 'sha256'
}
