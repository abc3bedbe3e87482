import {formatEndpoint} from '../network.ts'
import type {World} from '../world.ts'
import {HostAddresses, type Lookup} from './client-names.ts'
import type {Endpoint} from './packet.ts'

/**
 * - alive: takes its turn in the configured order
 * - zombie: a request got no answer; it comes after the ones that are alive, and is being probed
 * - dead: probes got none either; asked for a login only when no other is left
 */
export type ServerState = 'alive' | 'zombie' | 'dead'

/** A dead server that has never answered a probe may not know Status-Server: it gets a login to prove itself after this. */
const FIRST_TRIAL_MS = 60_000
const LONGEST_TRIAL_MS = 600_000

/** One configured server: where it is, and whether it answers. */
export class UpstreamServer {
  readonly host: string
  readonly port: number
  readonly #addresses: HostAddresses
  readonly #world: World
  readonly #stateChanged: (server: UpstreamServer, from: ServerState) => void
  #addressTurn = 0
  #state: ServerState = 'alive'
  #answeredMs = Number.NEGATIVE_INFINITY
  #answersProbes = false
  #trialAfterMs = FIRST_TRIAL_MS
  #deadSinceMs = 0
  #onTrial = false

  constructor(
    {host, port}: {readonly host: string; readonly port: number},
    lookup: Lookup,
    world: World,
    stateChanged: (server: UpstreamServer, from: ServerState) => void,
  ) {
    this.host = host
    this.port = port
    this.#addresses = new HostAddresses(host, lookup, world)
    this.#world = world
    this.#stateChanged = stateChanged
  }

  get state(): ServerState {
    return this.#state
  }

  /** `radius.example.com:1812`, as configured. */
  get name(): string {
    return formatEndpoint({address: this.host, port: this.port})
  }

  /** Where to send now; of several addresses the next one after a turn without an answer. Undefined: does not resolve. */
  async endpoint(): Promise<Endpoint | undefined> {
    const addresses = await this.#addresses.current()
    const address = addresses[this.#addressTurn % Math.max(1, addresses.length)]
    return address === undefined ? undefined : {address, port: this.port}
  }

  /** The given address if it is still one of this server's. */
  async endpointAt(address: string): Promise<Endpoint | undefined> {
    const addresses = await this.#addresses.current()
    return addresses.includes(address) ? {address, port: this.port} : undefined
  }

  /** A valid reply came: to a login, or to a probe. */
  answered(to: 'login' | 'probe'): void {
    this.#answeredMs = this.#world.monotonicMs()
    if (to === 'probe') this.#answersProbes = true
    this.#onTrial = false
    this.#trialAfterMs = FIRST_TRIAL_MS
    this.#become('alive')
  }

  /** A login sent at `sentMs` got no answer in time. That counts only if nothing else was answered since. */
  unanswered(sentMs: number): void {
    if (this.#answeredMs >= sentMs) return
    this.#addressTurn++
    if (this.#state !== 'alive') return
    if (this.#onTrial) this.#die()
    else this.#become('zombie')
  }

  /** Enough probes of a zombie got no answer. */
  probesUnanswered(): void {
    this.#addressTurn++
    if (this.#state === 'zombie') this.#die()
  }

  /** Gives a dead server that may not know Status-Server its next login, more and more rarely. Says whether it did. */
  tryAgain(): boolean {
    if (this.#state !== 'dead' || this.#answersProbes) return false
    if (this.#world.monotonicMs() - this.#deadSinceMs < this.#trialAfterMs) return false
    this.#trialAfterMs = Math.min(this.#trialAfterMs * 2, LONGEST_TRIAL_MS)
    this.#onTrial = true
    this.#become('alive')
    return true
  }

  #die(): void {
    this.#onTrial = false
    this.#deadSinceMs = this.#world.monotonicMs()
    this.#become('dead')
  }

  #become(state: ServerState): void {
    const from = this.#state
    if (from === state) return
    this.#state = state
    this.#stateChanged(this, from)
  }
}

/** The servers a request walks through, in the configured order: those alive, then the zombies; the dead as a last resort. */
export function walkOrder(servers: readonly UpstreamServer[]): UpstreamServer[] {
  const inState = (state: ServerState) => servers.filter((server) => server.state === state)
  const alive = inState('alive')
  return alive.length > 0 ? [...alive, ...inState('zombie')] : [...inState('zombie'), ...inState('dead')]
}
