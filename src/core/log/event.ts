import type {AuthEvent} from './auth-events.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'critical'

/** One kind of event: how loud it is, the namespace of the text log, and its sentence. No field may hold a secret. */
export type EventEntry<Fields> = {
  readonly level: Level
  readonly namespace: string
  readonly text: (fields: Fields) => string
  /** Events that strangers can cause are written at most a few times a minute for each key this gives; undefined: always. */
  readonly limitBy?: LimitBy<Fields>
  /** What authevents.log gets of this event; undefined when this one is no result of an authentication. */
  readonly auth?: (fields: Fields) => AuthEvent | undefined
  /** The field whose `Later` a trace keeps as its source. */
  readonly later?: string
}

type LimitBy<Fields> = (fields: Fields) => string | undefined

/** States the field type once; the table's type is derived from it. */
export function event<Fields>(
  level: Level,
  namespace: string,
  text: (fields: Fields) => string,
  limitBy?: LimitBy<Fields>,
): EventEntry<Fields> {
  return limitBy === undefined ? {level, namespace, text} : {level, namespace, text, limitBy}
}

/** An event that may also be the result of an authentication: its field `auth` goes to authevents.log. */
export function authEvent<Fields extends {readonly auth: AuthEvent | undefined}>(
  level: Level,
  namespace: string,
  text: (fields: Fields) => string,
  limitBy?: LimitBy<Fields>,
): EventEntry<Fields> {
  return {...event(level, namespace, text, limitBy), auth: (fields) => fields.auth}
}

/** An event with one field that is a `Later`, whose source holds nothing secret: the trace of a login keeps it. */
export function laterEvent<Fields>(
  level: Level,
  namespace: string,
  later: keyof Fields & string,
  text: (fields: Fields) => string,
  limitBy?: LimitBy<Fields>,
): EventEntry<Fields> {
  return {...event(level, namespace, text, limitBy), later}
}

/**
 * A field that costs more than the rest of its event: made of its source when it is written, as text or as JSON, which is
 * seldom. No closure, and no getter in the literal of the fields: the one keeps alive what it came from, the other costs a
 * hidden class of V8's for each event (docs/decisions/0070-cost-of-a-login.md).
 */
export class Later<Value> {
  readonly #source: string
  readonly #read: (source: string) => Value

  constructor(source: string, read: (source: string) => Value) {
    this.#source = source
    this.#read = read
  }

  /** For a trace, which keeps the source in place of what is made of it. It does not print: what is made of it may leave secrets out. */
  parts(): {readonly source: string; readonly read: (source: string) => Value} {
    return {source: this.#source, read: this.#read}
  }

  toJSON(): Value {
    return this.#read(this.#source)
  }

  toString(): string {
    return `${this.#read(this.#source)}`
  }
}
