import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {type LogFormat, lineFormats, logFormats, textTimestamp, untimedText} from '../../src/core/log/format.ts'
import {jsonLine} from '../../src/core/log/json-line.ts'
import {authRecord, login, record} from './records.ts'

const writer = {hostname: 'proxy1', version: '1.2.3'}

function parsed(line: string): Record<string, unknown> {
  return JSON.parse(line)
}

test('the time of a text line is local, with the offset as four digits', () => {
  const timeMs = Date.UTC(2018, 5, 12, 21, 0, 50, 999)
  assert.equal(textTimestamp(timeMs, 0), '2018-06-12T21:00:50+0000')
  assert.equal(textTimestamp(timeMs, 330), '2018-06-13T02:30:50+0530')
  assert.equal(textTimestamp(timeMs, -210), '2018-06-12T17:30:50-0330')
})

test('a text line has its place first, and the prefix of its login', () => {
  assert.equal(untimedText(record('Listening')), '[radius#info] Listening')
  const line = untimedText(record('Received new request', {login}))
  assert.equal(line, "[radius#info] (('192.0.2.7', 49494), jdoe, 44): Received new request [login L7Q2]")
  const timed = lineFormats.text.record(record('Listening', {level: 'warn'}), writer)
  assert.match(timed, /^2026-01-0\dT\d\d:\d\d:00[+-]\d{4} \[radius#warn\] Listening$/)
})

test('the prefix of an IPv6 client has no brackets, and a user name no line feed', () => {
  const from = {...login, from: '[2001:db8::7]:1645', userName: 'eve\n[x#info] root'}
  assert.equal(
    untimedText(record('hello', {login: from})),
    "[radius#info] (('2001:db8::7', 1645), eve\\x0a[x#info] root, 44): hello [login L7Q2]",
  )
})

test('a JSON line has the event, its login and its fields', () => {
  assert.deepEqual(parsed(lineFormats.json.record(record('dropped', {login}), writer)), {
    timestamp: '2026-01-05T09:00:00.123Z',
    level: 'info',
    namespace: 'radius',
    event: 'radius.discarded',
    message: 'dropped',
    login_id: 'L7Q2',
    client: '192.0.2.7:49494',
    identifier: 44,
    username: 'jdoe',
    fields: {from: '192.0.2.1:5', reason: 'structure', detail: 'dropped'},
  })
})

test('an authentication event keeps the keys that collectors know, in text and in JSON', () => {
  const expected = {
    timestamp: '2026-01-05T09:00:00.123000Z',
    msg: 'Success. Logging you in...',
    username: 'jdoe',
    auth_stage: 'Secondary authentication',
    status: 'Allow',
    client_ip: '203.0.113.9',
    server_section: 'radius_server_challenge',
    server_section_ikey: 'DIXXXXXXXXXXXXXXXXXX',
    factor: 'push1',
    hostname: 'proxy1',
    log_level: {name: 'info'},
    log_namespace: 'radius',
    log_time: 1767603600.123,
    login_id: 'L7Q2',
    section: 'radius_server_challenge',
    nas: '192.0.2.7',
    duration_ms: 4120,
    reason: 'approved',
    bypass: null,
  }
  assert.deepEqual(parsed(lineFormats.text.authEvent(authRecord(), writer)), expected)
  assert.deepEqual(parsed(lineFormats.json.authEvent(authRecord(), writer)), expected)
  const unknown = parsed(
    lineFormats.json.authEvent(authRecord({ikey: undefined, clientIp: undefined, bypass: 'failmode-safe'}), writer),
  )
  assert.equal(unknown.server_section_ikey, 'Unknown')
  assert.equal(unknown.client_ip, null)
  assert.equal(unknown.bypass, 'failmode-safe')
})

test('an ECS event names its outcome, its user and its source', () => {
  const allow = parsed(lineFormats.ecs.authEvent(authRecord(), writer))
  assert.deepEqual(allow.event, {
    dataset: 'authproxy.auth',
    kind: 'event',
    category: ['authentication'],
    type: ['allowed'],
    action: 'Secondary authentication',
    outcome: 'success',
    reason: 'approved',
    duration: 4_120_000_000,
  })
  assert.deepEqual(allow.user, {name: 'jdoe'})
  assert.deepEqual(allow.source, {ip: '203.0.113.9'})
  assert.deepEqual(allow.trace, {id: 'L7Q2'})
  const reject = parsed(lineFormats.ecs.authEvent(authRecord({status: 'Reject', clientIp: undefined}), writer))
  assert.equal(Object.hasOwn(reject, 'source'), false)
  const line = parsed(lineFormats.ecs.record(record('dropped', {level: 'warn'}), writer))
  assert.equal(line['@timestamp'], '2026-01-05T09:00:00.123Z')
  assert.deepEqual(line.log, {level: 'warn', logger: 'radius'})
})

test('a CEF event escapes what would end a field', () => {
  const line = lineFormats.cef.authEvent(authRecord({username: 'a=b\\c\nd', msg: 'no | pipe'}), writer)
  assert.equal(
    line,
    'CEF:0|authproxy|authproxy|1.2.3|radius.discarded|Secondary authentication|3|rt=1767603600123 dvchost=proxy1 ' +
      'suser=a\\=b\\\\c\\\\x0ad src=203.0.113.9 outcome=Allow reason=approved cs1Label=loginId cs1=L7Q2 ' +
      'cs2Label=section cs2=radius_server_challenge cs3Label=nas cs3=192.0.2.7 cs4Label=factor cs4=push1 ' +
      'cn1Label=durationMs cn1=4120 msg=no | pipe',
  )
  assert.match(lineFormats.cef.record(record('x', {namespace: 'a|b', level: 'critical'}), writer), /\|a\\\|b\|10\|rt=/)
  assert.match(lineFormats.cef.authEvent(authRecord({bypass: 'primary-only'}), writer), /\|6\|rt=.*cs5=primary-only/)
})

test('whatever a stranger types, an event is one line in every format', () => {
  const text = fc.string({unit: 'binary'})
  fc.assert(
    fc.property(fc.constantFrom<LogFormat>(...logFormats), text, text, (format, userName, detail) => {
      const named = record('x', {login: {...login, userName}, fields: {detail}})
      for (const line of [
        lineFormats[format].record(named, writer),
        lineFormats[format].authEvent(authRecord({username: userName, msg: detail}), writer),
      ]) {
        assert.doesNotMatch(line, /[\p{Cc}]/u)
      }
    }),
  )
})

test('JSON escapes the controls that it may leave as they are, and stays the same value', () => {
  const value = {userName: 'a\u009b31m\u007f\u2028\u202eb'}
  assert.equal(jsonLine(value), '{"userName":"a\\u009b31m\\u007f\\u2028\\u202eb"}')
  assert.deepEqual(JSON.parse(jsonLine(value)), value)
})

test('a value that JSON does not know never throws', () => {
  const round: Record<string, unknown> = {}
  round.self = round
  assert.equal(jsonLine({big: 10n, error: new Error('no')}), '{"big":"10","error":"no"}')
  assert.match(jsonLine(round), /could not be written as JSON/)
})
