import type {Log} from '../log/log.ts'
import {formatEndpoint} from '../network.ts'
import {ClientTable, type RadiusClient} from '../radius/client-table.ts'
import type {RadiusCounters} from '../radius/counters.ts'
import type {DuplicateCache} from '../radius/duplicate-cache.ts'
import type {LatchStore} from '../radius/latch.ts'
import {Receiver} from '../radius/receiver.ts'
import type {PendingLimits, Places} from '../radius/request-places.ts'
import type {Service} from '../radius/served-request.ts'
import {type BoundSocket, WANTED_RECEIVE_BUFFER_OCTETS} from '../radius/server.ts'

/** What the listeners of a process share. */
export type ListenerParts = {
  readonly latches: LatchStore
  readonly duplicates: DuplicateCache
  readonly counters: RadiusCounters
  readonly answersStatus: () => boolean
  readonly log: Log
}

/** For one UDP address; requests that wait for a phone are in work. A fifth is kept for answers to challenges. */
export const PENDING_LIMITS: PendingLimits = {all: 20_000, newLogins: 16_000, newLoginsOfOne: 12_000}

/** Less than some thousand requests of a NAS; Linux counts each as more than twice its size. */
const SMALL_BUFFER_OCTETS = 1024 * 1024

/** Says when a burst would be lost in the system's buffer, which leaves no other trace. */
export function reportSmallBuffer({address, port, receiveBufferOctets: octets}: BoundSocket, log: Log): void {
  if (octets >= SMALL_BUFFER_OCTETS) return
  const listener = formatEndpoint({address, port})
  log.emit('radius.receive-buffer.small', {listener, octets, wantedOctets: WANTED_RECEIVE_BUFFER_OCTETS})
}

/** One UDP address. What it serves can be exchanged while its requests are in work: they end with what they began with. */
export class Listener {
  readonly name: string
  readonly receiver: Receiver
  #clients: ClientTable
  #service: Service

  constructor(name: string, clients: readonly RadiusClient[], service: Service, places: Places, parts: ListenerParts) {
    this.name = name
    this.#clients = new ClientTable(clients)
    this.#service = service
    const clientsNow = () => this.#clients
    this.receiver = new Receiver({
      ...parts,
      listener: name,
      get clients() {
        return clientsNow()
      },
      service: (request) => this.#service(request),
      places,
    })
  }

  exchange(clients: readonly RadiusClient[], service: Service): void {
    this.#clients = new ClientTable(clients)
    this.#service = service
  }
}
