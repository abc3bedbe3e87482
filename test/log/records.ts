import type {AuthEvent} from '../../src/core/log/auth-events.ts'
import type {AuthRecord} from '../../src/core/log/line-format.ts'
import type {LoginReference, LogRecord} from '../../src/core/log/log.ts'

const timeMs = Date.UTC(2026, 0, 5, 9, 0, 0, 123)

export const login: LoginReference = {
  loginId: 'L7Q2',
  from: '192.0.2.7:49494',
  identifier: 44,
  userName: 'jdoe',
}

export function record(text: string, more: Partial<LogRecord> = {}): LogRecord {
  const fields = {from: '192.0.2.1:5', reason: 'structure', detail: text}
  const name = 'radius.discarded'
  return {timeMs, level: 'info', namespace: 'radius', name, text, fields, login: undefined, auth: undefined, ...more}
}

export function authRecord(more: Partial<AuthEvent> = {}): AuthRecord {
  const auth: AuthEvent = {
    msg: 'Success. Logging you in...',
    username: 'jdoe',
    authStage: 'Secondary authentication',
    status: 'Allow',
    clientIp: '203.0.113.9',
    section: 'radius_server_challenge',
    ikey: 'DIXXXXXXXXXXXXXXXXXX',
    factor: 'push1',
    nas: '192.0.2.7',
    durationMs: 4120,
    reason: 'approved',
    bypass: undefined,
    ...more,
  }
  return {...record(auth.msg, {login}), auth}
}
