import type {LogRecord, LogSink} from './log.ts'

/** One event of a login, as `explain` shows it. */
export type TraceStep = {
  readonly timeMs: number
  readonly name: string
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** All that was written about one login, oldest first. */
export type LoginTrace = {
  readonly loginId: string
  readonly userName: string
  readonly from: string
  readonly steps: readonly TraceStep[]
}

type Entry = {loginId: string; userName: string; from: string; steps: TraceStep[]}

const MAX_LOGINS = 2000
const MAX_STEPS = 64

/**
 * Remembers the last logins step by step, in memory alone (decisions: the decision ring). It is a sink like any other:
 * what explains a login is what was written about it, so nothing secret can be in it.
 */
export class TraceRing implements LogSink {
  readonly #logins = new Map<string, Entry>()

  readonly write = ({login, timeMs, name, text, fields}: LogRecord): void => {
    if (login === undefined) return
    const {loginId, userName, from} = login
    const known = this.#logins.get(loginId)
    const entry = known ?? {loginId, userName, from, steps: []}
    if (entry.steps.length < MAX_STEPS) entry.steps.push({timeMs, name, text, fields})
    if (known !== undefined && name !== 'login.attempt') return
    // Each request of a login puts it at the end: the one that was asked for longest ago is the first to go.
    this.#logins.delete(loginId)
    this.#logins.set(loginId, entry)
    if (this.#logins.size > MAX_LOGINS) {
      for (const oldest of this.#logins.keys()) {
        this.#logins.delete(oldest)
        break
      }
    }
  }

  readonly close = async (): Promise<void> => {}

  byId(loginId: string): LoginTrace | undefined {
    return this.#logins.get(loginId)
  }

  /** The last logins of a user, newest first. */
  byUser(userName: string, last: number): readonly LoginTrace[] {
    return [...this.#logins.values()]
      .filter((entry) => entry.userName === userName)
      .reverse()
      .slice(0, last)
  }
}
