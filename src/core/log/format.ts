import type {Level} from './event.ts'
import {cefAuthEvent, cefRecord} from './format-cef.ts'
import {ecsAuthEvent, ecsRecord} from './format-ecs.ts'
import {jsonLine, jsonLineOfKnown} from './json-line.ts'
import type {AuthRecord, LineFormat, Writer} from './line-format.ts'
import {type LoginReference, type LogRecord, oneLine} from './log.ts'

export const logFormats = ['text', 'json', 'ecs', 'cef'] as const
export type LogFormat = (typeof logFormats)[number]

export const lineFormats: {readonly [Name in LogFormat]: LineFormat} = {
  text: {record: (record) => `${lineTimestamp(record.timeMs)} ${untimedText(record)}`, authEvent: jsonAuthEvent},
  json: {record: jsonRecord, authEvent: jsonAuthEvent},
  ecs: {record: ecsRecord, authEvent: ecsAuthEvent},
  cef: {record: cefRecord, authEvent: cefAuthEvent},
}

/**
 * The text line without its time, for carriers that add their own. A line of a login begins with the prefix that
 * people's search patterns know, `(('ip', port), user, id): `, and ends with the login's id.
 */
export function untimedText(record: LogRecord): string {
  const place = `[${record.namespace}#${record.level}]`
  if (record.login === undefined) return `${place} ${record.text}`
  return `${place} ${loginPrefix(record.login)}${record.text} [login ${record.login.loginId}]`
}

/** The lines of one second share their time, and there may be thousands. */
const lastSecond = {second: Number.NaN, text: ''}

function lineTimestamp(timeMs: number): string {
  const second = Math.floor(timeMs / 1000)
  if (second !== lastSecond.second) {
    lastSecond.text = textTimestamp(timeMs)
    lastSecond.second = second
  }
  return lastSecond.text
}

/** Local time with the offset as four digits: 2018-06-12T21:00:50+0000. */
export function textTimestamp(timeMs: number, utcOffsetMinutes = -new Date(timeMs).getTimezoneOffset()): string {
  const local = new Date(timeMs + utcOffsetMinutes * 60_000).toISOString().slice(0, 19)
  const minutes = Math.abs(utcOffsetMinutes)
  const offset = `${Math.floor(minutes / 60)}`.padStart(2, '0') + `${minutes % 60}`.padStart(2, '0')
  return `${local}${utcOffsetMinutes < 0 ? '-' : '+'}${offset}`
}

/** The events of one millisecond share theirs, and a request has several. */
const lastMoment = {timeMs: Number.NaN, text: ''}

/** In UTC, with milliseconds. */
function isoTimestamp(timeMs: number): string {
  if (timeMs !== lastMoment.timeMs) {
    lastMoment.text = new Date(timeMs).toISOString()
    lastMoment.timeMs = timeMs
  }
  return lastMoment.text
}

/** So do the lines of one request, which mostly come in a row, their prefix. */
const lastLogin: {reference: LoginReference | undefined; prefix: string} = {reference: undefined, prefix: ''}

function loginPrefix(login: LoginReference): string {
  if (login !== lastLogin.reference) {
    const colon = login.from.lastIndexOf(':')
    const address = login.from.startsWith('[') ? login.from.slice(1, colon - 1) : login.from.slice(0, colon)
    lastLogin.prefix = `(('${address}', ${login.from.slice(colon + 1)}), ${oneLine(login.userName)}, ${login.identifier}): `
    lastLogin.reference = login
  }
  return lastLogin.prefix
}

function jsonRecord(record: LogRecord): string {
  return jsonLine({
    timestamp: isoTimestamp(record.timeMs),
    level: record.level,
    namespace: record.namespace,
    event: record.name,
    message: record.text,
    login_id: record.login?.loginId,
    client: record.login?.from,
    identifier: record.login?.identifier,
    username: record.login?.userName,
    fields: record.fields,
  })
}

/** Keys, order and spelling of values as collectors of the original's file expect them; ours follow after. */
function jsonAuthEvent({timeMs, auth, login, level, namespace}: AuthRecord, {hostname}: Writer): string {
  return jsonLineOfKnown({
    timestamp: `${isoTimestamp(timeMs).slice(0, -1)}000Z`,
    msg: auth.msg,
    username: auth.username,
    auth_stage: auth.authStage,
    status: auth.status,
    client_ip: auth.clientIp ?? null,
    server_section: auth.section,
    server_section_ikey: auth.ikey ?? 'Unknown',
    factor: auth.factor ?? null,
    hostname,
    log_level: {name: level satisfies Level},
    log_namespace: namespace,
    log_time: timeMs / 1000,
    login_id: login?.loginId ?? null,
    section: auth.section,
    nas: auth.nas,
    duration_ms: auth.durationMs,
    reason: auth.reason,
    bypass: auth.bypass ?? null,
  })
}
