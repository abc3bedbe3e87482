import type {LoginReference} from '../log/log.ts'
import type {ClientTable} from './client-table.ts'
import {decodePacket} from './codec.ts'
import type {DiscardReason} from './counters.ts'
import type {DuplicateCache, DuplicateEntry} from './duplicate-cache.ts'
import {checkIntegrity} from './integrity.ts'
import type {LatchStore} from './latch.ts'
import {type Endpoint, packetCode} from './packet.ts'
import type {ServedRequest} from './served-request.ts'

/** What becomes of a datagram before anybody looks at who wants to log in. */
export type Admission =
  | {readonly kind: 'discard'; readonly reason: DiscardReason; readonly detail: string}
  | {readonly kind: 'status'; readonly request: ServedRequest}
  /** A retransmission: `reply` goes again if there is one. */
  | {
      readonly kind: 'duplicate'
      readonly request: ServedRequest
      readonly answered: boolean
      readonly reply: Buffer | undefined
      readonly login: LoginReference | undefined
    }
  | {readonly kind: 'serve'; readonly request: ServedRequest; readonly entry: DuplicateEntry}

export type AdmissionContext = {
  readonly listener: string
  readonly clients: ClientTable
  readonly latches: LatchStore
  readonly duplicates: DuplicateCache
}

/** The ladder every datagram climbs: client, structure, code, integrity, duplicate. A step decides, or passes on. */
export function admit(datagram: Buffer, from: Endpoint, context: AdmissionContext): Admission {
  const {listener, clients, latches, duplicates} = context

  const client = clients.lookup(from.address)
  if (client === undefined) return discard('unknown-source', 'no client has this address')

  const decoded = decodePacket(datagram)
  if (!decoded.ok) return discard('malformed', `malformed at offset ${decoded.offset} (${decoded.reason})`)
  const {packet} = decoded

  // Before integrity: what a Message-Authenticator covers is another thing for other codes (RFC 2866, RFC 5176).
  const {code} = packet
  if (code !== packetCode.accessRequest && code !== packetCode.statusServer) {
    return discard('code-not-served', `packets of code ${code} are not served`)
  }

  const integrity = checkIntegrity(datagram, packet, client, from.address, latches)
  if (!integrity.ok) return discard(integrity.reason, integrity.detail)
  const {messageAuthenticator} = integrity
  const request: ServedRequest = {packet, client, from, listener, messageAuthenticator}

  // A Status-Server is answered on the spot, and again if it comes again (RFC 5997 4.2).
  if (code === packetCode.statusServer) return {kind: 'status', request}

  // Last, so that a forged packet never touches what is remembered of a real one.
  const arrival = duplicates.arrive(datagram, from, listener)
  if (arrival.kind === 'new') return {kind: 'serve', request, entry: arrival.entry}
  const answered = arrival.kind === 'answered'
  return {kind: 'duplicate', request, answered, reply: answered ? arrival.reply : undefined, login: arrival.login}
}

function discard(reason: DiscardReason, detail: string): Admission {
  return {kind: 'discard', reason, detail}
}
