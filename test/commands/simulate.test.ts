import assert from 'node:assert/strict'
import {createSocket} from 'node:dgram'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {attributeType} from '../../src/core/radius/packet.ts'
import {Secret} from '../../src/core/secret.ts'
import {FakeRadiusPrimary} from '../../src/core/simulate/radius-primary.ts'
import {realWorld} from '../../src/core/world.ts'
import {runProgram} from '../support/program.ts'

const transcripts = fileURLToPath(new URL('../../fixtures/transcripts/', import.meta.url))
const secretText = 'test-secret-not-real'
const passwordText = 'test-password-not-real'

let folder = ''
let server: FakeRadiusPrimary
let seen: string[] = []
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'authproxy-test-'))
  writeFileSync(join(folder, 'secret'), `${secretText}\n`)
  writeFileSync(join(folder, 'password'), `${passwordText}\n`)
  server = await FakeRadiusPrimary.start(
    {
      secret: new Secret(secretText),
      users: new Map([
        ['jdoe', {password: passwordText, attributes: [{type: attributeType.class, value: Buffer.from('staff')}]}],
        ['asked', {password: passwordText, challenges: [{prompts: ['Code: \x1b[2J'], answer: '424242'}]}],
      ]),
      onRequest: ({attributes}) => {
        seen = attributes.map(({type, value}) => `${type} ${value.toString('latin1')}`)
      },
    },
    realWorld,
  )
})
after(async () => {
  await server.close()
  rmSync(folder, {recursive: true, force: true})
})

const simulate = (...args: string[]) => runProgram(['simulate', ...args], {cwd: folder})
const atServer = (...args: string[]) =>
  simulate(
    ...['--server', `127.0.0.1:${server.endpoint.port}`, '--secret-file', 'secret', '--password-file', 'password'],
    ...args,
  )

test('with nothing configured a push is approved and ends with 0, a wrong passcode with 1', async () => {
  const [push, passcode] = await Promise.all([
    simulate('--user', 'jdoe', '--answer', 'push'),
    simulate('--user', 'jdoe', '--answer', '000000'),
  ])
  assert.equal(push.code, 0, push.stderr)
  assert.match(push.stdout, /<- Access-Challenge[\s\S]*1\. Duo Push to XXX-XXX-1234[\s\S]*<- Access-Accept/)
  assert.match(push.stderr, /embedded proxy/)
  assert.equal(passcode.code, 1, passcode.stderr)
  assert.match(passcode.stdout, /<- Access-Reject[\s\S]*Incorrect passcode/)
})

test('the JSON is one document with outcome, rounds and times, and no secret', async () => {
  const {code, stdout} = await simulate('--user', 'jdoe', '--answer', '123456', '--json')
  assert.equal(code, 0)
  const login = JSON.parse(stdout)
  assert.equal(login.outcome, 'accept')
  assert.equal(typeof login.elapsedMs, 'number')
  assert.equal(login.rounds.length, 2)
  const [first, second] = login.rounds
  assert.equal(first.sent.code, 'Access-Request')
  assert.deepEqual(first.sent.attributes['User-Name'], ['jdoe'])
  assert.deepEqual(first.sent.attributes['User-Password'], ['*****'])
  assert.equal(first.received.code, 'Access-Challenge')
  assert.match(first.received.replyMessage, /Passcode or option \(1-3\): $/)
  assert.equal(typeof first.elapsedMs, 'number')
  assert.equal(second.received.code, 'Access-Accept')
  assert.equal(second.received.messageAuthenticator, 'valid')
  assert.ok(!stdout.includes(passwordText) && !stdout.includes('123456'))
})

test('a server that is named is asked with the attributes of the flags', async () => {
  const {code, stdout} = await atServer(
    ...[
      '--user',
      'jdoe',
      '--calling-station-id',
      'mobile',
      '--attribute',
      'NAS-Identifier=mine',
      '--client-ip',
      '203.0.113.9',
    ],
  )
  assert.equal(code, 0, stdout)
  assert.ok(seen.includes('31 mobile'))
  assert.ok(seen.includes('32 mine'))
  assert.ok(seen.includes('66 \x00203.0.113.9'))
})

test('each further round takes the next answer; control characters of a prompt stay off the terminal', async () => {
  const {code, stdout} = await atServer('--user', 'asked', '--answer', '424242')
  assert.equal(code, 0, stdout)
  assert.ok(stdout.includes('Code: \\x1b[2J'))
  assert.ok(!stdout.includes('\x1b'))
})

test('a challenge without an answer ends with 2 and says so', async () => {
  const {code, stdout} = await atServer('--user', 'asked')
  assert.equal(code, 2)
  assert.match(stdout, /Not decided: the challenge was not answered/)
})

test('a password comes from standard input', async () => {
  const args = [
    'simulate',
    '--server',
    `127.0.0.1:${server.endpoint.port}`,
    '--secret-file',
    'secret',
    '--user',
    'jdoe',
  ]
  const right = await runProgram([...args, '--password', '-'], {cwd: folder, input: `${passwordText}\n`})
  assert.equal(right.code, 0, right.stderr)
  const wrong = await runProgram([...args, '--password', '-'], {cwd: folder, input: 'wrong\n'})
  assert.equal(wrong.code, 1)
})

test('a password in the command line is refused', async () => {
  const {code, stderr} = await simulate('--user', 'jdoe', '--password', 'hunter2')
  assert.equal(code, 2)
  assert.match(stderr, /--password takes only "-"/)
  assert.ok(!stderr.includes('hunter2'))
})

test('no answer in time ends with 3, after the retries', async () => {
  const deaf = createSocket('udp4')
  await new Promise<void>((resolve) => deaf.bind(0, '127.0.0.1', resolve))
  const datagrams: Buffer[] = []
  deaf.on('message', (datagram) => datagrams.push(datagram))
  const {code, stdout} = await simulate(
    ...['--server', `127.0.0.1:${deaf.address().port}`, '--secret-file', 'secret', '--password-file', 'password'],
    ...['--user', 'jdoe', '--timeout', '1', '--retries', '1', '--json'],
  )
  deaf.close()
  assert.equal(code, 3)
  const login = JSON.parse(stdout)
  assert.equal(login.outcome, 'no-reply')
  assert.equal(login.rounds[0].sent.transmissions, 2)
  assert.equal(login.rounds[0].received, null)
  assert.equal(datagrams.length, 2)
  assert.deepEqual(datagrams[0], datagrams[1])
})

test('a reply of somebody with another secret is reported and does not count', async () => {
  server.mode = 'wrong-secret'
  const {code, stdout} = await atServer('--user', 'jdoe', '--timeout', '1')
  server.mode = 'answer'
  assert.equal(code, 3)
  assert.match(stdout, /!! a reply that does not count: wrong Response Authenticator/)
})

test('the second server is asked when the first is silent', async () => {
  const {code, stdout} = await simulate(
    ...['--server', '127.0.0.1:9', '--second-server', `127.0.0.1:${server.endpoint.port}`, '--secret-file', 'secret'],
    ...['--password-file', 'password', '--user', 'jdoe', '--timeout', '1', '--retries', '0', '--json'],
  )
  assert.equal(code, 0)
  assert.equal(JSON.parse(stdout).rounds[0].sent.server, 1)
})

test('the trace shows both packets, masked', async () => {
  const {stdout} = await atServer('--user', 'jdoe', '--trace')
  assert.match(stdout, /User-Password = \*{5}/)
  assert.match(stdout, /Message-Authenticator = \*{5}/)
  assert.ok(!stdout.includes(passwordText))
})

test('many logins give figures, also as JSON', async () => {
  const {code, stdout} = await atServer('--user', 'jdoe', '--count', '200', '--concurrency', '20', '--json')
  assert.equal(code, 0)
  const load = JSON.parse(stdout)
  assert.deepEqual(load.outcomes, {accept: 200, reject: 0, 'no-reply': 0, error: 0})
  assert.equal(load.logins, 200)
  assert.ok(load.latencyMs.p50 <= load.latencyMs.p99 && load.latencyMs.p99 <= load.latencyMs.max)
  const text = await atServer('--user', 'jdoe', '--count', '5')
  assert.match(text.stdout, /logins +5 in .*\noutcomes +5 accepted/)
})

const configuration = (port: number) => `[radius_client]
host=127.0.0.1
secret=${secretText}

[radius_server_challenge]
ikey=DISIMULATED000000000
skey=simulatedSecretKeyNotReal000000000000000
api_host=api-unknown.invalid
port=${port}
radius_ip_1=192.0.2.1
radius_secret_1=another-secret-not-real
radius_ip_2=127.0.0.0/8
radius_secret_2=${secretText}
`

test('the server of the configuration file is asked, with the secret that is for this machine', async () => {
  const file = join(folder, 'authproxy.cfg')
  writeFileSync(file, configuration(server.endpoint.port))
  const {code, stderr} = await simulate('--config', file, '--password-file', 'password', '--user', 'jdoe')
  assert.equal(code, 0, stderr)
  assert.ok(stderr.includes(`Asking [radius_server_challenge] of ${file}`))
})

const misuses: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [[], /--user is missing/],
  [['--user', 'jdoe', '--client-ip', 'home'], /--client-ip home is not an IP address/],
  [['--user', 'jdoe', '--attribute', 'Nonsense=1'], /no attribute named "Nonsense"/],
  [['--user', 'jdoe', '--attribute', 'Class'], /expected NAME=VALUE/],
  [['--user', 'jdoe', '--drop', '2'], /expected a number from 0 to 1/],
  [['--user', 'jdoe', '--profile', 'sonicwall'], /to be one of/],
  [['--user', 'jdoe', '--server', '127.0.0.1'], /--server needs the shared secret/],
  [
    ['--user', 'jdoe', '--server', 'unknown.invalid', '--secret-file', 'secret'],
    /cannot find the address of unknown\.invalid/,
  ],
  [['--user', 'jdoe', '--server', '127.0.0.1:99999', '--secret-file', 'secret'], /a port is 1 to 65535/],
  [['--user', 'jdoe', '--section', 'radius_server_challenge'], /--section needs a configuration file/],
  [['--user', 'jdoe', '--config', 'missing.cfg'], /missing\.cfg/],
]
for (const [args, says] of misuses) {
  test(`misuse ends with 2: simulate ${args.join(' ')}`, async () => {
    const {code, stderr} = await simulate(...args)
    assert.equal(code, 2, stderr)
    assert.match(stderr, says)
  })
}

test('a scenario is played against the embedded proxy', async () => {
  const {code, stdout} = await simulate('--scenario', join(transcripts, 'order-push-approved.txt'))
  assert.equal(code, 0, stdout)
  assert.match(stdout, /^An ordinary login/)
  assert.equal(stdout.match(/^ok /gm)?.length, 10)
})

test('a scenario that is not as written ends with 1 and names the line', async () => {
  const file = join(folder, 'wrong.txt')
  writeFileSync(file, '# Nobody gets in like this.\n\n== login\nnas > jdoe "x"\nnas < Access-Accept\n  | Welcome\n')
  const {code, stdout} = await simulate('--scenario', file, '--json')
  assert.equal(code, 1)
  const played = JSON.parse(stdout)
  assert.equal(played.ok, false)
  assert.deepEqual(
    played.steps.map(({line, result}: {line: number; result: string}) => [line, result]),
    [
      [4, 'ok'],
      [5, 'failed'],
    ],
  )
  assert.match(played.steps[1].problem, /expected Access-Accept, got Access-Reject/)
})

test('a scenario with mistakes ends with 2 and tells all of them', async () => {
  const file = join(folder, 'mistakes.txt')
  writeFileSync(file, '# Mistakes.\n== login\nnas ! x\nwait long\n')
  const {code, stderr} = await simulate('--scenario', file)
  assert.equal(code, 2)
  assert.match(stderr, /mistakes\.txt:3:1 no such step[\s\S]*mistakes\.txt:4:1 expected "wait NUMBER ms\|s\|min"/)
})

test('against a real server the NAS side of a scenario is played, the rest is left out', async () => {
  const file = join(folder, 'live.txt')
  writeFileSync(
    file,
    `# A real server.\n\n== login\nnas > asked "${passwordText}"\nprimary < User-Name=asked\nnas < Access-Challenge\n  | ...\n` +
      'nas > again\nnas < Access-Challenge\n  | ...\nnas > answer "424242"\nlog < login.decided\nnas < Access-Accept\n',
  )
  const {code, stdout} = await simulate(
    ...['--scenario', file, '--server', `127.0.0.1:${server.endpoint.port}`, '--secret-file', 'secret'],
  )
  assert.equal(code, 0, stdout)
  assert.equal(stdout.match(/^-- /gm)?.length, 2)
})

test('an attribute that the Accept should have brought is told when it was lost, and ends with 1', async () => {
  const kept = await atServer('--user', 'jdoe', '--expect', 'Class=staff')
  assert.equal(kept.code, 0, kept.stderr)
  assert.doesNotMatch(kept.stdout, /lost/)
  const one = await atServer('--user', 'jdoe', '--expect', 'Class=staff', '--expect', 'Filter-Id=vpn')
  assert.equal(one.code, 1)
  assert.match(one.stdout, /^xx lost: Filter-Id=vpn$/m)
  const json = await atServer('--user', 'jdoe', '--expect', 'Filter-Id=vpn', '--json')
  assert.deepEqual(JSON.parse(json.stdout).lost, ['Filter-Id=vpn'])
  const many = await atServer('--user', 'jdoe', '--expect', 'Filter-Id=vpn', '--count', '5')
  assert.equal(many.code, 1)
  assert.match(many.stdout, /^attributes +5 accepted without one that was expected$/m)
  const mistaken = await atServer('--user', 'jdoe', '--expect', 'No-Such-Attribute=1')
  assert.equal(mistaken.code, 2)
  assert.match(mistaken.stderr, /the attribute No-Such-Attribute=1: /)
})
