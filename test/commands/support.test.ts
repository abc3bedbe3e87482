import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import {unzipSync} from 'fflate'
import {runProgram} from '../support/program.ts'

/** Every secret that the configuration has, and some that are in the wrong place or only in the logs. */
const secrets = {
  service: 'test-"service"\\not-real',
  radius: 'test-radius#not;real',
  nas1: 'test-nas-one-not-real',
  nas2: 'test-nas-two-not-real-from-file',
  skey: 'testSkeyNotRealTestSkeyNotRealTestSkey00',
  skeyFromEnvironment: 'testEnvNotReal0testEnvNotReal0testEnv000',
  proxy: 'test-proxy-password-not-real',
  state: 'test-state-key-not-real-test-state-key-not-real',
  misspelled: 'test-misspelled-not-real',
  misplaced: 'testMisplacedNotRealtestMisplacedNotReal',
  comment: 'test-comment-not-real',
} as const

function installation(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'authproxy-support-'))
  t.after(() => rmSync(root, {recursive: true, force: true}))
  for (const folder of ['conf', 'log', 'state']) mkdirSync(join(root, folder), {mode: 0o700})
  writeFileSync(join(root, 'conf/nas2'), `${secrets.nas2}\n`)
  const config = join(root, 'conf/authproxy.cfg')
  writeFileSync(
    config,
    `# the old one was: ${secrets.comment}
[main]
state_key=${secrets.state}
http_proxy_host=127.0.0.1
http_proxy_port=9
http_proxy_username=proxyuser
http_proxy_password=${secrets.proxy}
not_an_option=${secrets.misspelled}
[ad_client]
host=127.0.0.1
port=9
service_account_username=svc
service_account_password=${secrets.service}
search_dn=DC=example,DC=com
[radius_client]
host=127.0.0.1
port=9
secret=${secrets.radius}
[radius_server_challenge]
ikey=DIXXXXXXXXXXXXXXXXXX
skey=${secrets.skey}
api_host=api-xxxxxxxx.duosecurity.com
radius_ip_1=192.0.2.1
radius_secret_1=${secrets.nas1}
radius_ip_2=192.0.2.2
radius_secret_2=file:${root}/conf/nas2
client=ad_client
port=18121
[radius_server_challenge2]
ikey=DIXXXXXXXXXXXXXXXXXY
skey=env:AUTHPROXY_TEST_SKEY
api_host=api-xxxxxxxx.duosecurity.com
radius_ip_1=192.0.2.3
radius_secret_1=${secrets.nas1}
client=radius_client
port=18121
`,
    {mode: 0o600},
  )
  const said = Object.values(secrets)
    .filter((secret) => secret !== secrets.comment && secret !== secrets.misspelled)
    .map((secret) => `a line of an older release with ${secret}\n${JSON.stringify({password: secret})}\n`)
  writeFileSync(join(root, 'log/authproxy.log'), said.join(''))
  writeFileSync(join(root, 'log/authevents.log.1'), '{"username":"jdoe"}\n')
  writeFileSync(join(root, 'log/authproxy.log.4'), 'of last year\n')
  utimesSync(join(root, 'log/authproxy.log.4'), 0, Date.UTC(2025, 0, 1) / 1000)
  return {root, config}
}

const environment = {AUTHPROXY_TEST_SKEY: secrets.skeyFromEnvironment}

test('the bundle has everything a helper needs, and not one secret', async (t) => {
  const {root, config} = installation(t)
  const ran = await runProgram(['support', '-c', config, '--json', '--days', '30'], {cwd: root, env: environment})
  assert.equal(ran.code, 0, ran.stderr)
  const {file, contents} = JSON.parse(ran.stdout)
  assert.match(file, /\/authproxy-support-\d{8}-\d{6}\.zip$/)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const unpacked = unzipSync(readFileSync(file))
  assert.deepEqual(Object.keys(unpacked).toSorted(), [...contents].toSorted())
  const texts = new Map(Object.entries(unpacked).map(([name, octets]) => [name, Buffer.from(octets).toString('utf8')]))
  assert.deepEqual(
    [...texts.keys()].toSorted(),
    [
      'README.txt',
      'conf/authproxy.cfg',
      'connectivity.json',
      'connectivity.txt',
      'limits.txt',
      'log/authevents.log.1',
      'log/authproxy.log',
      'log/connectivity_tool.log',
      'status.json',
      'validate.txt',
      'versions.json',
    ].filter((name) => name !== 'log/connectivity_tool.log'),
  )
  const shown = `${ran.stdout}${ran.stderr}`
  for (const [name, secret] of Object.entries(secrets)) {
    if (name === 'misplaced') continue
    for (const form of [secret, JSON.stringify(secret).slice(1, -1)]) {
      for (const [entry, text] of texts) assert.ok(!text.includes(form), `${name} is in ${entry}`)
      assert.ok(!shown.includes(form), name)
    }
  }
  assert.match(texts.get('conf/authproxy.cfg') ?? '', /^ikey=DIXXXXXXXXXXXXXXXXXX$/m)
  assert.match(texts.get('conf/authproxy.cfg') ?? '', /^service_account_password=\*{5}$/m)
  assert.match(texts.get('log/authproxy.log') ?? '', /a line of an older release with \*{5}/)
  assert.match(texts.get('validate.txt') ?? '', /not_an_option/)
  const {checks} = JSON.parse(texts.get('connectivity.json') ?? '')
  assert.ok(
    checks.some(({section, check}: {section: string; check: string}) => section === 'ad_client' && check === 'tcp'),
  )
  assert.deepEqual(JSON.parse(texts.get('status.json') ?? ''), {running: false})
})

test('a file with errors, secrets in the wrong section among them, is packed without checks', async (t) => {
  const {root, config} = installation(t)
  const text = readFileSync(config, 'utf8')
  writeFileSync(config, text.replace('[main]', `[main]\nskey=${secrets.misplaced}\nfailmode`))
  const file = join(root, 'report.zip')
  const ran = await runProgram(['support', '-c', config, '-o', file], {cwd: root, env: environment})
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(ran.stderr, /has errors/)
  const unpacked = unzipSync(readFileSync(file))
  assert.ok(!('connectivity.json' in unpacked))
  for (const [entry, octets] of Object.entries(unpacked)) {
    for (const [name, secret] of Object.entries(secrets)) {
      // Without a configuration that can be read, the references are not followed.
      if (name === 'nas2' || name === 'skeyFromEnvironment') continue
      assert.ok(!Buffer.from(octets).toString('utf8').includes(secret), `${name} is in ${entry}`)
    }
  }
})

test('no file is written over, and a folder that cannot be written in is a fault', async (t) => {
  const {root, config} = installation(t)
  const file = join(root, 'report.zip')
  writeFileSync(file, 'mine')
  const ran = await runProgram(['support', '-c', config, '-o', file, '--no-connectivity'], {
    cwd: root,
    env: environment,
  })
  assert.equal(ran.code, 2)
  assert.match(ran.stderr, /cannot write/)
  assert.equal(readFileSync(file, 'utf8'), 'mine')
})
