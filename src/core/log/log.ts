import type {World} from '../world.ts'
import type {AuthEvent} from './auth-events.ts'
import type {EventEntry, Level} from './event.ts'
import {configEvents} from './events/config.ts'
import {duoEvents} from './events/duo.ts'
import {loginEvents} from './events/login.ts'
import {primaryEvents} from './events/primary.ts'
import {probeEvents} from './events/probes.ts'
import {radiusEvents} from './events/radius.ts'
import {serviceEvents} from './events/service.ts'

/** Every event there is; a room's own events stand in a file of its own name. */
const table = {
  ...configEvents,
  ...duoEvents,
  ...loginEvents,
  ...primaryEvents,
  ...probeEvents,
  ...radiusEvents,
  ...serviceEvents,
} as const

type FieldsTable = {readonly [Name in keyof typeof table]: Parameters<(typeof table)[Name]['text']>[0]}
export type EventName = keyof FieldsTable
export type EventFields<Name extends EventName> = FieldsTable[Name]

const events: {readonly [Name in EventName]: EventEntry<EventFields<Name>>} = table

/** The login an event belongs to: its id stands in every line of that login. */
export type LoginReference = {
  readonly loginId: string
  readonly from: string
  readonly identifier: number
  readonly userName: string
}

/** One event as a sink gets it. `text` is one line without control characters. */
export type LogRecord = {
  readonly timeMs: number
  readonly level: Level
  readonly namespace: string
  readonly name: EventName
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly login: LoginReference | undefined
  /** The result of an authentication, when this event is one. */
  readonly auth: AuthEvent | undefined
}

/** One event of a login as the trace gets it; `later` names the field that is a `Later`. */
export type TracedEvent = Pick<LogRecord, 'timeMs' | 'name' | 'text' | 'fields'> & {
  readonly later: string | undefined
}

/** Who keeps the events of logins. */
export type LogTrace = {readonly write: (login: LoginReference, event: TracedEvent) => void}

export type LogSink = {
  readonly write: (record: LogRecord) => void
  readonly close: () => Promise<void>
}

/**
 * Who counts events: called for each one, whatever its level, and before any is left out for being too many.
 * An observer must not throw and must not wait.
 */
export type EventObservers = {
  readonly [Name in EventName]?: (fields: EventFields<Name>, login: LoginReference | undefined) => void
}

export interface Log {
  emit<Name extends EventName>(name: Name, fields: EventFields<Name>, login?: LoginReference): void
}

/** Lines a minute that one rate-limited event may write for one key. */
const LIMIT_PER_MINUTE = 5
/** Keys a minute with an allowance of their own; a flood from ever new addresses shares the last one. */
const LIMITED_KEYS = 100
const SHARED_KEY = '*'
/** The longest line; an HTTP body in a debug line may be longer than anybody reads. */
const MAX_TEXT_LENGTH = 8192

export function createLog(
  world: World,
  sinks: readonly LogSink[],
  options: {
    readonly debug: boolean
    /** Read at each event, so that an observer may join later. */
    readonly observers?: readonly EventObservers[]
    /** Gets every event of a login, those too that the others are spared for being too fine or too many. */
    readonly trace?: LogTrace
  },
): Log {
  const allowance = createAllowance(world)
  const observers = options.observers ?? []
  return {
    emit(name, fields, login) {
      for (const observer of observers) observer[name]?.(fields, login)
      const entry = events[name]
      const timeMs = world.wallMs()
      const note = noteFor(name, fields)
      const isTraced = login !== undefined && options.trace !== undefined
      if (note === undefined && !isTraced) return
      const text = oneLine(entry.text(fields))
      if (isTraced) options.trace.write(login, {timeMs, name, text, fields, later: entry.later})
      if (note === undefined) return
      const record: LogRecord = {
        timeMs,
        level: entry.level,
        namespace: entry.namespace,
        name,
        text: text + note,
        fields,
        login,
        auth: entry.auth?.(fields),
      }
      for (const sink of sinks) sink.write(record)
    },
  }

  /** What is added to the line; undefined when it is not to be written. */
  function noteFor<Name extends EventName>(name: Name, fields: EventFields<Name>): string | undefined {
    const {level, limitBy} = events[name]
    if (level === 'debug' && !options.debug) return undefined
    const key = limitBy?.(fields)
    if (key === undefined) return ''
    const {drop, droppedBefore} = allowance(name, key)
    if (drop) return undefined
    return droppedBefore > 0 ? ` (${droppedBefore} more like this were not written)` : ''
  }
}

/** One line of text: a user name with a line feed or a bidirectional control must not write log lines of its own. */
export function oneLine(text: string): string {
  const line = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}... (cut)` : text
  return UNSEEN.test(line) ? line.replace(EACH_UNSEEN, escaped) : line
}

const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
const EACH_UNSEEN = new RegExp(UNSEEN, 'gu')

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

type Allowance = (name: EventName, key: string) => {drop: boolean; droppedBefore: number}

/** Counts what it drops, so that the next line can say so. */
function createAllowance(world: World): Allowance {
  type Limit = {name: EventName; written: number; dropped: number; minute: number}
  const limits = new Map<string, Limit>()
  let prunedMinute = -1

  function limitOf(name: EventName, key: string, minute: number): Limit {
    const own = limits.get(`${name} ${key}`)
    if (own !== undefined) return own
    if (limits.size >= LIMITED_KEYS && prunedMinute !== minute) prune(minute)
    const used = limits.size < LIMITED_KEYS ? `${name} ${key}` : `${name} ${SHARED_KEY}`
    const limit = limits.get(used) ?? {name, written: 0, dropped: 0, minute}
    limits.set(used, limit)
    return limit
  }

  /** Forgets the keys of earlier minutes; what they dropped is still told, by the shared key of their event. */
  function prune(minute: number): void {
    prunedMinute = minute
    for (const [key, limit] of limits) {
      if (limit.minute === minute || key.endsWith(` ${SHARED_KEY}`)) continue
      limits.delete(key)
      if (limit.dropped === 0) continue
      const shared = limits.get(`${limit.name} ${SHARED_KEY}`)
      if (shared !== undefined) shared.dropped += limit.dropped
      else limits.set(`${limit.name} ${SHARED_KEY}`, {...limit, written: 0, minute})
    }
  }

  return (name, key) => {
    const minute = Math.floor(world.monotonicMs() / 60_000)
    const limit = limitOf(name, key, minute)
    if (limit.minute !== minute) {
      limit.minute = minute
      limit.written = 0
    }
    if (limit.written >= LIMIT_PER_MINUTE) {
      limit.dropped++
      return {drop: true, droppedBefore: 0}
    }
    limit.written++
    const droppedBefore = limit.dropped
    limit.dropped = 0
    return {drop: false, droppedBefore}
  }
}
