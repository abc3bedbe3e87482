import {formatEndpoint} from '../network.ts'
import type {World} from '../world.ts'
import {HostAddresses, type Lookup} from './client-names.ts'
import type {Endpoint} from './packet.ts'

/**
 * - alive: takes its turn in the configured order
 * - zombie: a login got no answer; it comes after the ones that are alive, and is being probed
 * - dead: probes got none either; asked for a login only when no other is left
 */
export type ServerState = 'alive' | 'zombie' | 'dead'

/** How long a server must wait for its next login after one that was to prove it well was not answered. */
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
  #aliveSinceMs = Number.NEGATIVE_INFINITY
  #answeredMs = Number.NEGATIVE_INFINITY
  /** It is alive on the word of a probe, or of time alone, and has to answer a login yet. */
  #onTrial: 'probe' | 'login' | undefined
  #trialAfterMs = FIRST_TRIAL_MS
  #answersProbes = false
  #probesTrustedFromMs = Number.NEGATIVE_INFINITY
  #loginTrialAtMs = 0

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
    return this.#choose(await this.#addresses.current(), undefined)
  }

  /** The given address if it is still one of this server's. */
  async endpointAt(address: string): Promise<Endpoint | undefined> {
    return this.#choose(await this.#addresses.current(), address)
  }

  /** Either of them at once, as nearly always; 'asking' while the name is being resolved. */
  endpointNow(address: string | undefined): Endpoint | undefined | 'asking' {
    const addresses = this.#addresses.known
    return addresses === undefined ? 'asking' : this.#choose(addresses, address)
  }

  /** A login got a valid reply: nothing is held against it any more. */
  loginAnswered(): void {
    this.#answeredMs = this.#world.monotonicMs()
    this.#onTrial = undefined
    this.#trialAfterMs = FIRST_TRIAL_MS
    this.#probesTrustedFromMs = Number.NEGATIVE_INFINITY
    this.#become('alive')
  }

  /** A server may answer probes and no login, with its directory down: then its probes are not believed for a while. */
  probeAnswered(): void {
    this.#answersProbes = true
    if (this.#state === 'alive' || this.#world.monotonicMs() < this.#probesTrustedFromMs) return
    this.#onTrial = 'probe'
    this.#become('alive')
  }

  /** A login sent at `sentMs` got no answer in time. That tells nothing new if another was answered since. */
  loginUnanswered(sentMs: number): void {
    if (this.#answeredMs >= sentMs) return
    this.#addressTurn++
    if (this.#state !== 'alive' || sentMs < this.#aliveSinceMs) return
    if (this.#onTrial === 'login') this.#die()
    else this.#become('zombie')
    if (this.#onTrial === 'probe') this.#probesTrustedFromMs = this.#nextTrialMs()
    this.#onTrial = undefined
  }

  /** Enough probes of a zombie in a row got no answer. */
  probesUnanswered(): void {
    this.#addressTurn++
    if (this.#state !== 'zombie') return
    this.#probesTrustedFromMs = Number.NEGATIVE_INFINITY
    this.#die()
  }

  /** Gives a dead server that may not know Status-Server its next login, more and more rarely. Says whether it did. */
  tryAgain(): boolean {
    if (this.#state !== 'dead' || this.#answersProbes || this.#world.monotonicMs() < this.#loginTrialAtMs) return false
    this.#onTrial = 'login'
    this.#become('alive')
    return true
  }

  /** `wanted` if it is still among them; else the one whose turn it is. */
  #choose(addresses: readonly string[], wanted: string | undefined): Endpoint | undefined {
    const turn = addresses[this.#addressTurn % Math.max(1, addresses.length)]
    const address = wanted === undefined ? turn : addresses.find((known) => known === wanted)
    return address === undefined ? undefined : {address, port: this.port}
  }

  #die(): void {
    this.#loginTrialAtMs = this.#nextTrialMs()
    this.#become('dead')
  }

  #nextTrialMs(): number {
    const atMs = this.#world.monotonicMs() + this.#trialAfterMs
    this.#trialAfterMs = Math.min(this.#trialAfterMs * 2, LONGEST_TRIAL_MS)
    return atMs
  }

  #become(state: ServerState): void {
    const from = this.#state
    if (from === state) return
    this.#state = state
    if (state === 'alive') this.#aliveSinceMs = this.#world.monotonicMs()
    this.#stateChanged(this, from)
  }
}

/** The servers a request walks through, in the configured order: those alive, then the zombies; the dead as a last resort. */
export function walkOrder(servers: readonly UpstreamServer[]): UpstreamServer[] {
  const inState = (state: ServerState) => servers.filter((server) => server.state === state)
  const alive = inState('alive')
  return alive.length > 0 ? [...alive, ...inState('zombie')] : [...inState('zombie'), ...inState('dead')]
}
