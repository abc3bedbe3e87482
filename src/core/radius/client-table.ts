import {compareSpecificity, contains, formatAddress, type Network, parseAddress} from '../network.ts'
import type {SharedKey} from './shared-key.ts'

/** When something is asked of a client: never, always, or once the client has shown that it can (decisions in latch.ts). */
export type LatchPolicy = 'no' | 'yes' | 'auto'

/** A NAS, or a network of them, that one section of the configuration serves. */
export type RadiusClient = {
  /** For the log: the network as it was written. */
  readonly name: string
  readonly section: string
  readonly network: Network
  readonly key: SharedKey
  readonly requireMessageAuthenticator: LatchPolicy
  readonly limitProxyState: LatchPolicy
  /** New logins that each of its addresses may begin in a second; 0 is no limit. */
  readonly loginsPerSecond: number
}

/**
 * The clients of one listening socket, found by the source address of a packet alone: what a packet says of itself
 * (NAS-IP-Address, NAS-Identifier) is an attacker's to write. The smallest network that holds the address wins; of
 * equal ones the first.
 */
export class ClientTable {
  readonly clients: readonly RadiusClient[]
  /** Clients of a single address, by its canonical text. */
  readonly #hosts = new Map<string, RadiusClient>()
  readonly #networks: readonly RadiusClient[]
  /** What the search through the networks found of late, by the text of the source address. */
  readonly #recent = new Map<string, RadiusClient>()

  constructor(clients: readonly RadiusClient[]) {
    this.clients = clients
    for (const client of clients) {
      const {family, first, last} = client.network
      const text = formatAddress({family, value: first})
      if (first === last && !this.#hosts.has(text)) this.#hosts.set(text, client)
    }
    this.#networks = clients
      .filter(({network}) => network.first !== network.last)
      .sort((a, b) => compareSpecificity(a.network, b.network))
  }

  /** The client of a source address, in any of its text forms. */
  lookup(address: string): RadiusClient | undefined {
    return this.#hosts.get(address) ?? this.#recent.get(address) ?? this.#search(address)
  }

  #search(text: string): RadiusClient | undefined {
    const address = parseAddress(text)
    if (address === undefined) return undefined
    const client =
      this.#hosts.get(formatAddress(address)) ?? this.#networks.find(({network}) => contains(network, address))
    if (client === undefined) return undefined
    if (this.#recent.size >= RECENT_ADDRESSES) this.#recent.clear()
    this.#recent.set(text, client)
    return client
  }
}

const RECENT_ADDRESSES = 4096
