import {fstatSync, write} from 'node:fs'
import {join} from 'node:path'
import type {World} from '../world.ts'
import {descriptorTarget} from './descriptor.ts'
import {serviceEvents} from './events/service.ts'
import {type LogFormat, lineFormats, untimedText} from './format.ts'
import type {AuthRecord, Writer} from './line-format.ts'
import {LineQueue, type LineTarget} from './line-queue.ts'
import type {LogRecord, LogSink} from './log.ts'
import {RotatingFile} from './rotating-file.ts'
import {journalPrefix, rfc5424, type SyslogFacility, type SyslogTarget, syslogPriority} from './syslog.ts'
import {loggerTarget} from './syslog-logger.ts'
import {networkSyslogTarget} from './syslog-network.ts'

/** The log options of [main], as the engine takes them from Config. */
export type LogOptions = Writer & {
  readonly format: LogFormat
  readonly directory: string
  /** authproxy.log; undefined means: if nothing else is written. */
  readonly file: boolean | undefined
  readonly stdout: boolean
  readonly syslog: {readonly facility: SyslogFacility; readonly target: SyslogTarget | undefined} | undefined
  /** authevents.log, and the same events in syslog. */
  readonly authEvents: boolean
  /** Octets after which a file is turned; 0 never. */
  readonly maxSize: number
  /** Turned files kept for each log; 0 keeps all. */
  readonly maxFiles: number
}

/** What is left of the process, so that a test can be another one. */
export type LogEdge = {
  readonly processId: number
  /** Standard output goes to systemd's journal, which adds time and ident and reads `<N>` (JOURNAL_STREAM is set). */
  readonly journal: boolean
  /** Where a log that does not work is told: standard error. */
  readonly report: (problem: string) => void
}

/** Nobody reads faster, and a write for each line costs a login 17 % more CPU (docs/decisions/0070-cost-of-a-login.md). */
const GATHER_MS = 50

/** A sink by the name of its place. It also takes lines that another process of the service has made ready for it. */
export type LineSink = LogSink & {readonly place: string; readonly writeLines: (lines: readonly string[]) => void}

/** Where a worker's lines for a place go: to the process that started it. */
export type Relay = (place: string) => LineTarget

/**
 * The sinks that the options ask for. None of them ever blocks or throws: a full disk, a missing folder, a collector
 * that is away are told once on standard error, and logins go on.
 * @param relay stands for all places in a worker.
 */
export function createLogSinks(
  world: World,
  options: LogOptions,
  edge: LogEdge = processEdge(),
  relay?: Relay,
): LineSink[] {
  const places = logPlaces(world, options, edge)
  const lossNote = (lost: number) => lossLine(world, options.format, options, lost)
  return places.map(({place, open, line}) => {
    const target = relay === undefined ? open() : relay(place)
    const queue = new LineQueue({world, target, report: edge.report, lossNote, gatherMs: GATHER_MS})
    const writeLines = (lines: readonly string[]) => {
      for (const text of lines) queue.push(text)
    }
    return {
      place,
      write: (record) => writeLines(line(record)),
      writeLines,
      close: () => queue.close(),
    }
  })
}

/** The event that a queue writes itself, since no login is at fault for it. */
function lossLine(world: World, format: LogFormat, writer: Writer, lost: number): string {
  const {level, namespace, text} = serviceEvents['log.lines-lost']
  const fields = {lost}
  const described = {
    timeMs: world.wallMs(),
    level,
    namespace,
    name: 'log.lines-lost',
    text: text(fields),
    fields,
  } as const
  return lineFormats[format].record({...described, login: undefined, auth: undefined}, writer)
}

/** A place, and what it gets of a record: no line, one, or one for each log that it stands for. */
type LogPlace = {
  readonly place: string
  readonly open: () => LineTarget
  readonly line: (record: LogRecord) => readonly string[]
}

function logPlaces(world: World, options: LogOptions, edge: LogEdge): LogPlace[] {
  const {authEvents, syslog} = options
  const format = lineFormats[options.format]
  const syslogToJournal = syslog !== undefined && syslog.target === undefined && edge.journal
  const places: LogPlace[] = []

  function file(name: string, line: LogPlace['line']): void {
    const {maxSize, maxFiles} = options
    const path = join(options.directory, name)
    places.push({
      place: name,
      open: () => new RotatingFile(world, {path, maxSize, maxFiles, report: edge.report}),
      line,
    })
  }

  /** A carrier that adds time and ident itself; results of authentications follow the line of their event. */
  function carried(record: LogRecord): string[] {
    const own = options.format === 'text' ? untimedText(record) : format.record(record, options)
    return authEvents && isAuthRecord(record) ? [own, format.authEvent(record, options)] : [own]
  }

  if (options.file ?? !(options.stdout || syslog !== undefined)) {
    file('authproxy.log', (record) => [format.record(record, options)])
  }
  if (authEvents) {
    file('authevents.log', (record) => (isAuthRecord(record) ? [format.authEvent(record, options)] : []))
  }
  if (syslogToJournal) {
    const open = () => descriptorTarget(world, 1, 'the journal')
    const line = (record: LogRecord) => carried(record).map((text) => journalPrefix(record.level) + text)
    places.push({place: 'journal', open, line})
  } else if (options.stdout) {
    const open = () => descriptorTarget(world, 1, 'standard output')
    places.push({place: 'stdout', open, line: (record) => [format.record(record, options)]})
  }
  if (syslog !== undefined && !syslogToJournal) places.push(syslogPlace(world, options, edge, syslog, carried))
  return places
}

function syslogPlace(
  world: World,
  {hostname}: LogOptions,
  {processId}: LogEdge,
  {facility, target}: NonNullable<LogOptions['syslog']>,
  carried: (record: LogRecord) => string[],
): LogPlace {
  const priority = (record: LogRecord) => syslogPriority(facility, record.level)
  if (target === undefined) {
    return {
      place: 'syslog',
      open: () => loggerTarget({facility, processId}),
      line: (record) => carried(record).map((text) => `<${priority(record)}>${text}`),
    }
  }
  return {
    place: 'syslog',
    open: () => networkSyslogTarget(world, target),
    line: (record) =>
      carried(record).map((text) =>
        rfc5424({priority: priority(record), timeMs: record.timeMs, hostname, processId, messageId: record.name, text}),
      ),
  }
}

function isAuthRecord(record: LogRecord): record is AuthRecord {
  return record.auth !== undefined
}

/** The process as it is. Standard error is written without waiting: a reader that sleeps must not stop logins. */
export function processEdge(): LogEdge {
  return {
    processId: process.pid,
    journal: goesToJournal(process.env.JOURNAL_STREAM),
    report: (problem) => write(2, `authproxy: ${problem}\n`, () => {}),
  }
}

/** systemd gives the device and inode of the stream it made; output that was redirected since has others. */
function goesToJournal(journalStream: string | undefined): boolean {
  if (journalStream === undefined) return false
  try {
    const {dev, ino} = fstatSync(1)
    return journalStream === `${dev}:${ino}`
  } catch {
    return false
  }
}
