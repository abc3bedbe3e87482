import type {AuthEvent} from './auth-events.ts'
import type {LogRecord} from './log.ts'

/** Who writes the log: what collectors want to know of the machine and the program. */
export type Writer = {readonly hostname: string; readonly version: string}

/** A record whose event is the result of an authentication. */
export type AuthRecord = LogRecord & {readonly auth: AuthEvent}

/** A format as two functions: one line, without its line feed, for each kind of log. */
export type LineFormat = {
  readonly record: (record: LogRecord, writer: Writer) => string
  readonly authEvent: (record: AuthRecord, writer: Writer) => string
}
