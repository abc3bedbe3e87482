import {X509Certificate} from 'node:crypto'
import type {FileRead} from '../config/context.ts'
import type {Config} from '../config/schema.ts'

/** When the certificates in the files of a configuration end; read once, since reading waits for disks. */
export type Certificates = {
  /** Days until the first certificate in each file ends, by its path; negative when it has ended. */
  readonly daysLeft: (nowMs: number) => Iterable<readonly [name: string, days: number]>
}

/** The options that name a file with certificates. */
const certificateOptions = ['http_ca_certs_file', 'ssl_ca_certs_file', 'ssl_cert_path', 'certs']
const DAY_MS = 86_400_000

/** A file without a readable certificate has no figure: `validate` is what says so. */
export function readCertificates(config: Config, readFile: (path: string) => FileRead): Certificates {
  const ends = new Map<string, number>()
  for (const options of [config.main, ...config.sections.map((section) => section.options)]) {
    for (const [key, path] of Object.entries(options)) {
      if (!certificateOptions.includes(key) || typeof path !== 'string' || ends.has(path)) continue
      const file = readFile(path)
      const end = file.ok ? firstEnd(file.octets.toString('latin1')) : undefined
      if (end !== undefined) ends.set(path, end)
    }
  }
  return {
    *daysLeft(nowMs) {
      for (const [name, end] of ends) yield [name, (end - nowMs) / DAY_MS]
    },
  }
}

function firstEnd(pem: string): number | undefined {
  const ends = [...pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)].flatMap(([block]) => {
    try {
      return [new X509Certificate(block).validToDate.getTime()]
    } catch {
      return []
    }
  })
  return ends.length === 0 ? undefined : Math.min(...ends)
}
