import type {World} from '../world.ts'
import type {AuthEvent} from './auth-events.ts'
import type {EventEntry, Level} from './event.ts'
import {configEvents} from './events/config.ts'
import {duoEvents} from './events/duo.ts'
import {loginEvents} from './events/login.ts'
import {primaryEvents} from './events/primary.ts'
import {radiusEvents} from './events/radius.ts'
import {serviceEvents} from './events/service.ts'

/** Every event there is; a room's own events stand in a file of its own name. */
const table = {
  ...configEvents,
  ...duoEvents,
  ...loginEvents,
  ...primaryEvents,
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

export type LogSink = {
  readonly write: (record: LogRecord) => void
  readonly close: () => Promise<void>
}

export interface Log {
  emit<Name extends EventName>(name: Name, fields: EventFields<Name>, login?: LoginReference): void
}

/** Lines a minute that one rate-limited event may write for one key. */
const LIMIT_PER_MINUTE = 5
const LIMITED_KEYS = 2000

export function createLog(world: World, sinks: readonly LogSink[], options: {debug: boolean}): Log {
  const limits = new Map<string, {minute: number; written: number; suppressed: number}>()

  /** Counts what it drops, so that the next line can say so. */
  function suppressed(key: string, nowMs: number): {drop: boolean; before: number} {
    const minute = Math.floor(nowMs / 60_000)
    const limit = limits.get(key)
    if (limit === undefined || limit.minute !== minute) {
      if (limits.size >= LIMITED_KEYS && limit === undefined) limits.clear()
      limits.set(key, {minute, written: 1, suppressed: 0})
      return {drop: false, before: limit?.suppressed ?? 0}
    }
    if (limit.written >= LIMIT_PER_MINUTE) {
      limit.suppressed++
      return {drop: true, before: 0}
    }
    limit.written++
    return {drop: false, before: 0}
  }

  return {
    emit(name, fields, login) {
      const entry = events[name]
      if (entry.level === 'debug' && !options.debug) return
      const timeMs = world.wallMs()
      let note = ''
      if (entry.limitBy !== undefined) {
        const {drop, before} = suppressed(`${name} ${entry.limitBy(fields)}`, world.monotonicMs())
        if (drop) return
        if (before > 0) note = ` (${before} more like this were not written)`
      }
      const record: LogRecord = {
        timeMs,
        level: entry.level,
        namespace: entry.namespace,
        name,
        text: oneLine(entry.text(fields) + note),
        fields,
        login,
        auth: entry.auth?.(fields),
      }
      for (const sink of sinks) sink.write(record)
    },
  }
}

/** Control characters would let a user name write log lines of its own. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
