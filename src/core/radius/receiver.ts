import {Later} from '../log/event.ts'
import type {Log, LoginReference} from '../log/log.ts'
import {formatEndpoint} from '../network.ts'
import {type Admission, type AdmissionContext, admit} from './admission.ts'
import type {DiscardReason, RadiusCounters} from './counters.ts'
import {dumpReply} from './dump.ts'
import type {DuplicateEntry} from './duplicate-cache.ts'
import {has, showsLatch} from './integrity.ts'
import type {Latch} from './latch.ts'
import {attributeType, type Endpoint, packetCode} from './packet.ts'
import {type FittedReply, replyThatFits} from './reply-that-fits.ts'
import type {PlacedRequest, Places} from './request-places.ts'
import type {ServedRequest, Service, ServiceReply, Unanswered} from './served-request.ts'

/** Sends a datagram back by the socket, or whatever stands for one, that the request came in by. Does not throw. */
export type SendReply = (datagram: Buffer) => void

export type ReceiverOptions = AdmissionContext & {
  readonly log: Log
  readonly counters: RadiusCounters
  readonly service: Service
  /** Whether a Status-Server gets its answer now. */
  readonly answersStatus: () => boolean
  readonly places: Places
}

/**
 * From a datagram to a request that is worth an answer, and from its answer to a datagram. It knows nothing of sockets:
 * tests and simulations hand it datagrams.
 */
export class Receiver {
  readonly #options: ReceiverOptions
  #pending = 0
  readonly #whenIdle: (() => void)[] = []

  constructor(options: ReceiverOptions) {
    this.#options = options
  }

  /** Takes a datagram from `from`, whose octets must not change any more. Does not throw. */
  receive(datagram: Buffer, from: Endpoint, send: SendReply): void {
    this.#options.counters.received++
    const admission = admit(datagram, from, this.#options)
    switch (admission.kind) {
      case 'discard':
        this.#discard(from, admission.reason, admission.detail)
        break
      case 'status':
        this.#answerStatus(admission.request, send)
        break
      case 'duplicate':
        this.#repeat(admission, send)
        break
      case 'serve':
        void this.#serve(admission.request, admission.entry, send)
        break
    }
  }

  /** Requests in work. */
  get pending(): number {
    return this.#pending
  }

  /** Resolves when no request is in work. */
  idle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  /** Never rejects: an exception of the service ends here, and the NAS may try again. */
  async #serve(request: ServedRequest, entry: DuplicateEntry, send: SendReply): Promise<void> {
    const {log, counters, duplicates, places} = this.#options
    const {packet, client, from} = request
    const isNewLogin = !has(packet.attributes, attributeType.state)
    const place: PlacedRequest = {address: from.address, isNewLogin, loginsPerSecond: client.loginsPerSecond}
    const received = this.#telling(request)
    let isPlaced = false
    this.#pending++
    try {
      const asked = places.take(place)
      const full = asked instanceof Promise ? await asked : asked
      if (full !== undefined) {
        duplicates.forget(entry)
        this.#discard(from, 'overloaded', `${full}, no more are taken`)
        return
      }
      isPlaced = true
      counters.requests++
      const answering = this.#options.service(this.#taken(request, entry, received))
      this.#latchMessageAuthenticator(request)
      const answer = await answering
      received(typeof answer !== 'string' && answer.unread === true)
      if (typeof answer === 'string') this.#leaveUnanswered(answer, request, entry)
      else this.#answer(answer, request, entry, send)
    } catch (error) {
      received(false)
      duplicates.forget(entry)
      counters.bugs++
      log.emit('proxy.bug', {where: `a request to [${client.section}]`, error: errorText(error)})
    } finally {
      if (isPlaced) places.free(place)
      this.#pending--
      if (this.#pending === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
    }
  }

  /** Writes of a request that it has come, once: as soon as it is known whether it is somebody's login. */
  #telling({packet, client, from}: ServedRequest): (unread: boolean) => void {
    let isTold = false
    return (unread) => {
      if (isTold) return
      isTold = true
      const {address, port} = from
      const {identifier} = packet
      this.#options.log.emit('radius.request.received', {address, port, identifier, section: client.section, unread})
    }
  }

  /** The request as the service gets it, once it has its place. */
  #taken(request: ServedRequest, entry: DuplicateEntry, received: (unread: boolean) => void): ServedRequest {
    const {packet, client, from, listener, messageAuthenticator} = request
    const identified = (login: LoginReference) => {
      entry.login = login
      received(false)
    }
    return {packet, client, from, listener, messageAuthenticator, identified}
  }

  #answer(draft: ServiceReply, request: ServedRequest, entry: DuplicateEntry, send: SendReply): void {
    const {duplicates} = this.#options
    const {packet, client, from} = request
    const reply = replyThatFits(draft, packet, client.key)
    if (!reply.ok) {
      duplicates.answer(entry, undefined)
      this.#discard(from, 'unanswerable', `no reply fits beside its Proxy-States: ${reply.problem}`)
      return
    }
    duplicates.answer(entry, reply.datagram)
    send(reply.datagram)
    this.#recordReply(draft, reply, request)
    this.#latchProxyState(request, draft.code)
  }

  #recordReply(
    draft: ServiceReply,
    {code, problem, datagram}: FittedReply & {ok: true},
    {packet, from}: ServedRequest,
  ): void {
    const {log, counters} = this.#options
    const to = formatEndpoint(from)
    if (problem !== undefined) {
      counters.shortened++
      log.emit('radius.reply.shortened', {code, drafted: draft.code, to, problem}, draft.login)
    }
    if (code === packetCode.accessAccept) counters.accepts++
    else if (code === packetCode.accessChallenge) counters.challenges++
    else counters.rejects++
    const attributes = new Later(datagram.toString('latin1'), dumpOctets)
    const unread = draft.unread === true
    log.emit('radius.reply.sent', {code, to, identifier: packet.identifier, unread, attributes}, draft.login)
  }

  #leaveUnanswered(how: Unanswered, {packet, from}: ServedRequest, entry: DuplicateEntry): void {
    const {log, counters, duplicates} = this.#options
    if (how === 'later') duplicates.forget(entry)
    else duplicates.answer(entry, undefined)
    counters.silent++
    log.emit('radius.reply.silent', {to: formatEndpoint(from), identifier: packet.identifier})
  }

  #repeat(duplicate: Extract<Admission, {kind: 'duplicate'}>, send: SendReply): void {
    const {log, counters} = this.#options
    const {request, answered, reply, login} = duplicate
    if (answered) counters.duplicatesAnswered++
    else counters.duplicatesPending++
    if (reply !== undefined) send(reply)
    const {address, port} = request.from
    log.emit('radius.duplicate', {address, port, identifier: request.packet.identifier, answered}, login)
  }

  /** RFC 5997 4.1: the reply on the authentication port is an Access-Accept. */
  #answerStatus({packet, client, from}: ServedRequest, send: SendReply): void {
    const {log, counters, answersStatus} = this.#options
    if (!answersStatus()) {
      this.#discard(from, 'not-ready', 'logins cannot work at present (status_server_reflects_health)')
      return
    }
    const reply = replyThatFits({code: packetCode.accessAccept, attributes: []}, packet, client.key)
    if (!reply.ok || reply.code !== packetCode.accessAccept) {
      this.#discard(from, 'unanswerable', 'no reply fits beside its Proxy-States')
      return
    }
    counters.statusServer++
    send(reply.datagram)
    log.emit('radius.status.answered', {from: formatEndpoint(from)})
  }

  #latchMessageAuthenticator({packet, client, from, messageAuthenticator}: ServedRequest): void {
    if (client.requireMessageAuthenticator !== 'auto' || messageAuthenticator !== 'valid') return
    if (showsLatch(packet)) this.#latch('message-authenticator', from.address)
  }

  /**
   * Without a Message-Authenticator it is the right password, hidden with the secret, that shows who sent the request:
   * a stranger who writes the address of another into his packets must not lock that one out.
   */
  #latchProxyState({packet, client, from}: ServedRequest, draftedCode: number): void {
    if (client.limitProxyState !== 'auto' || draftedCode === packetCode.accessReject) return
    if (showsLatch(packet) && !has(packet.attributes, attributeType.proxyState)) {
      this.#latch('proxy-state', from.address)
    }
  }

  #latch(latch: Latch, address: string): void {
    const {log, latches} = this.#options
    if (latches.has(latch, address)) return
    const result = latches.set(latch, address)
    if (result === 'full') log.emit('radius.latches.full', {latch, address})
    else log.emit('radius.latched', {latch, address, result})
  }

  #discard(from: Endpoint, reason: DiscardReason, detail: string): void {
    this.#options.counters.discarded[reason]++
    this.#options.log.emit('radius.discarded', {from: formatEndpoint(from), reason, detail})
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Of an octet a character. */
const dumpOctets = (octets: string) => dumpReply(Buffer.from(octets, 'latin1'))
