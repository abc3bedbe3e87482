import type {Report} from '../diagnostic.ts'
import {givenSite} from '../draft.ts'
import type {Whole} from '../whole.ts'

/** Options that name a file which must be there, and what has to be in it. */
const files: {readonly [option: string]: 'CERTIFICATE' | 'PRIVATE KEY'} = {
  ssl_ca_certs_file: 'CERTIFICATE',
  http_ca_certs_file: 'CERTIFICATE',
  state_store_ca_certs_file: 'CERTIFICATE',
  ssl_cert_path: 'CERTIFICATE',
  certs: 'CERTIFICATE',
  ssl_key_path: 'PRIVATE KEY',
  pkey: 'PRIVATE KEY',
}

/** Certificates and keys: is the file there, and is it PEM? */
export function checkFiles({main, sections, context}: Whole, report: Report): void {
  if (!context.resolve) return
  for (const draft of [main, ...sections]) {
    for (const {option, spec, entry, value} of draft.given) {
      const wanted = files[option]
      if (wanted === undefined || typeof value !== 'string' || spec.deprecated !== undefined) continue
      const file = context.readFile(value)
      const reason = !file.ok
        ? file.reason
        : holdsPem(file.octets, wanted)
          ? undefined
          : `holds no PEM ${wanted.toLowerCase()}`
      if (reason !== undefined) report('unreadableFile', givenSite(draft, entry), {key: entry.key, path: value, reason})
    }
  }
}

function holdsPem(octets: Buffer, wanted: string): boolean {
  return new RegExp(`-----BEGIN [A-Z ]*${wanted}-----`).test(octets.toString('latin1'))
}
