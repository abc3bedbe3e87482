import assert from 'node:assert/strict'
import {execFile} from 'node:child_process'
import {existsSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {after, before, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {Secret} from '../../src/core/secret.ts'
import type {LoginReport} from '../../src/core/simulate/nas.ts'
import {runProgram} from '../support/program.ts'
import {password, ServedProxy} from '../support/serve-process.ts'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const run = promisify(execFile)
const phones = [{number: '+15555551234'}]

let proxy: ServedProxy
before(async () => {
  proxy = await ServedProxy.start({
    users: [
      {userName: 'jdoe', phones, answer: 'approve', passcodes: ['123456'], passcodesLast: true},
      {userName: 'slow', phones, answer: 'wait'},
      {userName: 'denier', phones, answer: 'deny'},
      {userName: 'keeper', phones, answer: 'approve'},
    ],
  })
})
after(() => proxy.close())

test('a login by push ends in Accept with what the primary server gave', async () => {
  const report = await proxy.login('jdoe', '1')
  assert.equal(report.outcome, 'accept')
  const last = report.rounds.at(-1)?.reply?.packet
  assert.equal(last?.attributes.find(({type}) => type === 25)?.value.toString(), 'OU=vpn-users')
  assert.equal(last?.attributes[0]?.type, 80, 'Message-Authenticator is first')
  assert.match(messageOf(report, 0), /1\. Duo Push to XXX-XXX-1234/)
})

test('a passcode, a wrong one, a denied push and a wrong password', async () => {
  assert.equal((await proxy.login('jdoe', '123456')).outcome, 'accept')
  assert.equal((await proxy.login('jdoe', '999999')).outcome, 'reject')
  assert.equal((await proxy.login('denier', 'push')).outcome, 'reject')
  assert.equal((await proxy.login('nobody', '1')).outcome, 'reject')
})

test('kill -9 between challenge and answer: the restarted process finishes the login', async () => {
  const report = await proxy.login('keeper', async () => {
    await proxy.end('SIGKILL')
    await proxy.serve()
    return '1'
  })
  assert.equal(report.outcome, 'accept')
})

test('kill -9 while the push is out: the same answer waits for the same push, and there is no second one', async () => {
  const nas = proxy.nas()
  const started = proxy.cloud.pushesStarted
  const out = () =>
    proxy
      .log('authproxy.log')
      .split('slow,')
      .filter((line) => line.includes('is out, transaction')).length
  const before = out()
  // The gateway's own retry: the same octets, sent again to a process that has never seen them.
  const pending = nas.login({
    userName: 'slow',
    password: new Secret(password),
    clientAddress: undefined,
    extra: [],
    answer: async () => new Secret('push'),
  })
  while (out() === before) await new Promise(setImmediate)
  await proxy.end('SIGKILL')
  await proxy.serve()
  proxy.cloud.phone.approve()
  assert.equal((await pending).outcome, 'accept')
  assert.equal(proxy.cloud.pushesStarted, started + 1)
  await nas.close()
})

test('a second service in the same place is refused, and leaves the journal of the first one alone', async () => {
  const journal = join(proxy.folder, 'state', 'journal')
  const {ino} = statSync(journal)
  const second = await runProgram(['serve', '-c', proxy.configFile])
  assert.equal(second.code, 2)
  assert.match(second.stderr, /another authproxy listens/)
  assert.equal(statSync(journal).ino, ino)
})

test('a State that was used before the kill stays used', async () => {
  const report = await proxy.login('keeper', '1')
  const used = report.rounds[1]?.sent.attributes.find(({type}) => type === 24)?.value
  assert.equal(report.outcome, 'accept')
  await proxy.end('SIGKILL')
  await proxy.serve()
  const nas = proxy.nas()
  const replayed = await nas.login({
    userName: 'keeper',
    password: new Secret('1'),
    clientAddress: '198.51.100.7',
    extra: [{type: 24, value: used ?? Buffer.alloc(0)}],
    answer: async () => undefined,
  })
  await nas.close()
  assert.equal(replayed.outcome, 'reject')
  assert.equal(messageOf(replayed, 0), 'Unknown Challenge')
})

test('what the process leaves on disk is for its user alone, and its logs hold no secret', () => {
  for (const name of ['journal', 'state.key', 'latches']) {
    assert.equal(statSync(join(proxy.folder, 'state', name)).mode & 0o777, 0o600, name)
  }
  assert.equal(statSync(join(proxy.folder, 'state')).mode & 0o777, 0o700)
  const written = proxy.log('authproxy.log') + proxy.log('authevents.log')
  for (const secret of [password, '123456', '999999', 'nas-secret', 'primary-secret', proxy.cloud.integration.skey]) {
    assert.ok(!written.includes(secret), `${secret} is in the logs`)
  }
  assert.match(written, /login attempt for username 'jdoe'/)
})

test('status and explain are answered by the running process', async () => {
  const {stdout} = await run(process.execPath, [program, 'status', '--json', '-c', proxy.configFile])
  const status = JSON.parse(stdout)
  assert.equal(status.running, true)
  assert.deepEqual(status.sections, ['radius_client', 'radius_server_challenge'])
})

test('SIGHUP takes a new configuration; a bad one changes nothing and is named', async () => {
  proxy.configure({server: ['exempt_username_1=denier']})
  await run(process.execPath, [program, 'reload', '-c', proxy.configFile])
  assert.equal((await proxy.login('denier')).outcome, 'accept')
  writeFileSync(proxy.configFile, '[radius_server_challenge]\nikey=nonsense\n', {mode: 0o600})
  await assert.rejects(run(process.execPath, [program, 'reload', '-c', proxy.configFile]))
  assert.equal((await proxy.login('denier')).outcome, 'accept')
  proxy.configure()
  await run(process.execPath, [program, 'reload', '-c', proxy.configFile])
  assert.equal((await proxy.login('denier', 'push')).outcome, 'reject')
})

test('once the modern API has worked, no reload makes way for the legacy one', async () => {
  assert.equal((await proxy.login('jdoe', '123456')).outcome, 'accept')
  proxy.cloud.modes.v2 = 'refused'
  await run(process.execPath, [program, 'reload', '-c', proxy.configFile])
  assert.equal((await proxy.login('jdoe', '123456')).outcome, 'reject')
  assert.equal(proxy.cloud.count('/rest/v1/preauth'), 0)
  proxy.cloud.modes.v2 = 'served'
})

test('SIGTERM gives a pending push time to end', async () => {
  const push = proxy.cloud.nextPush()
  const pending = proxy.login('slow', 'push')
  await push
  const ended = proxy.end('SIGTERM')
  while (!proxy.log('authproxy.log').includes('Stopping (SIGTERM)')) await new Promise(setImmediate)
  proxy.cloud.phone.approve()
  assert.equal((await pending).outcome, 'accept')
  assert.equal(await ended, 0)
  assert.ok(!existsSync(join(proxy.folder, 'run', 'duoauthproxy.pid')))
  await proxy.serve()
})

test('a configuration with an error does not run: exit 2, place and way out', async () => {
  const file = join(proxy.folder, 'conf', 'bad.cfg')
  writeFileSync(file, '[radius_server_challenge]\nfailmod=safe\n', {mode: 0o600})
  await assert.rejects(
    run(process.execPath, [program, 'serve', '-c', file]),
    (error: Error & {code?: number; stderr?: string}) => {
      assert.equal(error.code, 2)
      assert.match(error.stderr ?? '', /bad\.cfg:2:1 error C\d+ .*failmod/)
      return true
    },
  )
})

function messageOf(report: LoginReport, round: number): string {
  return report.rounds[round]?.reply?.packet.attributes.find(({type}) => type === 18)?.value.toString() ?? ''
}
