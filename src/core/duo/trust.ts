import {X509Certificate} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {createSecureContext, getCACertificates, rootCertificates, type SecureContext} from 'node:tls'
import {Fault} from '../fault.ts'

/** The PEM certificates of an own CA file, which replaces the system's store. Throws `file-unreadable`. */
export function readCaFile(path: string): string {
  const text = read(path)
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0) throw new Fault('file-unreadable', `${path} holds no PEM certificate`)
  for (const [at, certificate] of certificates.entries()) {
    try {
      // createSecureContext would skip a broken one in silence.
      new X509Certificate(certificate)
    } catch (error) {
      throw new Fault('file-unreadable', `certificate ${at + 1} of ${path} cannot be read`, {cause: error})
    }
  }
  return text
}

/**
 * Whom we believe to be Duo: the given CA certificates alone, else the system's store, else (slim containers have none)
 * the roots that come with Node; to the latter two NODE_EXTRA_CA_CERTS adds. Costs some 50 ms: make one and share it.
 */
export function secureContext(ca: string | undefined): SecureContext {
  return createSecureContext({ca: ca ?? trustedRoots(), minVersion: 'TLSv1.2'})
}

function trustedRoots(): string[] {
  const system = getCACertificates('system')
  return [...new Set([...(system.length > 0 ? system : rootCertificates), ...getCACertificates('extra')])]
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Fault('file-unreadable', `cannot read the CA certificates in ${path}`, {cause: error})
  }
}
