import {hashOf, RecordRing} from '../record-ring.ts'
import {Later} from './event.ts'
import type {LoginReference, LogRecord, LogTrace, TracedEvent} from './log.ts'

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

/** Some 2,000 logins with a push. */
const TRACE_OCTETS = 8 * 1024 * 1024
const MAX_STEPS = 64

/**
 * Remembers the last logins step by step, in memory alone (decisions: the decision ring). It gets what the
 * log gets: what explains a login is what is said about it, so nothing secret can be in it.
 * Each event is a record, its fields as JSON; the oldest ones go.
 */
export class TraceRing implements LogTrace {
  readonly #events: RecordRing
  /** How the field of an event that is a `Later` is made of its source, by the event's name. */
  readonly #readers = new Map<string, {readonly field: string; readonly read: (source: string) => unknown}>()
  /** Most events follow another of the same login. */
  #last = {loginId: '', event: 0}
  #lastWho: {readonly login: LoginReference | undefined; readonly text: string} = {login: undefined, text: ''}

  constructor(octets = TRACE_OCTETS) {
    this.#events = new RecordRing(octets)
  }

  write(login: LoginReference, {timeMs, name, text, fields, later}: TracedEvent): void {
    const events = this.#events
    const {loginId} = login
    const hash = hashOf(loginId)
    const before = this.#lastOf(loginId, hash)
    if (before !== 0 && events.text(before, parts.name) === name && events.text(before, parts.text) === text) {
      // A gateway that keeps asking must not push the decision out of the trace: the same in a row is one step.
      events.setNumber(before, slots.times, events.number(before, slots.times) + 1)
      events.setNumber(before, slots.lastMs, timeMs)
      return
    }
    const steps = before === 0 ? 0 : events.number(before, slots.steps)
    if (steps >= MAX_STEPS) return
    const kept = later === undefined ? fields : this.#withSource(name, fields, later)
    const event = events.add(hash, [this.#who(login), name, text, jsonOf(kept)])
    if (event === 0) return
    events.setNumber(event, slots.timeMs, timeMs)
    events.setNumber(event, slots.lastMs, timeMs)
    events.setNumber(event, slots.times, 1)
    events.setNumber(event, slots.steps, steps + 1)
    this.#last = {loginId, event}
  }

  find(query: TraceQuery): readonly LoginTrace[] {
    if ('userName' in query) return this.byUser(query.userName, query.last)
    const found = this.byId(query.loginId)
    return found === undefined ? [] : [found]
  }

  byId(loginId: string): LoginTrace | undefined {
    const events = this.#events
    const newestFirst: TraceStep[] = []
    const newest = this.#lastOf(loginId, hashOf(loginId))
    if (newest === 0) return undefined
    let oldest = newest
    for (let event = newest; event !== 0; event = events.older(event)) {
      if (this.#whoOf(event).loginId !== loginId) continue
      newestFirst.push(this.#step(event))
      oldest = event
    }
    return {...this.#whoOf(oldest), steps: newestFirst.reverse()}
  }

  /** The last logins of a user, however the name was capitalised, newest first. */
  byUser(userName: string, last: number): readonly LoginTrace[] {
    const wanted = userName.toLowerCase()
    const events = this.#events
    const found = new Set<string>()
    for (let event = events.oldest(); event !== 0; event = events.next(event)) {
      const who = this.#whoOf(event)
      if (who.userName.toLowerCase() !== wanted) continue
      // The login that was last told of is the newest.
      found.delete(who.loginId)
      found.add(who.loginId)
    }
    const newestFirst = [...found].reverse().slice(0, last)
    return newestFirst.map((loginId) => this.byId(loginId)).filter((trace) => trace !== undefined)
  }

  /** The events of one request mostly come in a row. */
  #who(login: LoginReference): string {
    if (login !== this.#lastWho.login) {
      this.#lastWho = {login, text: `${login.loginId} ${login.from} ${login.userName}`}
    }
    return this.#lastWho.text
  }

  #lastOf(loginId: string, hash: number): number {
    if (this.#last.loginId === loginId) return this.#last.event
    const events = this.#events
    let event = events.newest(hash)
    while (event !== 0 && this.#whoOf(event).loginId !== loginId) event = events.older(event)
    return event
  }

  #whoOf(event: number): Pick<LoginTrace, 'loginId' | 'from' | 'userName'> {
    const who = this.#events.text(event, parts.who)
    // Neither an id nor an endpoint has a space.
    const space = who.indexOf(' ')
    const next = who.indexOf(' ', space + 1)
    return {loginId: who.slice(0, space), from: who.slice(space + 1, next), userName: who.slice(next + 1)}
  }

  #step(event: number): TraceStep {
    const events = this.#events
    const name = events.text(event, parts.name)
    const [timeMs, lastMs, times] = [slots.timeMs, slots.lastMs, slots.times].map((slot) => events.number(event, slot))
    const step = {
      timeMs: timeMs ?? 0,
      name,
      text: events.text(event, parts.text),
      fields: this.#fieldsOf(name, events.text(event, parts.fields)),
    }
    return times === undefined || times === 1 ? step : {...step, repeated: {times, lastMs: lastMs ?? 0}}
  }

  #withSource(name: string, fields: LogRecord['fields'], later: string): LogRecord['fields'] {
    const value = fields[later]
    if (!(value instanceof Later)) return fields
    const {source, read} = value.parts()
    this.#readers.set(name, {field: later, read})
    return {...fields, [later]: source}
  }

  #fieldsOf(name: string, json: string): TraceStep['fields'] {
    const fields: Record<string, unknown> = JSON.parse(json)
    const reader = this.#readers.get(name)
    const source = reader && fields[reader.field]
    return reader !== undefined && typeof source === 'string'
      ? {...fields, [reader.field]: reader.read(source)}
      : fields
  }
}

/** What an event is kept as. */
const parts = {who: 0, name: 1, text: 2, fields: 3} as const
const slots = {timeMs: 0, lastMs: 1, times: 2, steps: 3} as const

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

/** The fields of an event are texts, numbers and lists of them; what JSON does not know must not end a login. */
function jsonOf(fields: LogRecord['fields']): string {
  try {
    return JSON.stringify(fields.auth === undefined ? fields : withoutAuth(fields))
  } catch {
    return '{}'
  }
}

/** What goes to authevents.log says nothing that the event does not, and is as long as all the rest. */
function withoutAuth({auth: _, ...fields}: LogRecord['fields']): LogRecord['fields'] {
  return fields
}
