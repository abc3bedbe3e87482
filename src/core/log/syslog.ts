import type {Level} from './event.ts'

/** RFC 5424 6.2.1: the number of a facility, by the name that `syslog_facility` uses. */
const facilityNumbers = {
  LOG_KERN: 0,
  LOG_USER: 1,
  LOG_MAIL: 2,
  LOG_DAEMON: 3,
  LOG_AUTH: 4,
  LOG_SYSLOG: 5,
  LOG_LPR: 6,
  LOG_NEWS: 7,
  LOG_UUCP: 8,
  LOG_CRON: 9,
  LOG_LOCAL0: 16,
  LOG_LOCAL1: 17,
  LOG_LOCAL2: 18,
  LOG_LOCAL3: 19,
  LOG_LOCAL4: 20,
  LOG_LOCAL5: 21,
  LOG_LOCAL6: 22,
  LOG_LOCAL7: 23,
} as const

export type SyslogFacility = keyof typeof facilityNumbers

const severityNumbers: {readonly [Name in Level]: number} = {critical: 2, error: 3, warn: 4, info: 6, debug: 7}

/** The name that log files and collectors already filter on. */
export const SYSLOG_IDENT = 'Authproxy'

/** Where messages go over the network (RFC 5426, 6587, 5425). */
export type SyslogTarget = {
  readonly transport: 'udp' | 'tcp' | 'tls'
  readonly host: string
  readonly port: number
  /** PEM text of the authorities that replace the system's; TLS only. */
  readonly certificateAuthorities: string | undefined
}

const defaultPorts = {udp: 514, tcp: 601, tls: 6514} as const

/** Reads `udp://host:514`, `tcp://host`, `tls://[2001:db8::1]:6514`. */
export function parseSyslogTarget(
  text: string,
): {readonly ok: true; readonly target: SyslogTarget} | {readonly ok: false; readonly reason: string} {
  const match = /^(udp|tcp|tls):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^/:[\]@\s]+))(?::(\d{1,5}))?\/?$/.exec(text.trim())
  if (match === null) return {ok: false, reason: 'want udp://HOST[:PORT], tcp://HOST[:PORT] or tls://HOST[:PORT]'}
  const transport = match[1] === 'udp' ? 'udp' : match[1] === 'tcp' ? 'tcp' : 'tls'
  const port = match[4] === undefined ? defaultPorts[transport] : Number(match[4])
  if (port < 1 || port > 65535) return {ok: false, reason: `${port} is no port number`}
  return {ok: true, target: {transport, host: match[2] ?? match[3] ?? '', port, certificateAuthorities: undefined}}
}

export function syslogPriority(facility: SyslogFacility, level: Level): number {
  return facilityNumbers[facility] * 8 + severityNumbers[level]
}

/** The `<N>` that systemd reads at the start of a line of standard output (sd-daemon(3)): a level without facility. */
export function journalPrefix(level: Level): string {
  return `<${severityNumbers[level]}>`
}

/** One RFC 5424 message. The BOM says that the text is UTF-8 (6.4). */
export function rfc5424(message: {
  readonly priority: number
  readonly timeMs: number
  readonly hostname: string
  readonly processId: number
  readonly messageId: string
  readonly text: string
}): string {
  const {priority, timeMs, hostname, processId, messageId, text} = message
  const header = [new Date(timeMs).toISOString(), headerField(hostname, 255), SYSLOG_IDENT, processId]
  return `<${priority}>1 ${header.join(' ')} ${headerField(messageId, 32)} - \uFEFF${text}`
}

/** Header fields are printable ASCII without spaces; an empty one is "-". */
function headerField(text: string, maxLength: number): string {
  return text.replace(/[^\x21-\x7e]/g, '_').slice(0, maxLength) || '-'
}
