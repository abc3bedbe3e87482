import type {LoginReference, TracedEvent} from './log.ts'

/** One event of a login, as `explain` shows it. */
export type TraceStep = {
  readonly timeMs: number
  readonly name: string
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
  /** How often the same came in a row, the last time at `lastMs`; left out when it came once. */
  readonly repeated?: {readonly times: number; readonly lastMs: number}
}

/** All that was written about one login, oldest first. */
export type LoginTrace = {
  readonly loginId: string
  readonly userName: string
  readonly from: string
  readonly steps: readonly TraceStep[]
}

export type TraceQuery = {readonly loginId: string} | {readonly userName: string; readonly last: number}

type Entry = Pick<LoginTrace, 'loginId' | 'userName' | 'from'> & {
  readonly events: TracedEvent[]
  /** Of the events that came more than once in a row; there is seldom one. */
  repeats: Map<TracedEvent, NonNullable<TraceStep['repeated']>> | undefined
}

const MAX_LOGINS = 2000
const MAX_STEPS = 64
/** The events that a request of a gateway begins with. */
const requests: ReadonlySet<string> = new Set(['login.attempt', 'login.answered'])

/**
 * Remembers the last logins step by step, in memory alone (decisions: the decision ring). It gets what the
 * log gets: what explains a login is what is said about it, so nothing secret can be in it.
 */
export class TraceRing {
  readonly #logins = new Map<string, Entry>()
  /** Most events follow another of the same login. */
  #last: Entry | undefined

  readonly write = (login: LoginReference, event: TracedEvent): void => {
    const {loginId, userName, from} = login
    const known = this.#last?.loginId === loginId ? this.#last : this.#logins.get(loginId)
    const entry = known ?? {loginId, userName, from, events: [], repeats: undefined}
    this.#last = entry
    add(entry, event)
    if (known !== undefined && !requests.has(event.name)) return
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

  find(query: TraceQuery): readonly LoginTrace[] {
    if ('userName' in query) return this.byUser(query.userName, query.last)
    const found = this.byId(query.loginId)
    return found === undefined ? [] : [found]
  }

  byId(loginId: string): LoginTrace | undefined {
    const entry = this.#logins.get(loginId)
    return entry && told(entry)
  }

  /** The last logins of a user, however the name was capitalised, newest first. */
  byUser(userName: string, last: number): readonly LoginTrace[] {
    return [...this.#logins.values()]
      .filter((entry) => entry.userName.toLowerCase() === userName.toLowerCase())
      .reverse()
      .slice(0, last)
      .map(told)
  }
}

/** What several processes have found, newest first. A login whose requests came to two of them is one login. */
export function mergeTraces(found: readonly (readonly LoginTrace[])[], query: TraceQuery): readonly LoginTrace[] {
  const logins = new Map<string, LoginTrace>()
  for (const trace of found.flat()) {
    const other = logins.get(trace.loginId)
    const steps = [...(other?.steps ?? []), ...trace.steps].sort((a, b) => a.timeMs - b.timeMs)
    logins.set(trace.loginId, {...trace, steps})
  }
  const lastMs = ({steps}: LoginTrace) => steps.at(-1)?.timeMs ?? 0
  const merged = [...logins.values()].sort((a, b) => lastMs(b) - lastMs(a))
  return 'userName' in query ? merged.slice(0, query.last) : merged
}

/** A gateway that keeps asking must not push the decision out of the trace: the same text in a row is one step. */
function add(entry: Entry, event: TracedEvent): void {
  const {events} = entry
  const last = events.at(-1)
  if (last !== undefined && last.name === event.name && last.text() === event.text()) {
    entry.repeats ??= new Map()
    entry.repeats.set(last, {times: (entry.repeats.get(last)?.times ?? 1) + 1, lastMs: event.timeMs})
  } else if (events.length < MAX_STEPS) events.push(event)
}

function told({loginId, userName, from, events, repeats}: Entry): LoginTrace {
  const steps = events.map((event): TraceStep => {
    const {timeMs, name, fields} = event
    const repeated = repeats?.get(event)
    return {timeMs, name, text: event.text(), fields, ...(repeated && {repeated})}
  })
  return {loginId, userName, from, steps}
}
