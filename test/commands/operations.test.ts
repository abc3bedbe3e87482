import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {type AddressInfo, createServer} from 'node:net'
import {join} from 'node:path'
import {after, before, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {ServedProxy} from '../support/serve-process.ts'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

async function authproxy(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], {env: {...process.env, NO_COLOR: '1'}})
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code]: unknown[] = await once(child, 'close')
  return {code, stdout, stderr}
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  await new Promise((resolve) => server.close(resolve))
  return address !== null && typeof address === 'object' ? address.port : 0
}

let proxy: ServedProxy
let metricsPort: number
before(async () => {
  metricsPort = await freeTcpPort()
  proxy = await ServedProxy.start({
    users: [{userName: 'jdoe', phones: [{number: '+15555551234'}], answer: 'approve'}],
    main: [`metrics_listen=127.0.0.1:${metricsPort}`],
  })
})
after(() => proxy.close())

const page = (path: string) => fetch(`http://127.0.0.1:${metricsPort}${path}`)

test('a login is in the metrics, in both logs, and in the status', async () => {
  assert.equal((await proxy.login('jdoe', '1')).outcome, 'accept')
  const text = await (await page('/metrics')).text()
  const labels = 'client="127.0.0.1",section="radius_server_challenge"'
  assert.match(text, new RegExp(`^authproxy_logins_total{${labels},outcome="challenge",reason="prompt"} 1$`, 'm'))
  assert.match(text, new RegExp(`^authproxy_logins_total{${labels},outcome="accept",reason="approved"} 1$`, 'm'))
  assert.match(text, /^authproxy_duo_seconds_count{path="\/auth\/v2\/preauth",outcome="ok"} 1$/m)
  assert.match(text, /^authproxy_ready 1$/m)
  assert.deepEqual(await (await page('/readyz')).json(), {ready: true, reasons: []})

  const results = (await proxy.logged('authevents.log', /Secondary authentication/))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const [primary, final] = results
  assert.equal(results.length, 2)
  assert.deepEqual([primary.auth_stage, primary.status], ['Primary authentication', 'Allow'])
  assert.deepEqual([final.auth_stage, final.status, final.factor], ['Secondary authentication', 'Allow', 'push1'])
  assert.equal(final.client_ip, '198.51.100.7')
  assert.match(
    await proxy.logged('authproxy.log', /AccessAccept/),
    new RegExp(`\\(\\('127\\.0\\.0\\.1', \\d+\\), jdoe, \\d+\\): .*${final.login_id}`),
  )

  const status = JSON.parse((await authproxy('status', '--json', '-c', proxy.configFile)).stdout)
  assert.equal(status.ready, true)
  assert.deepEqual(status.logins, {accept: 1, reject: 0, challenge: 1})
})

test('a reload says what changed, takes the metrics away and brings them back; a mistake changes nothing', async () => {
  proxy.configure({server: ['api_timeout=7']})
  const reload = await authproxy('reload', '-c', proxy.configFile)
  assert.equal(reload.code, 0, reload.stderr)
  assert.match(reload.stdout, /api_timeout/)
  await assert.rejects(page('/livez'))

  proxy.configure({server: ['failmod=safe'], main: [`metrics_listen=127.0.0.1:${metricsPort}`]})
  const refused = await authproxy('reload', '-c', proxy.configFile)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /nothing has changed:\n.*failmod/)
  await assert.rejects(page('/livez'))

  proxy.configure({main: [`metrics_listen=127.0.0.1:${metricsPort}`]})
  assert.equal((await authproxy('reload', '-c', proxy.configFile)).code, 0)
  assert.equal((await page('/livez')).status, 200)
  assert.equal((await proxy.login('jdoe', '1')).outcome, 'accept')
})

test('a reload turns debug off and on, sends the log elsewhere, and says what waits for a restart', async () => {
  const metrics = `metrics_listen=127.0.0.1:${metricsPort}`
  proxy.configure({log: 'quiet', main: [metrics]})
  const quieter = await authproxy('reload', '-c', proxy.configFile)
  assert.match(quieter.stdout, /debug: true -> false$/m)
  assert.equal((await proxy.login('jdoe', '1')).outcome, 'accept')
  const mark = proxy.log('authproxy.log').length
  assert.equal((await proxy.login('jdoe', '1')).outcome, 'accept')

  const elsewhere = join(proxy.folder, 'log2')
  mkdirSync(elsewhere)
  proxy.configure({main: [metrics, `log_dir=${elsewhere}`, 'log_format=json', `state_key=${'k'.repeat(40)}`]})
  const moved = await authproxy('reload', '-c', proxy.configFile)
  assert.equal(moved.code, 0, moved.stderr)
  assert.match(moved.stdout, /state_key: .* \(not before a restart\)$/m)
  assert.equal((await proxy.login('jdoe', '1')).outcome, 'accept')
  const quiet = proxy.log('authproxy.log').slice(mark)
  assert.match(quiet, /AccessAccept/)
  assert.doesNotMatch(quiet, /#debug\]/)

  proxy.configure({main: [metrics]})
  assert.equal((await authproxy('reload', '-c', proxy.configFile)).code, 0)
  await proxy.logged('authproxy.log', /log_format: json -> text/)
  const lines = readFileSync(join(elsewhere, 'authproxy.log'), 'utf8').trim().split('\n')
  assert.ok(lines.map((line) => JSON.parse(line)).length > 10)
  assert.ok(lines.some((line) => line.includes('User-Password = *****')))
})

test('start, status, restart and stop of a process in the background', async () => {
  await proxy.end('SIGTERM')
  const control = (verb: string) => authproxy(verb, '-c', proxy.configFile)
  assert.equal((await control('status')).code, 3)
  const started = await control('start')
  assert.equal(started.code, 0, started.stderr)
  const pid = /pid (\d+)/.exec(started.stdout)?.[1]
  try {
    assert.match((await control('start')).stdout, new RegExp(`pid ${pid}\\) is running already`))
    assert.equal((await control('status')).code, 0)
    assert.equal((await proxy.login('jdoe', '1')).outcome, 'accept')
    const restarted = await control('restart')
    assert.equal(restarted.code, 0, restarted.stderr)
    assert.doesNotMatch(restarted.stdout, new RegExp(`pid ${pid}\\)`))
    const good = readFileSync(proxy.configFile)
    writeFileSync(proxy.configFile, `${good}failmod=safe\n`)
    const refused = await control('restart')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /nothing is restarted:\n.*failmod/)
    writeFileSync(proxy.configFile, good)
    assert.equal((await proxy.login('jdoe', '1')).outcome, 'accept')
  } finally {
    assert.deepEqual(await control('stop'), {code: 0, stdout: 'authproxy is stopped\n', stderr: ''})
  }
  assert.equal((await control('status')).code, 3)
})

test('a start that fails says why', async () => {
  proxy.configure({server: ['failmod=safe']})
  const failed = await authproxy('start', '-c', proxy.configFile)
  assert.equal(failed.code, 1)
  assert.match(failed.stderr, /authproxy did not start:\n.*failmod/s)
})

test('no control socket, no pid file, no log folder, no metrics port: logins go on, and each is told', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  assert.ok(address !== null && typeof address === 'object')
  rmSync(join(proxy.folder, 'run'), {recursive: true})
  writeFileSync(join(proxy.folder, 'run'), 'in the way')
  writeFileSync(join(proxy.folder, 'no-folder'), 'in the way')
  proxy.configure({main: [`metrics_listen=127.0.0.1:${address.port}`]})
  await proxy.serve()
  assert.equal((await proxy.login('jdoe', '1')).outcome, 'accept')
  const log = await proxy.logged('authproxy.log', /AccessAccept/)
  assert.match(log, /status, reload and explain cannot be asked/)
  assert.match(log, /The pid file .* cannot be written/)
  assert.match(log, /No metrics: metrics_listen: cannot listen on 127\.0\.0\.1:\d+/)
  await proxy.end('SIGTERM')
  taken.close()

  proxy.configure({main: [`log_dir=${join(proxy.folder, 'no-folder')}`]})
  await proxy.serve()
  assert.equal((await proxy.login('jdoe', '1')).outcome, 'accept')
  assert.equal(await proxy.end('SIGTERM'), 0)
})
