// The built program with `workers=2`: real processes on one port. A gateway here is one source port, so one worker.
import assert from 'node:assert/strict'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, test} from 'node:test'
import {type Attribute, attributeType, type Endpoint, firstAttribute} from '../../src/core/radius/packet.ts'
import {Secret} from '../../src/core/secret.ts'
import type {LoginReport, Nas} from '../../src/core/simulate/nas.ts'
import type {ExchangePolicy} from '../../src/core/simulate/request-line.ts'
import {runProgram} from '../support/program.ts'
import {freeUdpPort, NAS_SECRET, password, ServedProxy} from '../support/serve-process.ts'

const phones = [{number: '+15555551234'}]
const users = [
  {userName: 'scout', phones, answer: 'deny' as const},
  {userName: 'finder', phones, answer: 'approve' as const},
  {userName: 'jdoe', phones, answer: 'approve' as const},
  {userName: 'denier', phones, answer: 'deny' as const},
  {userName: 'exempted', phones, answer: 'deny' as const},
  ...[
    ...['both', 'one-push', 'killed', 'asked', 'reloaded', 'drained', 'orphan'],
    ...['retried', 'retried-killed', 'concat', 'duo-only'],
  ].map((userName) => ({
    userName,
    phones,
    answer: 'wait' as const,
  })),
]

let proxy: ServedProxy
let main: readonly string[]
let metricsPort: number
/** Of the modes that send a push without asking first, and of one with few logins a second. */
let ports: {readonly auto: number; readonly concat: number; readonly duoOnly: number; readonly slow: number}
before(async () => {
  metricsPort = await freeUdpPort()
  ports = {
    auto: await freeUdpPort(),
    concat: await freeUdpPort(),
    duoOnly: await freeUdpPort(),
    slow: await freeUdpPort(),
  }
  main = ['workers=2', 'push_guard_denials=2', `metrics_listen=127.0.0.1:${metricsPort}`]
  proxy = await ServedProxy.start({users, main})
  configure()
  await proxy.end('SIGTERM')
  await proxy.serve()
})

/** The section that every test has, with these lines, and the others behind it. */
function configure(server: readonly string[] = [], more: readonly string[] = []): void {
  const {cloud} = proxy
  const section = (name: string, port: number, ...own: readonly string[]) => [
    `[${name}]`,
    `ikey=${cloud.integration.ikey}`,
    `skey=${cloud.integration.skey}`,
    `api_host=${cloud.host}`,
    `api_port=${cloud.port}`,
    'failmode=secure',
    `port=${port}`,
    'interface=127.0.0.1',
    'radius_ip_1=127.0.0.1',
    `radius_secret_1=${NAS_SECRET}`,
    ...own,
  ]
  proxy.configure({
    main: [...main, ...more],
    server: [
      ...server,
      ...section('radius_server_auto', ports.auto),
      ...section('radius_server_concat', ports.concat),
      ...section('radius_server_duo_only', ports.duoOnly),
      ...section('radius_server_auto2', ports.slow, 'client_logins_per_second=1', 'exempt_username_1=exempted'),
    ],
  })
}
after(async () => {
  await proxy.close()
  // Those too that a failed test has left open.
  await Promise.all(opened.map((nas) => nas.close()))
})

const opened: Nas[] = []
function gateway(endpoint: Endpoint, policy: ExchangePolicy): Nas {
  const nas = proxy.nas(endpoint, policy)
  opened.push(nas)
  return nas
}

function workerPids(): readonly [number, number] {
  const path = `/proc/${proxy.pid}/task/${proxy.pid}/children`
  const [one, other, ...more] = readFileSync(path, 'latin1').split(' ').filter(Boolean).map(Number)
  if (one === undefined || other === undefined || more.length > 0) throw new Error('there are not two workers')
  return [one, other]
}

/** A gateway whose port the kernel has given to this worker: while the other one is stopped, this one answers. */
async function nasOf(pid: number, port = proxy.port): Promise<Nas> {
  const others = workerPids().filter((each) => each !== pid)
  const endpoint = {address: '127.0.0.1', port}
  const tried = Array.from({length: 16}, () => gateway(endpoint, {timeoutMs: 500, retries: 60}))
  for (const other of others) process.kill(other, 'SIGSTOP')
  const logins = tried.map(async (nas) => {
    await ask(nas, 'finder', password)
    return nas
  })
  const found = await Promise.race(logins).finally(() => {
    for (const other of others) process.kill(other, 'SIGCONT')
  })
  await Promise.all(logins)
  await Promise.all(tried.map((nas) => (nas === found ? undefined : nas.close())))
  return found
}

function ask(nas: Nas, userName: string, typed: string, state?: Buffer, session?: string): Promise<LoginReport> {
  const extra: Attribute[] = []
  if (state !== undefined) extra.push({type: attributeType.state, value: state})
  if (session !== undefined) extra.push({type: attributeType.acctSessionId, value: Buffer.from(session)})
  return nas.login({
    userName,
    password: new Secret(typed),
    clientAddress: undefined,
    extra,
    answer: async () => undefined,
  })
}

/** The password is right; gives the State of the question. */
async function firstRound(nas: Nas, userName: string): Promise<Buffer> {
  return stateOf(await ask(nas, userName, password))
}

function stateOf(report: LoginReport): Buffer {
  const reply = report.rounds.at(-1)?.reply?.packet
  const state = reply && firstAttribute(reply.attributes, attributeType.state)
  if (state === undefined)
    throw new Error(`no challenge: ${report.outcome} ${messageOf(report)} ${report.problem ?? ''}`)
  return state
}

function messageOf(report: LoginReport): string {
  const reply = report.rounds.at(-1)?.reply?.packet
  return (reply && firstAttribute(reply.attributes, attributeType.replyMessage)?.toString()) ?? ''
}

const pushesTo = (userName: string) => proxy.cloud.pushes.filter((push) => push.userName === userName).length

/** A push whose transaction is on record. */
async function untilOut(userName: string): Promise<void> {
  await proxy.logged('authproxy.log', new RegExp(`${userName},.*is out, transaction`))
}

/** So many requests of this user have come in. */
async function untilTried(userName: string, times: number): Promise<void> {
  await proxy.logged('authproxy.log', new RegExp(`(login attempt for username '${userName}'[^]*){${times}}`, 'i'))
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  return [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  )
}

/** Resolves when the process is gone. */
async function untilGone(pid: number): Promise<void> {
  for (const endMs = performance.now() + 10_000; ; await new Promise(setImmediate)) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    assert.ok(performance.now() < endMs, `process ${pid} is still there`)
  }
}

/** Two gateways, one for each worker. */
async function twoGateways(port = proxy.port): Promise<{
  readonly one: Nas
  readonly other: Nas
  readonly close: () => Promise<unknown>
}> {
  const [first, second] = workerPids()
  const [one, other] = [await nasOf(first, port), await nasOf(second, port)]
  return {one, other, close: () => Promise.all([one.close(), other.close()])}
}

test('a challenge of one worker is answered at the other: one push, one login, and used for both of them', async () => {
  const {one, other, close} = await twoGateways()
  const state = await firstRound(one, 'jdoe')
  const accepted = await ask(other, 'jdoe', 'push', state)
  assert.equal(accepted.outcome, 'accept')
  assert.equal(pushesTo('jdoe'), 1)
  const replayed = await ask(one, 'jdoe', 'push', state)
  assert.equal(replayed.outcome, 'reject')
  assert.equal(messageOf(replayed), 'Unknown Challenge')
  assert.equal(pushesTo('jdoe'), 1)
  await close()

  const {stdout} = await runProgram(['explain', '--user', 'jdoe', '--json', '-c', proxy.configFile])
  const {logins} = JSON.parse(stdout)
  const [login, ...more] = logins
  assert.equal(more.length, 0)
  const names = login.steps.map(({name}: {name: string}) => name)
  assert.ok(names.includes('login.attempt') && names.includes('login.answered'), names.join())
})

test('the same State and answer at both workers at once: one push, and the same decision', async () => {
  const {one, other, close} = await twoGateways()
  const state = await firstRound(one, 'both')
  const pushed = proxy.cloud.nextPush()
  const answers = [ask(one, 'both', 'push', state), ask(other, 'both', 'push', state)]
  await pushed
  // One more, now that the push is out.
  answers.push(ask(other, 'both', 'push', state))
  await untilOut('both')
  proxy.cloud.phone.approve()
  assert.deepEqual(
    (await Promise.all(answers)).map(({outcome}) => outcome),
    ['accept', 'accept', 'accept'],
  )
  assert.equal(pushesTo('both'), 1)
  await close()
})

test('one pending push a user, whichever worker sends it', async () => {
  const {one, other, close} = await twoGateways()
  const first = ask(one, 'one-push', 'push', await firstRound(one, 'one-push'))
  await untilOut('one-push')
  const second = await ask(other, 'one-push', 'push', await firstRound(other, 'one-push'))
  assert.match(messageOf(second), /already waiting on your phone/)
  assert.equal(await metric('authproxy_pending_pushes'), 1)
  proxy.cloud.phone.approve()
  assert.equal((await first).outcome, 'accept')
  assert.equal(pushesTo('one-push'), 1)
  await close()
})

test('denied pushes count together, wherever they were denied', async () => {
  const {one, other, close} = await twoGateways()
  for (const nas of [one, other]) {
    assert.equal((await ask(nas, 'denier', 'push', await firstRound(nas, 'denier'))).outcome, 'reject')
  }
  const third = await ask(one, 'denier', 'push', await firstRound(one, 'denier'))
  assert.match(messageOf(third), /paused/)
  assert.equal(pushesTo('denier'), 2)
  await close()
})

test('a reload reaches all workers, a bad one none of them; logins in work end on what they began with', async () => {
  const {one, other, close} = await twoGateways()
  const pending = ask(one, 'reloaded', 'push', await firstRound(one, 'reloaded'))
  await untilOut('reloaded')
  configure(['exempt_username_1=exempted'])
  await proxy.reload()
  for (const nas of [one, other]) assert.equal((await ask(nas, 'exempted', password)).outcome, 'accept')
  // Neither is a file that nobody has loaded anything to a worker that starts now.
  configure(['exempt_username_1=exempted', 'factors=nonsense'])
  const refused = await runProgram(['reload', '-c', proxy.configFile])
  assert.equal(refused.code, 1)
  for (const nas of [one, other]) assert.equal((await ask(nas, 'exempted', password)).outcome, 'accept')
  proxy.cloud.phone.approve()
  assert.equal((await pending).outcome, 'accept')
  await close()
})

test('kill -9 of a worker with a push out: the gateway asks again and gets its Accept, with no second push', async () => {
  const [victim, survivor] = workerPids()
  const counted = await metric('authproxy_logins_total')
  const nas = await nasOf(victim)
  const pending = ask(nas, 'killed', 'push', await firstRound(nas, 'killed'))
  await untilOut('killed')
  process.kill(victim, 'SIGKILL')
  await untilGone(victim)
  proxy.cloud.phone.approve()
  assert.equal((await pending).outcome, 'accept')
  assert.equal(pushesTo('killed'), 1)
  await proxy.logged('authproxy.log', /Worker \d \(process \d+\) ended: SIGKILL/)
  await proxy.logged('authproxy.log', /Worker \d serves as process/)
  const now = workerPids()
  assert.ok(now.includes(survivor) && !now.includes(victim))
  // The new worker serves what was last loaded, not the broken file that lies there by now.
  const replaced = await nasOf(now.find((pid) => pid !== survivor) ?? 0)
  assert.equal((await ask(replaced, 'exempted', password)).outcome, 'accept')
  assert.equal(await metric('authproxy_worker_restarts_total'), 1)
  assert.ok((await metric('authproxy_logins_total')) > counted, 'no count falls with a worker')
  await Promise.all([nas.close(), replaced.close()])
  configure()
  await proxy.reload()
})

test('kill -9 of a worker that has just asked for a push: it may be out, so there is no second one', async () => {
  const [victim] = workerPids()
  const nas = await nasOf(victim)
  const state = await firstRound(nas, 'asked')
  proxy.cloud.fail('/auth/v2/auth', {kind: 'hang'})
  const calls = proxy.cloud.count('/auth/v2/auth')
  const pending = ask(nas, 'asked', 'push', state)
  while (proxy.cloud.count('/auth/v2/auth') === calls) await new Promise(setImmediate)
  process.kill(victim, 'SIGKILL')
  assert.equal((await pending).outcome, 'reject')
  assert.equal(pushesTo('asked'), 0)
  proxy.cloud.heal()
  await nas.close()
  const started = () => proxy.log('authproxy.log').match(/Worker \d serves as process/g)?.length ?? 0
  while (started() < 2) await new Promise(setImmediate)
})

test('without a prompt: a retry that comes to the other worker gets the decision of the first, with one push', async () => {
  const {one, other, close} = await twoGateways(ports.auto)
  const pushed = proxy.cloud.nextPush()
  const retries = [one, other, other].map((nas) => ask(nas, 'retried', password, undefined, 'session-1'))
  await pushed
  retries.push(ask(other, 'retried', password, undefined, 'session-1'))
  await untilOut('retried')
  await untilTried('retried', 4)
  // Another session is another login: it never rides on this push.
  const stranger = await ask(other, 'retried', password, undefined, 'session-2')
  assert.deepEqual([stranger.outcome, pushesTo('retried')], ['reject', 1])
  assert.match(messageOf(stranger), /already waiting on your phone/)
  proxy.cloud.phone.approve()
  assert.deepEqual(
    (await Promise.all(retries)).map(({outcome}) => outcome),
    ['accept', 'accept', 'accept', 'accept'],
  )
  assert.equal(pushesTo('retried'), 1)
  await close()
})

test('without a prompt: kill -9 of the worker with the push out, and the retry waits for that push', async () => {
  const [victim, survivor] = workerPids()
  const nas = await nasOf(victim, ports.auto)
  const pending = ask(nas, 'retried-killed', password, undefined, 'session-3')
  await untilOut('retried-killed')
  const ended = proxy.log('authproxy.log').match(/Worker \d serves as process/g)?.length ?? 0
  process.kill(victim, 'SIGKILL')
  await untilGone(victim)
  proxy.cloud.phone.approve()
  assert.equal((await pending).outcome, 'accept')
  assert.equal(pushesTo('retried-killed'), 1)
  await nas.close()
  const started = () => proxy.log('authproxy.log').match(/Worker \d serves as process/g)?.length ?? 0
  while (started() === ended) await new Promise(setImmediate)
  assert.ok(workerPids().includes(survivor))
})

for (const [mode, userName, typed] of [
  ['concat', 'concat', `${password},push`],
  ['duoOnly', 'duo-only', 'push'],
] as const) {
  test(`${mode}: one pending push a user, and every worker serves`, async () => {
    const {one, other, close} = await twoGateways(ports[mode])
    const first = ask(one, userName, typed, undefined, 'session-4')
    await untilOut(userName)
    const second = await ask(other, userName, typed)
    assert.equal(second.outcome, 'reject')
    const joined = ask(other, userName, typed, undefined, 'session-4')
    await untilTried(userName, 3)
    proxy.cloud.phone.approve()
    assert.deepEqual([(await first).outcome, (await joined).outcome], ['accept', 'accept'])
    assert.equal(pushesTo(userName), 1)
    await close()
  })
}

test('client_logins_per_second is a limit of the service, whichever workers a gateway speaks to', async () => {
  const {one, other, close} = await twoGateways()
  await close()
  const endpoint = {address: '127.0.0.1', port: ports.slow}
  const startedMs = performance.now()
  // Sixteen ports: both workers have some of them.
  const gateways = Array.from({length: 16}, () => gateway(endpoint, {timeoutMs: 1000, retries: 0}))
  const logins = await Promise.all(
    gateways.flatMap((nas) => [ask(nas, 'exempted', password), ask(nas, 'exempted', password)]),
  )
  const accepted = logins.filter(({outcome}) => outcome === 'accept').length
  // Ten seconds' worth at once, and one for each second that has passed.
  const most = 10 + Math.ceil((performance.now() - startedMs) / 1000)
  assert.ok(accepted >= 10 && accepted <= most, `${accepted} were accepted, at most ${most} may be`)
  assert.ok((await metric('authproxy_discarded_total')) >= logins.length - accepted)
  await Promise.all([...gateways, one, other].map((nas) => nas.close()))
})

test('a worker has no secret in its arguments or its environment', () => {
  for (const pid of workerPids()) {
    const [, program, clock, ...more] = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').filter(Boolean)
    assert.match(program ?? '', /worker\.js$/)
    assert.match(clock ?? '', /^[\d.]+$/)
    assert.deepEqual(more, [])
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
    for (const secret of [NAS_SECRET, proxy.cloud.integration.skey]) assert.ok(!environment.includes(secret))
  }
})

test('a reload sends the lines of all workers where the first process then writes, one file and one owner', async () => {
  const {one, other, close} = await twoGateways()
  configure(['exempt_username_1=exempted'], ['log_format=json'])
  await proxy.reload()
  for (const nas of [one, other]) assert.equal((await ask(nas, 'exempted', password)).outcome, 'accept')
  const decided = () =>
    proxy
      .log('authproxy.log')
      .split('\n')
      .filter((line) => /^\{.*"login\.decided"/.test(line)).length
  while (decided() < 2) await new Promise(setImmediate)
  configure()
  await proxy.reload()
  await close()
})

test('status and metrics speak for all workers', async () => {
  const {one, other, close} = await twoGateways()
  const status = async () =>
    JSON.parse((await runProgram(['status', '--json', '-c', proxy.configFile])).stdout).logins.challenge
  const [challenges, requests] = [await status(), await metric('authproxy_requests_total')]
  for (const nas of [one, other, other]) await firstRound(nas, 'scout')
  assert.equal(await status(), challenges + 3)
  assert.equal(await metric('authproxy_requests_total'), requests + 3)
  assert.equal(await metric('authproxy_ready'), 1)
  await close()
})

test('connectivity knows the workers as the service that it asks', async () => {
  const {stdout} = await runProgram(['connectivity', '--json', '-c', proxy.configFile])
  const {checks} = JSON.parse(stdout)
  const listens = checks.filter(({check}: {check: string}) => check === 'listen')
  assert.ok(listens.length > 0)
  for (const {detail} of listens)
    assert.ok(detail.startsWith(`held by the running authproxy (pid ${proxy.pid})`), detail)
})

test('a second service on the same port is refused, though workers could share it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-second-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  const path = join(folder, 'authproxy.cfg')
  writeFileSync(path, readFileSync(proxy.configFile, 'utf8').replace(/^http_ca_certs_file=.*$/m, ''), {mode: 0o600})
  const second = await runProgram(['serve', '-c', path])
  assert.equal(second.code, 2)
  assert.match(second.stderr, /cannot listen on UDP .* \(EADDRINUSE\)/)
})

test('kill -9 of the first process ends the workers; the next service finishes the login', async () => {
  const pids = workerPids()
  const nas = gateway(proxy.endpoint, {timeoutMs: 500, retries: 60})
  const pending = ask(nas, 'orphan', 'push', await firstRound(nas, 'orphan'))
  await untilOut('orphan')
  await proxy.end('SIGKILL')
  await Promise.all(pids.map(untilGone))
  await proxy.serve()
  proxy.cloud.phone.approve()
  assert.equal((await pending).outcome, 'accept')
  assert.equal(pushesTo('orphan'), 1)
  await nas.close()
})

test('SIGTERM, to all processes as a terminal sends it: logins in work end, then everything does', async () => {
  const pids = workerPids()
  const {one, other, close} = await twoGateways()
  const pending = ask(one, 'drained', 'push', await firstRound(other, 'drained'))
  await untilOut('drained')
  for (const pid of pids) process.kill(pid, 'SIGTERM')
  const ended = proxy.end('SIGTERM')
  await proxy.logged('authproxy.log', /Stopping \(SIGTERM\), 1 logins in flight/)
  proxy.cloud.phone.approve()
  assert.equal((await pending).outcome, 'accept')
  assert.equal(await ended, 0)
  await Promise.all(pids.map(untilGone))
  assert.match(proxy.log('authproxy.log'), /Stopped, 0 logins left unfinished/)
  await close()
})
