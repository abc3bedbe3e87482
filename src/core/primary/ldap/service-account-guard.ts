import type {Log} from '../../log/log.ts'
import type {World} from '../../world.ts'

const FIRST_PAUSE_MS = 5 * 60_000
const LONGEST_PAUSE_MS = 30 * 60_000

/**
 * Keeps a wrong service password from locking the service account: after a refusal no host is asked again for a
 * while, longer each time. A reload, which brings a new password, starts afresh.
 */
export class ServiceAccountGuard {
  readonly #section: string
  readonly #log: Log
  readonly #world: World
  #pauseMs = FIRST_PAUSE_MS
  #until: {readonly ms: number; readonly detail: string} | undefined
  #proven = false
  #turn: Promise<void> = Promise.resolve()

  constructor(section: string, log: Log, world: World) {
    this.#section = section
    this.#log = log
    this.#world = world
  }

  /**
   * Waits until nobody else is trying a password that is not known to be good, so that many connections opened at
   * once try a wrong one once; or until the signal. Call what it returns when the bind is over.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (this.#proven) return () => {}
    const before = this.#turn
    const ours = Promise.withResolvers<void>()
    // who gives up waiting does not let the next one in before its time
    this.#turn = before.then(() => ours.promise)
    const aborted = Promise.withResolvers<void>()
    const onAbort = () => aborted.resolve()
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, {once: true})
    await Promise.race([before, aborted.promise])
    signal.removeEventListener('abort', onAbort)
    return ours.resolve
  }

  /** Why the service account must not be used now; undefined when it may. */
  blocked(): string | undefined {
    const until = this.#until
    if (until === undefined || this.#world.monotonicMs() >= until.ms) return undefined
    const seconds = Math.ceil((until.ms - this.#world.monotonicMs()) / 1000)
    return `the service account was refused (${until.detail}); it is tried again in ${seconds} s or after a reload`
  }

  refused(host: string, detail: string): void {
    // several connections may be opened at once: their refusals are one
    if (this.blocked() !== undefined) return
    this.#proven = false
    this.#until = {ms: this.#world.monotonicMs() + this.#pauseMs, detail}
    this.#log.emit('ldap.service_account_refused', {
      section: this.#section,
      host,
      detail,
      retryAfterMs: this.#pauseMs,
    })
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
  }

  accepted(): void {
    this.#until = undefined
    this.#proven = true
    this.#pauseMs = FIRST_PAUSE_MS
  }
}
