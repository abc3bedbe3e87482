import type {AuthStatus} from './auth-events.ts'
import type {Level} from './event.ts'
import type {AuthRecord, Writer} from './line-format.ts'
import {type LogRecord, oneLine} from './log.ts'

/** CEF severities run from 0 to 10. */
const severities: {readonly [Name in Level]: number} = {debug: 0, info: 3, warn: 6, error: 8, critical: 10}
const authSeverities: {readonly [Status in AuthStatus]: number} = {Allow: 3, Challenge: 3, Reject: 6, Error: 8}

export function cefRecord(record: LogRecord, writer: Writer): string {
  return cef(writer, record.name, record.namespace, severities[record.level], {
    rt: record.timeMs,
    dvchost: writer.hostname,
    suser: record.login?.userName,
    cs1Label: record.login && 'loginId',
    cs1: record.login?.loginId,
    msg: record.text,
  })
}

export function cefAuthEvent({auth, ...record}: AuthRecord, writer: Writer): string {
  const severity = auth.bypass === undefined ? authSeverities[auth.status] : severities.warn
  return cef(writer, record.name, auth.authStage, severity, {
    rt: record.timeMs,
    dvchost: writer.hostname,
    suser: auth.username,
    src: auth.clientIp,
    outcome: auth.status,
    reason: auth.reason,
    cs1Label: record.login && 'loginId',
    cs1: record.login?.loginId,
    cs2Label: 'section',
    cs2: auth.section,
    cs3Label: 'nas',
    cs3: auth.nas,
    cs4Label: auth.factor && 'factor',
    cs4: auth.factor,
    cs5Label: auth.bypass && 'bypass',
    cs5: auth.bypass,
    cn1Label: 'durationMs',
    cn1: auth.durationMs,
    msg: auth.msg,
  })
}

type Extension = {readonly [key: string]: string | number | undefined}

function cef(writer: Writer, signature: string, name: string, severity: number, extension: Extension): string {
  const header = ['CEF:0', 'authproxy', 'authproxy', writer.version, signature, name].map(headerField)
  const pairs = Object.entries(extension).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${extensionValue(`${value}`)}`],
  )
  return `${header.join('|')}|${severity}|${pairs.join(' ')}`
}

function headerField(text: string): string {
  return oneLine(text).replace(/[\\|]/g, '\\$&')
}

function extensionValue(text: string): string {
  return oneLine(text).replace(/[\\=]/g, '\\$&')
}
