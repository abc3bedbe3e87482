import type {ServerAddress} from '../radius/client.ts'

/** What the answer to a challenge of the primary server needs: the server that asked, and its State. */
export type Resume = {
  readonly server: ServerAddress
  /** Undefined when the challenge had none (RFC 2865 4.4 allows that). */
  readonly state: Buffer | undefined
}

/** Port (2), length of the host (1), host, length of the address (1, 0 when it is the host), address, State. */
export function encodeResume({server: {host, port, address}, state}: Resume): Buffer {
  const portOctets = Buffer.alloc(2)
  portOctets.writeUInt16BE(port, 0)
  return Buffer.concat([portOctets, text(host), text(address === host ? '' : address), state ?? Buffer.alloc(0)])
}

/** The reverse; undefined for anything `encodeResume` does not make. */
export function decodeResume(octets: Buffer): Resume | undefined {
  if (octets.length < 2) return undefined
  const host = readText(octets, 2)
  const address = host && readText(octets, host.end)
  if (host === undefined || address === undefined || host.text === '') return undefined
  const state = octets.subarray(address.end)
  return {
    server: {host: host.text, port: octets.readUInt16BE(0), address: address.text === '' ? host.text : address.text},
    state: state.length === 0 ? undefined : state,
  }
}

/** A DNS name has at most 253 octets (RFC 1035), so that its length fits one. */
function text(value: string): Buffer {
  const octets = Buffer.from(value, 'utf8')
  return Buffer.concat([Buffer.of(octets.length), octets])
}

function readText(octets: Buffer, at: number): {text: string; end: number} | undefined {
  const length = octets[at]
  if (length === undefined || at + 1 + length > octets.length) return undefined
  return {text: octets.toString('utf8', at + 1, at + 1 + length), end: at + 1 + length}
}
