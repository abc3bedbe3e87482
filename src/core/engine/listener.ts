import type {Log} from '../log/log.ts'
import {ClientTable, type RadiusClient} from '../radius/client-table.ts'
import type {RadiusCounters} from '../radius/counters.ts'
import type {DuplicateCache} from '../radius/duplicate-cache.ts'
import type {LatchStore} from '../radius/latch.ts'
import {Receiver} from '../radius/receiver.ts'
import type {Service} from '../radius/served-request.ts'

/** What the listeners of a process share. */
export type ListenerParts = {
  readonly latches: LatchStore
  readonly duplicates: DuplicateCache
  readonly counters: RadiusCounters
  readonly log: Log
}

/** Requests in work at most for one UDP address, those that wait for a phone included. */
const MAX_PENDING = 20_000

/** One UDP address. What it serves can be exchanged while its requests are in work: they end with what they began with. */
export class Listener {
  readonly name: string
  readonly receiver: Receiver
  #clients: ClientTable
  #service: Service

  constructor(name: string, clients: readonly RadiusClient[], service: Service, parts: ListenerParts) {
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
      maxPending: MAX_PENDING,
    })
  }

  exchange(clients: readonly RadiusClient[], service: Service): void {
    this.#clients = new ClientTable(clients)
    this.#service = service
  }
}
