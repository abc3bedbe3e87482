import type {AuthEvent} from './auth-events.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'critical'

/** One kind of event: how loud it is, the namespace of the text log, and its sentence. No field may hold a secret. */
export type EventEntry<Fields> = {
  readonly level: Level
  readonly namespace: string
  readonly text: (fields: Fields) => string
  /** Events that strangers can cause are written at most a few times a minute for each key this gives. */
  readonly limitBy?: (fields: Fields) => string
  /** What authevents.log gets of this event; undefined when this one is no result of an authentication. */
  readonly auth?: (fields: Fields) => AuthEvent | undefined
}

/** States the field type once; the table's type is derived from it. */
export function event<Fields>(
  level: Level,
  namespace: string,
  text: (fields: Fields) => string,
  limitBy?: (fields: Fields) => string,
): EventEntry<Fields> {
  return limitBy === undefined ? {level, namespace, text} : {level, namespace, text, limitBy}
}

/** An event that may also be the result of an authentication: its field `auth` goes to authevents.log. */
export function authEvent<Fields extends {readonly auth: AuthEvent | undefined}>(
  level: Level,
  namespace: string,
  text: (fields: Fields) => string,
): EventEntry<Fields> {
  return {level, namespace, text, auth: (fields) => fields.auth}
}

/**
 * A field that costs more than the rest of its event: worked out when it is written, as text or as JSON, which is seldom.
 * A getter in the literal of the fields would cost a hidden class of V8's for each event (docs/decisions/0070-cost-of-a-login.md).
 */
export class Later<Value> {
  readonly #value: () => Value

  constructor(value: () => Value) {
    this.#value = value
  }

  toJSON(): Value {
    return this.#value()
  }

  toString(): string {
    return `${this.#value()}`
  }
}
