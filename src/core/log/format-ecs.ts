import type {AuthStatus} from './auth-events.ts'
import {jsonLine} from './json-line.ts'
import type {AuthRecord, Writer} from './line-format.ts'
import type {LogRecord} from './log.ts'

/** Elastic Common Schema: the version whose field names are used here. */
const ECS_VERSION = '8.11.0'

/** event.outcome knows three words; a challenge has no outcome yet. */
const outcomes: {readonly [Status in AuthStatus]: 'success' | 'failure' | 'unknown'} = {
  Allow: 'success',
  Challenge: 'unknown',
  Reject: 'failure',
  Error: 'failure',
}

export function ecsRecord(record: LogRecord, writer: Writer): string {
  return jsonLine({
    ...common(record, writer),
    message: record.text,
    event: {dataset: 'authproxy.log', kind: 'event', action: record.name},
    user: record.login === undefined ? undefined : {name: record.login.userName},
    observer: record.login === undefined ? undefined : {address: record.login.from},
    authproxy: record.fields,
  })
}

export function ecsAuthEvent(record: AuthRecord, writer: Writer): string {
  const {auth} = record
  return jsonLine({
    ...common(record, writer),
    message: auth.msg,
    event: {
      dataset: 'authproxy.auth',
      kind: 'event',
      category: ['authentication'],
      type: [auth.status === 'Allow' ? 'allowed' : auth.status === 'Challenge' ? 'info' : 'denied'],
      action: auth.authStage,
      outcome: outcomes[auth.status],
      reason: auth.reason,
      duration: auth.durationMs * 1_000_000,
    },
    user: {name: auth.username},
    source: auth.clientIp === undefined ? undefined : {ip: auth.clientIp},
    observer: {ip: auth.nas},
    authproxy: {status: auth.status, section: auth.section, ikey: auth.ikey, factor: auth.factor, bypass: auth.bypass},
  })
}

function common(record: LogRecord, writer: Writer) {
  return {
    '@timestamp': new Date(record.timeMs).toISOString(),
    ecs: {version: ECS_VERSION},
    log: {level: record.level, logger: record.namespace},
    service: {name: 'authproxy', type: 'authproxy', version: writer.version},
    host: {hostname: writer.hostname},
    trace: record.login === undefined ? undefined : {id: record.login.loginId},
  }
}
