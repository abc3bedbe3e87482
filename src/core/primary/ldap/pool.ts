import {BriefMap} from '../../brief-map.ts'
import type {Cancel, World} from '../../world.ts'
import type {LdapSession} from './session.ts'

export type Opened<Failure> =
  | {readonly ok: true; readonly session: LdapSession}
  | {readonly ok: false; readonly failure: Failure}

export type Lease<Failure> =
  | {
      readonly ok: true
      readonly session: LdapSession
      /** False when the connection was kept from an earlier use: the server may have forgotten it meanwhile. */
      readonly fresh: boolean
    }
  /** `busy`: all connections are lent, and too many wait for one, or none came free before the signal. */
  | {readonly ok: false; readonly failure: Failure | 'aborted' | 'busy'}

export type PoolLimits = {
  readonly max: number
  /** Users who may wait for a connection; the next one is turned away at once. */
  readonly maxWaiting: number
  /** Kept connections are closed when unused for this long: firewalls drop idle flows silently. */
  readonly idleMs: number
}

/**
 * Connections for one purpose and one identity, each lent to one user at a time. The last one given back is lent
 * first, so that what is too many falls idle and is closed.
 */
export class Pool<Failure> {
  readonly #open: (signal: AbortSignal) => Promise<Opened<Failure>>
  readonly #limits: PoolLimits
  readonly #world: World
  readonly #idle: {session: LdapSession; sinceMs: number}[] = []
  readonly #lent = new Set<LdapSession>()
  readonly #waiting = new BriefMap<() => void, true>()
  #opening = 0
  #sweep: Cancel | undefined
  readonly #closing = new AbortController()

  constructor(open: (signal: AbortSignal) => Promise<Opened<Failure>>, limits: PoolLimits, world: World) {
    this.#open = open
    this.#limits = limits
    this.#world = world
  }

  get size(): number {
    return this.#idle.length + this.#lent.size + this.#opening
  }

  /** Lends a connection: a kept one, or a new one when there are fewer than `max`, or else the next given back. */
  async take(signal: AbortSignal): Promise<Lease<Failure>> {
    for (let hasWaited = false; ; hasWaited = true) {
      if (this.#closing.signal.aborted || signal.aborted) {
        // a turn that comes too late for this one goes to the next
        this.#wakeOne()
        return {ok: false, failure: hasWaited && !this.#closing.signal.aborted ? 'busy' : 'aborted'}
      }
      const kept = this.#takeIdle()
      if (kept !== undefined) return {ok: true, session: kept, fresh: false}
      if (this.size < this.#limits.max) return this.#takeNew(signal)
      // Woken and overtaken, one waits on: only newcomers are turned away.
      if (!hasWaited && this.#waiting.size >= this.#limits.maxWaiting) return {ok: false, failure: 'busy'}
      await this.#turn(signal)
    }
  }

  /** Lends a connection that is certainly new, for a second try after a kept one was found dead. */
  async takeFresh(signal: AbortSignal): Promise<Lease<Failure>> {
    for (const {session} of this.#idle.splice(0)) session.close()
    return this.take(signal)
  }

  /** Takes a lent connection back; it is kept when it is still open. */
  give(session: LdapSession): void {
    this.#lent.delete(session)
    if (this.#closing.signal.aborted) session.close()
    else if (session.isOpen) this.#keep(session)
    this.#wakeOne()
  }

  close(): void {
    this.#closing.abort(new Error('the directory client was closed'))
    this.#sweep?.()
    this.#sweep = undefined
    for (const {session} of this.#idle.splice(0)) session.close()
    for (const session of this.#lent) session.close()
    for (const wake of [...this.#waiting.keys()]) wake()
  }

  #takeIdle(): LdapSession | undefined {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      if (kept.session.isOpen && this.#world.monotonicMs() - kept.sinceMs < this.#limits.idleMs) {
        this.#lent.add(kept.session)
        return kept.session
      }
      kept.session.close()
    }
    return undefined
  }

  async #takeNew(signal: AbortSignal): Promise<Lease<Failure>> {
    this.#opening++
    const either = AbortSignal.any([signal, this.#closing.signal])
    const opened = await this.#open(either).finally(() => this.#opening--)
    if (!opened.ok) {
      this.#wakeOne()
      return opened
    }
    if (this.#closing.signal.aborted) {
      opened.session.close()
      return {ok: false, failure: 'aborted'}
    }
    const {session} = opened
    session.onEnd(() => this.#forget(session))
    this.#lent.add(session)
    return {ok: true, session, fresh: true}
  }

  #keep(session: LdapSession): void {
    this.#idle.push({session, sinceMs: this.#world.monotonicMs()})
    this.#sweep ??= this.#world.after(this.#limits.idleMs, () => this.#closeIdle())
  }

  #forget(session: LdapSession): void {
    const at = this.#idle.findIndex((kept) => kept.session === session)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  #closeIdle(): void {
    this.#sweep = undefined
    const oldest = this.#world.monotonicMs() - this.#limits.idleMs
    for (const kept of this.#idle.filter(({sinceMs}) => sinceMs <= oldest)) kept.session.close()
    if (this.#idle.length > 0) this.#sweep = this.#world.after(this.#limits.idleMs, () => this.#closeIdle())
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.set(wake, true)
      signal.addEventListener('abort', wake, {once: true})
    })
  }

  #wakeOne(): void {
    for (const wake of this.#waiting.keys()) {
      wake()
      return
    }
  }
}
