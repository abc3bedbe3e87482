export type Level = 'debug' | 'info' | 'warn' | 'error' | 'critical'

/** One kind of event: how loud it is, the namespace of the text log, and its sentence. No field may hold a secret. */
export type EventEntry<Fields> = {
  readonly level: Level
  readonly namespace: string
  readonly text: (fields: Fields) => string
  /** Events that strangers can cause are written at most a few times a minute for each key this gives. */
  readonly limitBy?: (fields: Fields) => string
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
