import type {PrimaryRejectReason} from '../../login/primary-authenticator.ts'
import type {World} from '../../world.ts'
import type {Bind, BindOutcome, Credentials} from './bind.ts'
import type {Control, Entry, LdapResult, SearchRequest} from './message.ts'
import {type Opened, Pool} from './pool.ts'
import {rejectReason, resultCode, resultText} from './reasons.ts'
import type {ServiceAccountGuard} from './service-account-guard.ts'
import {LdapSession, type SearchAnswer} from './session.ts'
import type {Connect} from './transport.ts'

/** Why a host is of no use to this login; another may be. */
export type HostFailure = {
  readonly kind: 'failure'
  readonly reason:
    | 'down'
    /** It works, but refuses what we ask. */
    | 'answered'
    /** It wants TLS or signing. */
    | 'needs-protection'
    | 'service-account'
    /** All our connections to it are in use: that says nothing of the host. */
    | 'busy'
    | 'aborted'
  readonly detail: string
  /** Of a service account that was refused just now: why, as exactly as the server says it. */
  readonly account?: PrimaryRejectReason
}

export type Found = {readonly kind: 'found'; readonly entries: readonly Entry[]}

export type UserBind =
  | {readonly kind: 'accepted'; readonly controls: readonly Control[]}
  | {readonly kind: 'refused'; readonly result: LdapResult; readonly controls: readonly Control[]}
  /** The password was sent and nobody knows what became of it. It must not be sent again. */
  | {readonly kind: 'unknown'; readonly detail: string}
  | HostFailure

export type DirectoryHostOptions = {
  readonly name: string
  readonly connect: Connect
  readonly serviceBind: Bind
  readonly userBind: Bind
  readonly serviceAccount: Credentials
  readonly guard: ServiceAccountGuard
  /** After a simple bind the connection is good for the next one; other binds leave layers behind. */
  readonly keepUserConnections: boolean
}

/** Far above what one login room asks at a time, far below what a domain controller allows (5000). */
const MAX_CONNECTIONS = 64
/** What so many connections get through within the default time limit when each login takes them 80 ms. */
const MAX_WAITING = 8000
const IDLE_MS = 60_000

/**
 * One server and the connections kept to it, in two pools that never mix: connections bound as the service account,
 * on which only searches are made, and connections on which only users are bound.
 */
export class DirectoryHost {
  readonly name: string
  readonly #options: DirectoryHostOptions
  readonly #searches: Pool<HostFailure>
  readonly #userBinds: Pool<HostFailure>

  constructor(options: DirectoryHostOptions, world: World) {
    this.name = options.name
    this.#options = options
    const limits = {max: MAX_CONNECTIONS, maxWaiting: MAX_WAITING, idleMs: IDLE_MS}
    this.#searches = new Pool((signal) => this.#openService(signal), limits, world)
    this.#userBinds = new Pool((signal) => this.#openPlain(signal), limits, world)
  }

  /** Searches as the service account. A kept connection that the server has dropped meanwhile is replaced, once. */
  async search(search: SearchRequest, signal: AbortSignal): Promise<Found | HostFailure> {
    const first = await this.#searchOnce(search, signal, false)
    const answer = first === 'stale' ? await this.#searchOnce(search, signal, true) : first
    if (answer === 'stale') return down('the server closed two connections in a row')
    if (answer.kind === 'failure') return answer
    if (answer.kind === 'no-answer') return noAnswer(answer, signal)
    return searchOutcome(answer.result, answer.entries)
  }

  /** Binds as the user: at most one bind request with this password leaves this machine. */
  async bindUser(who: Credentials, signal: AbortSignal): Promise<UserBind> {
    const lease = await this.#userBinds.take(signal)
    if (!lease.ok) return leaseFailure(lease.failure, signal)
    const outcome = await this.#options.userBind(lease.session, this.name, who, signal)
    if (outcome.kind === 'bound' && !this.#options.keepUserConnections) outcome.session.close()
    if (!this.#options.keepUserConnections) lease.session.close()
    this.#userBinds.give(lease.session)
    return userBind(outcome, signal)
  }

  /** Whether the host can serve a login: connects and binds as the service account. The connection is kept. */
  async probe(signal: AbortSignal): Promise<HostFailure | undefined> {
    const lease = await this.#searches.takeFresh(signal)
    if (!lease.ok) return leaseFailure(lease.failure, signal)
    this.#searches.give(lease.session)
    return undefined
  }

  /** Whether a connection comes about, TLS included; nothing is bound on it, and it is closed. */
  async tryConnect(signal: AbortSignal): Promise<HostFailure | undefined> {
    const opened = await this.#openPlain(signal)
    if (!opened.ok) return opened.failure
    opened.session.close()
    return undefined
  }

  close(): void {
    this.#searches.close()
    this.#userBinds.close()
  }

  async #searchOnce(
    search: SearchRequest,
    signal: AbortSignal,
    fresh: boolean,
  ): Promise<SearchAnswer | HostFailure | 'stale'> {
    const lease = fresh ? await this.#searches.takeFresh(signal) : await this.#searches.take(signal)
    if (!lease.ok) return leaseFailure(lease.failure, signal)
    const answer = await lease.session.search(search, signal)
    this.#searches.give(lease.session)
    return answer.kind === 'no-answer' && answer.reason === 'closed' && !lease.fresh ? 'stale' : answer
  }

  async #openPlain(signal: AbortSignal): Promise<Opened<HostFailure>> {
    const connection = await this.#options.connect(this.name, signal)
    if (connection.ok) return {ok: true, session: new LdapSession(connection.stream, connection.tls)}
    return {ok: false, failure: connection.reason === 'aborted' ? aborted(signal) : down(connection.detail)}
  }

  async #openService(signal: AbortSignal): Promise<Opened<HostFailure>> {
    const blocked = this.#options.guard.blocked()
    if (blocked !== undefined) return {ok: false, failure: serviceAccountFailure(blocked)}
    const opened = await this.#openPlain(signal)
    if (!opened.ok) return opened
    const leave = await this.#options.guard.enter(signal)
    const bound = await this.#bindService(opened.session, signal).finally(leave)
    if (!bound.ok) opened.session.close()
    return bound
  }

  async #bindService(session: LdapSession, signal: AbortSignal): Promise<Opened<HostFailure>> {
    // the one before in the queue may have been refused
    const blocked = this.#options.guard.blocked()
    if (blocked !== undefined) return {ok: false, failure: serviceAccountFailure(blocked)}
    const outcome = await this.#options.serviceBind(session, this.name, this.#options.serviceAccount, signal)
    if (outcome.kind === 'bound') {
      this.#options.guard.accepted()
      return {ok: true, session: outcome.session}
    }
    if (outcome.kind !== 'refused') return {ok: false, failure: bindFailure(outcome, signal)}
    const detail = resultText(outcome.result)
    this.#options.guard.refused(this.name, detail)
    return {
      ok: false,
      failure: {...serviceAccountFailure(detail), account: rejectReason(outcome.result, outcome.controls)},
    }
  }
}

function userBind(outcome: BindOutcome, signal: AbortSignal): UserBind {
  if (outcome.kind === 'bound') return {kind: 'accepted', controls: outcome.controls}
  if (outcome.kind === 'refused') return outcome
  if (outcome.kind === 'no-answer' && outcome.sent) return {kind: 'unknown', detail: outcome.detail}
  return bindFailure(outcome, signal)
}

function bindFailure(outcome: Exclude<BindOutcome, {kind: 'bound' | 'refused'}>, signal: AbortSignal): HostFailure {
  if (outcome.kind === 'no-answer') return noAnswer(outcome, signal)
  if (outcome.kind === 'protocol') return {kind: 'failure', reason: 'answered', detail: outcome.detail}
  const {code} = outcome.result
  if (code === resultCode.busy || code === resultCode.unavailable) return down(resultText(outcome.result))
  const unprotected = code === resultCode.strongerAuthRequired || code === resultCode.confidentialityRequired
  return {
    kind: 'failure',
    reason: unprotected ? 'needs-protection' : 'answered',
    detail: resultText(outcome.result),
  }
}

function searchOutcome(result: LdapResult, entries: readonly Entry[]): Found | HostFailure {
  if (result.code === resultCode.success || result.code === resultCode.sizeLimitExceeded)
    return {kind: 'found', entries}
  if (result.code === resultCode.busy || result.code === resultCode.unavailable) return down(resultText(result))
  return {kind: 'failure', reason: 'answered', detail: `search: ${resultText(result)}`}
}

function noAnswer(
  answer: {reason: 'closed' | 'aborted' | 'malformed'; detail: string},
  signal: AbortSignal,
): HostFailure {
  return answer.reason === 'aborted' ? aborted(signal) : down(answer.detail)
}

function leaseFailure(failure: HostFailure | 'aborted' | 'busy', signal: AbortSignal): HostFailure {
  if (failure === 'aborted') return aborted(signal)
  if (failure !== 'busy') return failure
  return {kind: 'failure', reason: 'busy', detail: `all ${MAX_CONNECTIONS} connections are in use`}
}

function serviceAccountFailure(detail: string): HostFailure {
  return {kind: 'failure', reason: 'service-account', detail}
}

function down(detail: string): HostFailure {
  return {kind: 'failure', reason: 'down', detail}
}

function aborted(signal: AbortSignal): HostFailure {
  const detail = signal.reason instanceof Error ? signal.reason.message : 'aborted'
  return {kind: 'failure', reason: 'aborted', detail}
}
