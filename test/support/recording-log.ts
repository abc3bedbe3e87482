import type {EventFields, EventName, Log} from '../../src/core/log/log.ts'

export type Recorded = {readonly name: EventName; readonly fields: Readonly<Record<string, unknown>>}

/** Keeps every event, unlimited, for tests that ask what was logged. */
export class RecordingLog implements Log {
  readonly events: Recorded[] = []

  emit<Name extends EventName>(name: Name, fields: EventFields<Name>): void {
    this.events.push({name, fields: {...fields}})
  }

  /** The fields of every event of one name. */
  of(name: EventName): Readonly<Record<string, unknown>>[] {
    return this.events.filter((event) => event.name === name).map((event) => event.fields)
  }
}
