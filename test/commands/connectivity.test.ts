import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {after, before, test} from 'node:test'
import {runProgram} from '../support/program.ts'
import {ServedProxy} from '../support/serve-process.ts'

type Checks = {
  ok: boolean
  file: string
  checks: {
    section: string
    target: string
    check: string
    status: 'ok' | 'warning' | 'failed' | 'skipped'
    durationMs: number
    detail: string
    hint: string
  }[]
}

let proxy: ServedProxy
before(async () => {
  proxy = await ServedProxy.start({
    users: [{userName: 'jdoe', phones: [{number: '+15555551234'}]}],
    main: ['test_connectivity_on_startup=true'],
  })
})
after(() => proxy.close())

const connectivity = (...args: string[]) => runProgram(['connectivity', '-c', proxy.configFile, ...args])

test('beside the running proxy: every check is fine, and the port is known to be its own', async () => {
  const {code, stdout, stderr} = await connectivity('--json')
  const {ok, file, checks}: Checks = JSON.parse(stdout)
  assert.deepEqual(
    checks.filter(({status}) => status === 'failed'),
    [],
  )
  assert.deepEqual([code, ok, file, stderr], [0, true, proxy.configFile, ''])
  const listen = checks.find(({check}) => check === 'listen')
  assert.equal(listen?.detail, `held by the running authproxy (pid ${proxy.pid}), which is ready`)
  for (const each of checks) {
    assert.deepEqual(Object.keys(each), ['section', 'target', 'check', 'status', 'durationMs', 'detail', 'hint'])
    assert.ok(Number.isInteger(each.durationMs) && each.durationMs >= 0)
  }
})

test('plain lines, one section, and connectivity_tool.log without secrets', async () => {
  const {code, stdout} = await connectivity('--only', 'radius_client', '--radius-user', 'nobody')
  assert.equal(code, 0)
  assert.match(stdout, /^ok +\[radius_client\] 127\.0\.0\.1:\d+ status-server: answers Status-Server/m)
  assert.match(stdout, /^ok +\[radius_client\] 127\.0\.0\.1:\d+ access-request: rejects "nobody", as it should/m)
  assert.match(stdout, /^2 checks: 2 ok, 0 with a warning, 0 failed, 0 not run$/m)
  const log = readFileSync(join(proxy.folder, 'log/connectivity_tool.log'), 'utf8')
  assert.match(log, /Checking section 'radius_client' with configuration: \[radius_client\] host_1=127\.0\.0\.1/)
  assert.match(log, /SUMMARY/)
  assert.doesNotMatch(log, /primary-secret-not-real/)
})

test('a failed check is exit code 1 with its cause and the next step, what needs it is not run', async () => {
  const before = readFileSync(proxy.configFile, 'utf8')
  const {code, stdout} = await runProgram([
    'connectivity',
    '-c',
    proxy.writeBeside('broken.cfg', before.replace(/^api_port=.*$/m, 'api_port=9')),
    '--only',
    'radius_server_challenge',
    '--json',
  ])
  assert.equal(code, 1)
  const {ok, checks}: Checks = JSON.parse(stdout)
  assert.equal(ok, false)
  const tcp = checks.find(({check}) => check === 'tcp')
  assert.equal(tcp?.status, 'failed')
  assert.notEqual(tcp?.hint, '')
  assert.deepEqual(
    checks.filter(({status}) => status === 'skipped').map(({check, detail}) => `${check}: ${detail}`),
    ['tls', 'ping', 'clock', 'credentials', 'api'].map(
      (check) => `${check}: not run, because the check "tcp" of 127.0.0.1:9 failed`,
    ),
  )
})

test('what keeps it from running is exit code 2', async () => {
  assert.equal((await connectivity('--only', 'no_such_section')).code, 2)
  assert.equal((await runProgram(['connectivity', '-c', '/no/such/file.cfg'])).code, 2)
  const broken = await runProgram(['connectivity', '-c', proxy.writeBeside('errors.cfg', '[main]\ndebug=perhaps\n')])
  assert.equal(broken.code, 2)
  assert.match(broken.stderr, /errors\.cfg:2:7 error C\d+ /)
  assert.equal((await connectivity('--timeout', '0')).code, 2)
})

test('test_connectivity_on_startup writes what it finds to the log', async () => {
  const deadline = Date.now() + 15_000
  while (
    !/connectivity#info\] \[radius_server_challenge\] udp 127\.0\.0\.1:\d+ listen: held by/.test(
      proxy.log('authproxy.log'),
    )
  ) {
    assert.ok(Date.now() < deadline, proxy.log('authproxy.log'))
    await new Promise(setImmediate)
  }
  assert.match(
    proxy.log('authproxy.log'),
    /connectivity#info\] \[radius_server_challenge\] 127\.0\.0\.1:\d+ credentials: /,
  )
})
