import assert from 'node:assert/strict'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import fc from 'fast-check'
import {readAuthEvents} from '../../src/core/log/auth-events-file.ts'
import {traceOfAuthEvents} from '../../src/core/log/auth-events-text.ts'
import {readTraces} from '../../src/core/log/read-traces.ts'
import {traceLines} from '../../src/core/log/trace-text.ts'

test('a trace is told within 80 columns, whatever is in it', () => {
  const step = fc.record({
    timeMs: fc.integer({min: 0, max: 4e12}),
    name: fc.constantFrom('login.attempt', 'radius.reply.sent', 'login.primary.result', 'login.decided', 'other'),
    text: fc.string({maxLength: 300}),
    fields: fc.constant({attributes: ['x'.repeat(200)], detail: `${'word '.repeat(40)}`, result: 'accept'}),
  })
  const trace = fc.record({
    loginId: fc.constant('0123456789ab'),
    userName: fc.string({maxLength: 253}),
    from: fc.constant('[2001:db8::1]:49152'),
    steps: fc.array(step, {maxLength: 8}),
  })
  fc.assert(
    fc.property(trace, (each) => {
      for (const line of traceLines({...each, userName: each.userName.replaceAll(/\s/g, '_')})) {
        assert.ok(line.length <= 80, line)
      }
    }),
  )
})

test('a login that is not decided is said to be so', () => {
  const [head] = traceLines({loginId: '0123456789ab', userName: 'jdoe', from: '192.0.2.1:1645', steps: []})
  assert.equal(head, 'Login 0123456789ab of jdoe from 192.0.2.1:1645: not decided yet')
})

test('what another version answers is not taken for traces', () => {
  assert.deepEqual(readTraces([]), [])
  assert.equal(readTraces({}), undefined)
  assert.equal(readTraces([{loginId: 'a', userName: 'b', from: 'c', steps: [{timeMs: '1'}]}]), undefined)
  fc.assert(fc.property(fc.jsonValue(), (value) => void readTraces(value)))
})

const event = (minute: number, id: string, user: string, stage: string, status: string, reason: string) =>
  JSON.stringify({
    timestamp: new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString(),
    login_id: id,
    username: user,
    auth_stage: stage,
    status,
    reason,
    msg: 'said',
    nas: '192.0.2.1',
    server_section: 'radius_server_challenge',
    factor: null,
    client_ip: null,
  })

test('results are found over turned files, newest login first, and lines that are no events are passed over', async (t) => {
  const folder = await place(t)
  const path = join(folder, 'authevents.log')
  await writeFile(`${path}.2`, `${event(1, 'one', 'jdoe', 'Secondary authentication', 'Allow', 'approved')}\n`)
  await writeFile(
    `${path}.1`,
    `${event(2, 'two', 'jdoe', 'Primary authentication', 'Allow', 'accept')}\nnot JSON\n{"a":1}\n`,
  )
  await writeFile(
    path,
    `${event(3, 'two', 'jdoe', 'Secondary authentication', 'Reject', 'factor-denied')}\n` +
      `${event(4, 'three', 'bob', 'Primary authentication', 'Reject', 'wrong-password')}\n` +
      `${event(5, 'four', 'jdoe', 'Primary authentication', 'Reject', 'wrong-password')}\n`,
  )
  const logins = await readAuthEvents(path, {userName: 'jdoe', last: 5})
  assert.deepEqual(
    logins.map((events) => events.map(({loginId, reason}) => `${loginId} ${reason}`)),
    [['four wrong-password'], ['two accept', 'two factor-denied'], ['one approved']],
  )
  const one = await readAuthEvents(path, {userName: 'jdoe', last: 1})
  assert.deepEqual(
    one.map(([first]) => first?.loginId),
    ['four'],
  )
  const two = await readAuthEvents(path, {loginId: 'two'})
  assert.equal(two[0]?.length, 2)
  const trace = traceOfAuthEvents(two[0] ?? [])
  assert.ok(trace !== undefined)
  assert.match(traceLines(trace)[0] ?? '', /reject, factor-denied$/)
  assert.deepEqual(await readAuthEvents(join(folder, 'none', 'authevents.log'), {loginId: 'two'}), [])
})

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'authproxy-explain-'))
  t.after(() => rm(folder, {recursive: true, force: true}))
  return folder
}
