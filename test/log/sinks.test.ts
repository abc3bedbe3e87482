import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import {createLog} from '../../src/core/log/log.ts'
import {createLogSinks, type LogOptions} from '../../src/core/log/sinks.ts'
import {realWorld} from '../../src/core/world.ts'
import {authRecord, record} from './records.ts'

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'authproxy-sinks-'))
  t.after(() => rm(path, {recursive: true, force: true}))
  return path
}

function options(directory: string, more: Partial<LogOptions> = {}): LogOptions {
  return {
    hostname: 'proxy1',
    version: '1.2.3',
    format: 'text',
    directory,
    file: undefined,
    stdout: false,
    syslog: undefined,
    authEvents: true,
    maxSize: 10 * 1024 * 1024,
    maxFiles: 6,
    ...more,
  }
}

test('every event goes to authproxy.log, results of authentications to authevents.log too', async (t) => {
  const path = await folder(t)
  const sinks = createLogSinks(realWorld, options(path))
  for (const sink of sinks) {
    sink.write(record('Listening'))
    sink.write(authRecord())
  }
  await Promise.all(sinks.map((sink) => sink.close()))
  const [first, second] = (await readFile(join(path, 'authproxy.log'), 'utf8')).split('\n')
  assert.match(first ?? '', /\[radius#info\] Listening$/)
  assert.match(second ?? '', /Success\. Logging you in\.\.\. \[login L7Q2\]$/)
  const results = (await readFile(join(path, 'authevents.log'), 'utf8')).trim().split('\n')
  assert.equal(results.length, 1)
  assert.equal(JSON.parse(results[0] ?? '').login_id, 'L7Q2')
})

test('authproxy.log is the default only when nothing else is written', async (t) => {
  const path = await folder(t)
  const edge = {processId: 1, journal: false, report: () => {}}
  const syslog = {facility: 'LOG_USER', target: undefined} as const
  assert.equal(createLogSinks(realWorld, options(path, {authEvents: false}), edge).length, 1)
  assert.equal(createLogSinks(realWorld, options(path, {authEvents: false, syslog}), edge).length, 1)
  assert.equal(createLogSinks(realWorld, options(path, {authEvents: false, syslog, file: true}), edge).length, 2)
  const journal = {...edge, journal: true}
  assert.equal(createLogSinks(realWorld, options(path, {authEvents: false, syslog, stdout: true}), journal).length, 1)
  assert.deepEqual(await readdir(path), [])
})

test('a log folder that cannot be used is told once for each log, and emitting never throws', async (t) => {
  const path = join(await folder(t), 'log')
  await writeFile(path, 'in the way')
  const reports: string[] = []
  const edge = {processId: 1, journal: false, report: (problem: string) => reports.push(problem)}
  const sinks = createLogSinks(realWorld, options(path), edge)
  const log = createLog(realWorld, sinks, {debug: true})
  for (let i = 0; i < 100; i++) log.emit('proxy.stopped', {unfinishedLogins: i})
  await Promise.all(sinks.map((sink) => sink.close()))
  assert.equal(reports.length, 1)
  assert.match(reports[0] ?? '', /cannot write .*authproxy\.log.*logins go on without it/)
})

test('standard output carries priorities for the journal, and a reader that sleeps stops nobody', async () => {
  const script = `
    const {createLogSinks} = await import('./src/core/log/sinks.ts')
    const {createLog} = await import('./src/core/log/log.ts')
    const {realWorld} = await import('./src/core/world.ts')
    const options = {hostname: 'h', version: '1', format: 'text', directory: '/nowhere', file: false, stdout: false,
      syslog: {facility: 'LOG_USER', target: undefined}, authEvents: false, maxSize: 0, maxFiles: 0}
    const sinks = createLogSinks(realWorld, options, {processId: 1, journal: true, report: () => {}})
    const log = createLog(realWorld, sinks, {debug: false})
    for (let i = 0; i < 5000; i++) log.emit('proxy.stopped', {unfinishedLogins: i})
    process.stderr.write('emitted')
    process.stdin.once('data', async () => { await sinks[0].close(); process.exit(0) })
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {stdio: 'pipe'})
  const closed = once(child, 'close')
  await once(child.stderr, 'data')
  // More than a pipe holds was emitted and nobody has read: the process must still be alive to its input.
  child.stdin.write('end')
  let out = ''
  for await (const octets of child.stdout) out += octets
  assert.equal((await closed)[0], 0)
  const lines = out.trim().split('\n')
  assert.equal(lines.length, 5000)
  assert.equal(lines[4999], '<6>[authproxy#info] Stopped, 4999 logins left unfinished')
})
