import assert from 'node:assert/strict'
import {after, before, test} from 'node:test'
import {runProgram} from '../support/program.ts'
import {password, ServedProxy} from '../support/serve-process.ts'

type Explained = {
  source: string
  logins: {loginId: string; userName: string; steps: {name: string; text: string; fields: Record<string, unknown>}[]}[]
}

let proxy: ServedProxy
before(async () => {
  proxy = await ServedProxy.start({
    users: [
      {userName: 'jdoe', phones: [{number: '+15555551234'}], answer: 'approve'},
      {userName: 'denier', phones: [{number: '+15555551234'}], answer: 'deny'},
    ],
  })
})
after(() => proxy.close())

const explain = (...args: string[]) => runProgram(['explain', '-c', proxy.configFile, ...args])

async function explained(...args: string[]): Promise<Explained> {
  const {stdout} = await explain('--json', ...args)
  return JSON.parse(stdout)
}

test('every step of a login stands under one id, from the client to the attributes of the reply', async () => {
  assert.equal((await proxy.login('jdoe', '1')).outcome, 'accept')
  const {source, logins} = await explained('--user', 'jdoe', '--last', '10')
  assert.equal(source, 'proxy')
  assert.equal(logins.length, 1, 'the answer is part of the login that was challenged')
  const steps = logins[0]?.steps ?? []
  const names = steps.map(({name}) => name)
  const expected = [
    'login.attempt',
    'login.primary.result',
    'login.preauth',
    'login.challenged',
    'login.decided',
    'radius.reply.sent',
    'login.answered',
    'login.factor.chosen',
    'login.factor.pending',
    'login.factor.result',
    'login.decided',
    'radius.reply.sent',
  ]
  assert.deepEqual(
    names.filter((name) => expected.includes(name)),
    expected,
  )
  const step = (name: string) => steps.findLast((each) => each.name === name)?.fields ?? {}
  assert.equal(step('login.attempt').client, '127.0.0.1')
  assert.equal(step('login.attempt').section, 'radius_server_challenge')
  assert.equal(step('login.attempt').clientAddress, '198.51.100.7')
  assert.equal(step('login.primary.result').detail, `127.0.0.1:${proxy.primary.endpoint.port}`)
  assert.equal(step('login.factor.chosen').factor, 'push1')
  assert.deepEqual(step('radius.reply.sent').attributes, [
    'Reply-Message = Success. Logging you in...',
    'Class = 0x4f553d76706e2d7573657273',
  ])
})

test('for a person: a timeline within 80 columns, and the same by the id in the log', async () => {
  await proxy.login('denier', 'push')
  const {code, stdout} = await explain('--user', 'denier')
  assert.equal(code, 0)
  assert.match(stdout, /^Login [0-9a-f]{12} of denier from 127\.0\.0\.1:\d+: reject, factor-denied\n/)
  assert.match(
    stdout,
    / 0\.000 s {2}login attempt for username 'denier'\n +by client 127\.0\.0\.1 of \[radius_server_challenge\]\n/,
  )
  assert.match(stdout, /User answered with factor push\n/)
  assert.match(stdout, /State = 0x[0-9a-f]{16}\.\.\. \(\d+ octets\)\n/)
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line)
  const id = /^Login ([0-9a-f]{12})/.exec(stdout)?.[1] ?? ''
  await proxy.logged('authproxy.log', new RegExp(`\\[login ${id}\\]`))
  assert.equal((await explain(id)).stdout, stdout)
})

test('no secret and no whole State is told', async () => {
  const said = `${(await explain('--user', 'jdoe')).stdout}${(await explain('--user', 'jdoe', '--json')).stdout}`
  assert.ok(said.length > 1000)
  for (const secret of [
    password,
    'nas-secret-not-real-0001',
    'primary-secret-not-real-0001',
    proxy.cloud.integration.skey,
  ]) {
    assert.ok(!said.includes(secret))
  }
  assert.doesNotMatch(said, /State = 0x[0-9a-f]{17}/)
})

test('a login nobody knows, and a wrong use', async () => {
  const {code, stderr} = await explain('000000000000')
  assert.equal(code, 1)
  assert.match(stderr, /there is no login 000000000000/)
  assert.equal((await explain()).code, 2)
  assert.equal((await explain('000000000000', '--user', 'jdoe')).code, 2)
})

test('when the proxy does not run, authevents.log tells the results', async () => {
  await proxy.end('SIGTERM')
  const {source, logins} = await explained('--user', 'denier')
  assert.equal(source, 'authevents.log')
  assert.deepEqual(
    logins[0]?.steps.slice(0, 2).map(({text}) => text.split(' - ')[0]),
    ['Primary authentication: Allow (accept)', 'Secondary authentication: Reject (factor-denied, push)'],
  )
  const {stdout} = await explain(logins[0]?.loginId ?? '')
  assert.match(stdout, /: reject, factor-denied\n/)
  assert.equal((await explain('--user', 'nobody')).code, 1)
})
