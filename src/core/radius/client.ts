import type {Log} from '../log/log.ts'
import {formatEndpoint} from '../network.ts'
import type {Secret} from '../secret.ts'
import {deadline, Endings, type World} from '../world.ts'
import {judgeReply} from './client-judge.ts'
import {Lanes, type Ticket} from './client-lanes.ts'
import {type Lookup, lookupWithSystem} from './client-names.ts'
import {outboundAddress} from './client-outbound.ts'
import {PendingRequest} from './client-request.ts'
import {type ServerState, UpstreamServer, walkOrder} from './client-servers.ts'
import {type Walk, walkServers, within} from './client-walk.ts'
import {ServerWatches} from './client-watch.ts'
import {AUTHENTICATOR_OCTETS} from './codec.ts'
import {LatchMemory, type LatchStore} from './latch.ts'
import {type Attribute, type Endpoint, type Packet, packetCode} from './packet.ts'
import {revealFromHop} from './pass-through.ts'
import {type SharedKey, sharedKey} from './shared-key.ts'
import {encodeRequest} from './sign.ts'

export type UpstreamClientOptions = {
  /** The section of the configuration, for the log. */
  readonly section: string
  /** In the order they are asked; `host` is a name or an address. */
  readonly servers: readonly {readonly host: string; readonly port: number}[]
  readonly secret: Secret
  /** How often a request is sent again: `retries` 3 means four datagrams at most. */
  readonly retries: number
  readonly retryWaitMs: number
  /** `auto`: a reply without Message-Authenticator is dropped once that server has sent a valid one. */
  readonly requireMessageAuthenticator: 'no' | 'yes' | 'auto'
}

export type UpstreamTrace = (direction: 'sent' | 'received', server: Endpoint, packet: Packet) => void

export type UpstreamClientParts = {
  readonly world: World
  readonly log: Log
  /** Where it is kept which servers sign their replies; left out, until the end of the process. */
  readonly latches?: LatchStore
  readonly lookup?: Lookup
  /** Told every packet that leaves and every reply that is accepted, for dumps. */
  readonly trace?: UpstreamTrace
}

export type RequestDraft = {
  readonly code: number
  /** Whose login this is, for the log; a probe is nobody's and is not logged. */
  readonly userName?: string
  /** The attributes after Message-Authenticator; a password is hidden with the request's own authenticator. */
  readonly attributes: (authenticator: Buffer, key: SharedKey) => readonly Attribute[]
}

/** One of the configured servers and the address it answered from. */
export type ServerAddress = {readonly host: string; readonly port: number; readonly address: string}

/** A verified reply: Accept, Reject or Challenge; to a probe, Accept. */
export type ClientReply = {
  readonly kind: 'reply'
  readonly packet: Packet
  readonly server: ServerAddress
  /** The packet's attributes, those that travel hidden in the clear (see pass-through.ts). */
  readonly revealed: readonly Attribute[]
}

export type ClientResult =
  | ClientReply
  | {readonly kind: 'timeout'}
  /** More requests are under way than there are identifiers, and more wait for one than the queue holds. */
  | {readonly kind: 'busy'}
  | {readonly kind: 'aborted'}
  /** The attributes do not fit a packet of 4096 octets, or one of them an attribute. */
  | {readonly kind: 'too-long'}
  /** No host name could be resolved; or the one server asked for is not among the configured ones any more. */
  | {readonly kind: 'unresolved'}

/** How many requests may wait for an identifier; the number the original has. */
const MAX_QUEUE = 256
const PROBE_WAIT_MS = 2_000
/** Routes change seldom. */
const OUTBOUND_FRESH_MS = 60_000

/**
 * Asks other RADIUS servers. A request goes to the first server; after each `retryWaitMs` without a reply the same
 * datagram goes to the next one, around in a circle, until it was sent `retries` + 1 times. Servers that stopped
 * answering are remembered and probed with Status-Server (RFC 5997) in the background, so that they cost no login time.
 */
export class UpstreamClient {
  readonly #options: UpstreamClientOptions
  readonly #parts: UpstreamClientParts
  readonly #key: SharedKey
  readonly #servers: readonly UpstreamServer[]
  readonly #lanes: Lanes
  readonly #latches: LatchStore
  readonly #endings = new Endings()
  #outbound: {to: string; address: Promise<string | undefined>; untilMs: number} | undefined
  readonly #watches: ServerWatches

  constructor(options: UpstreamClientOptions, parts: UpstreamClientParts) {
    const {world, lookup = lookupWithSystem} = parts
    this.#options = options
    this.#parts = parts
    this.#key = sharedKey(options.secret)
    this.#latches = parts.latches ?? new LatchMemory(world)
    this.#watches = new ServerWatches({
      world,
      probe: async (server, signal) => (await this.#probe([server], signal)).kind === 'reply',
      endings: this.#endings,
    })
    const stateChanged = (server: UpstreamServer, from: ServerState) => this.#stateChanged(server, from)
    this.#servers = options.servers.map((server) => new UpstreamServer(server, lookup, world, stateChanged))
    this.#lanes = new Lanes(world, (from) => this.#discard(from, 'unexpected', 'no request waits for it'))
  }

  /** Asks the servers in turn, or only the one that is given. Never rejects for anything a server or the network does. */
  async request(draft: RequestDraft, signal: AbortSignal, only?: ServerAddress): Promise<ClientResult> {
    const order = only === undefined ? walkOrder(this.#servers) : this.#servers.filter((s) => isAt(s, only))
    const {retries, retryWaitMs} = this.#options
    return this.#ask(draft, signal, {order, sends: retries + 1, waitMs: retryWaitMs, address: only?.address})
  }

  /** Asks one configured server whether it is there (RFC 5997). Not every server knows this question. */
  async probe(server: {readonly host: string; readonly port: number}, signal: AbortSignal): Promise<ClientResult> {
    return this.#probe(
      this.#servers.filter((s) => isAt(s, server)),
      signal,
    )
  }

  /** The address that requests to the first server in turn leave from; undefined while there is no way to it. */
  async outboundAddress(signal: AbortSignal): Promise<string | undefined> {
    const [server] = walkOrder(this.#servers)
    if (server === undefined) return undefined
    const {world} = this.#parts
    const now = server.endpointNow(undefined)
    const to = now === 'asking' ? await within(server.endpoint(), this.#options.retryWaitMs, world, signal) : now
    if (to === undefined) return undefined
    const nowMs = world.monotonicMs()
    if (this.#outbound?.to !== to.address || nowMs >= this.#outbound.untilMs) {
      this.#outbound = {to: to.address, address: outboundAddress(to), untilMs: nowMs + OUTBOUND_FRESH_MS}
    }
    return this.#outbound.address
  }

  /** The servers in configured order and what is thought of them, for `status`. */
  get servers(): readonly {readonly name: string; readonly state: ServerState}[] {
    return this.#servers.map(({name, state}) => ({name, state}))
  }

  /** Ends every wait as aborted and gives the ports back. */
  async close(): Promise<void> {
    this.#endings.end(new Error('the RADIUS client is closed'))
    await this.#lanes.close()
  }

  async #ask(draft: RequestDraft, callerSignal: AbortSignal, limits: Limits): Promise<ClientResult> {
    const {signal, release} = this.#endings.begin(callerSignal)
    try {
      return await this.#askUntil(signal, draft, limits)
    } finally {
      release()
    }
  }

  async #askUntil(signal: AbortSignal, draft: RequestDraft, limits: Limits): Promise<ClientResult> {
    const ticket = (signal.aborted ? undefined : this.#lanes.take()) ?? (await this.#ticket(limits.waitMs, signal))
    if (typeof ticket === 'string') return {kind: ticket}
    try {
      const {world} = this.#parts
      const authenticator = world.randomBytes(AUTHENTICATOR_OCTETS)
      const attributes = draft.attributes(authenticator, this.#key)
      const request: Packet = {code: draft.code, identifier: ticket.identifier, authenticator, attributes}
      const encoded = encodeRequest(request, this.#key, {messageAuthenticator: true})
      if (!encoded.ok) return {kind: 'too-long'}
      const pending = new PendingRequest()
      ticket.listen((datagram, from) => this.#receive(pending, request, datagram, from))
      const walk = {...limits, datagram: encoded.datagram, ticket, pending}
      const end = await walkServers({...walk, onSend: (to) => this.#sent(to, request, draft.userName)}, world, signal)
      if (pending.reply === undefined) return {kind: end === 'replied' ? 'timeout' : end}
      const {packet, server, from} = pending.reply
      const {host, port} = server
      const revealed = revealFromHop(packet.attributes, authenticator, this.#key)
      return {kind: 'reply', packet, server: {host, port, address: from.address}, revealed}
    } finally {
      ticket.release()
    }
  }

  /** An identifier, for which others may have to finish first. */
  async #ticket(waitMs: number, signal: AbortSignal): Promise<Ticket | 'busy' | 'aborted'> {
    const limit = deadline(this.#parts.world, waitMs, signal)
    try {
      for (;;) {
        if (signal.aborted) return 'aborted'
        const ticket = this.#lanes.take()
        if (ticket !== undefined) return ticket
        if (limit.signal.aborted || this.#lanes.waiting >= MAX_QUEUE) return 'busy'
        await this.#lanes.free(limit.signal)
      }
    } finally {
      limit.release()
    }
  }

  /** Whatever is not a true answer to this request is dropped, and the wait goes on. */
  #receive(pending: PendingRequest, request: Packet, datagram: Buffer, from: Endpoint): void {
    const server = pending.askedServer(from)
    if (server === undefined) {
      this.#discard(from, 'unexpected', 'this server was not asked')
      return
    }
    const judged = judgeReply(datagram, request, this.#key, {mustBeSigned: this.#demandsSignature(from.address)})
    if (!judged.ok) {
      this.#discard(from, judged.reason, judged.detail)
      return
    }
    const {packet, messageAuthenticator} = judged
    const isProbe = request.code === packetCode.statusServer
    if (messageAuthenticator === 'valid' && !isProbe) this.#latch(from.address)
    if (isProbe) server.probeAnswered()
    else server.loginAnswered()
    this.#received(from, packet, isProbe)
    pending.accept({packet, server, from})
  }

  #sent(to: Endpoint, request: Packet, userName: string | undefined): void {
    const {log, trace} = this.#parts
    const {section} = this.#options
    const {identifier} = request
    if (userName !== undefined) log.emit('upstream.sent', {section, server: formatEndpoint(to), identifier, userName})
    trace?.('sent', to, request)
  }

  #received(from: Endpoint, packet: Packet, isProbe: boolean): void {
    const {log, trace} = this.#parts
    const {section} = this.#options
    const {identifier, code} = packet
    if (!isProbe) log.emit('upstream.received', {section, server: formatEndpoint(from), identifier, code})
    trace?.('received', from, packet)
  }

  #demandsSignature(address: string): boolean {
    const {requireMessageAuthenticator: policy} = this.#options
    return policy === 'yes' || (policy === 'auto' && this.#latches.has(latch, address))
  }

  /** Not for a reply to a probe: that is signed by every server (RFC 5997 3), whatever it does with logins. */
  #latch(address: string): void {
    if (this.#options.requireMessageAuthenticator !== 'auto' || this.#latches.has(latch, address)) return
    const result = this.#latches.set(latch, address)
    if (result === 'full') this.#parts.log.emit('radius.latches.full', {latch, address})
    else this.#parts.log.emit('radius.latched', {latch, address, result})
  }

  #discard(from: Endpoint, reason: string, detail: string): void {
    this.#parts.log.emit('upstream.discarded', {
      section: this.#options.section,
      server: formatEndpoint(from),
      reason,
      detail,
    })
  }

  #stateChanged(server: UpstreamServer, from: ServerState): void {
    this.#parts.log.emit('upstream.server_state', {
      section: this.#options.section,
      server: server.name,
      from,
      to: server.state,
    })
    if (server.state === 'alive') this.#watches.end(server)
    // A server without a substitute is asked for every login anyway.
    else if (this.#servers.length > 1) this.#watches.begin(server)
  }

  #probe(order: readonly UpstreamServer[], signal: AbortSignal): Promise<ClientResult> {
    const draft = {code: packetCode.statusServer, attributes: () => []}
    return this.#ask(draft, signal, {order, sends: 1, waitMs: PROBE_WAIT_MS, address: undefined})
  }
}

const latch = 'reply-message-authenticator'

type Limits = Pick<Walk, 'order' | 'sends' | 'waitMs' | 'address'>

function isAt(server: UpstreamServer, {host, port}: {readonly host: string; readonly port: number}): boolean {
  return server.host === host && server.port === port
}
