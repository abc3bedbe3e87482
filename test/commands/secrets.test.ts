import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {readdirSync, readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {logFormats} from '../../src/core/log/format.ts'
import {password, ServedProxy} from '../support/serve-process.ts'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

const stateKey = 'state-key-not-real-0123456789-0123456789'
const accountPassword = 'service-account-not-real-0001'
const passcode = '9152730'
const wrongPasscode = '7000425'

/** What the test files of the proxy itself hold beside the marked ones. */
const configured = [
  'nas-secret-not-real-0001',
  'primary-secret-not-real-0001',
  'secretKeyOfASimulationNotReal00000000000',
]

/** The spellings in which a secret could slip through. */
function spellings(secret: string): string[] {
  const octets = Buffer.from(secret, 'utf8')
  const hex = octets.toString('hex')
  return [
    secret,
    hex,
    hex.toUpperCase(),
    (hex.match(/../g) ?? []).join(' '),
    octets.toString('base64').replace(/=+$/, ''),
    encodeURIComponent(secret),
  ]
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, {recursive: true, encoding: 'utf8'})
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

test('whatever happens, and however much is logged, no secret is written anywhere', async (t) => {
  const phones = [{number: '+15555551234'}]
  const main = [`state_key=${stateKey}`]
  const proxy = await ServedProxy.start({
    users: [{userName: 'jdoe', phones, answer: 'approve', passcodes: [passcode], passcodesLast: true}],
    main,
  })
  t.after(() => proxy.close())
  const client = [
    '[ad_client]',
    'host=127.0.0.1',
    'port=1',
    'service_account_username=svc',
    `service_account_password=${accountPassword}`,
    'search_dn=DC=example,DC=com',
  ]
  const secrets = [...configured, stateKey, accountPassword, passcode, wrongPasscode, password]

  for (const format of logFormats) {
    await proxy.end('SIGTERM')
    proxy.configure({main: [...main, `log_format=${format}`], server: ['client=radius_client', ...client]})
    await proxy.serve()
    assert.equal((await proxy.login('jdoe', passcode)).outcome, 'accept')
    assert.equal((await proxy.login('jdoe', wrongPasscode)).outcome, 'reject')
    assert.equal((await proxy.login('jdoe', 'push')).outcome, 'accept')
    assert.equal((await proxy.login('nobody', 'push')).outcome, 'reject')

    const told = [
      'status --json',
      'reload --json',
      'explain --user jdoe --last 5 --json',
      'explain --user jdoe --last 5',
    ].map((words) => {
      const {stdout, stderr} = spawnSync(process.execPath, [program, ...words.split(' '), '-c', proxy.configFile], {
        encoding: 'utf8',
      })
      return {name: words, text: stdout + stderr}
    })
    const written = ['log', 'run', 'state']
      .flatMap((name) => filesBelow(join(proxy.folder, name)))
      // The socket is no file; the key that seals challenges is a secret by its nature, and 0600.
      .map((path) => ({name: path, text: readFileSync(path, 'latin1')}))
    assert.ok(written.some(({name, text}) => name.endsWith('authproxy.log') && text.length > 5000))
    assert.ok(written.some(({name, text}) => name.endsWith('authevents.log') && text.length > 500))
    for (const {name, text} of [...told, ...written]) {
      assert.ok(text.length > 0 || name.endsWith('start.log') || name.includes('state'), `${name} says something`)
      for (const secret of secrets) {
        for (const spelling of spellings(secret)) {
          assert.equal(text.includes(spelling), false, `${name} (${format}) holds ${spelling}`)
        }
      }
    }
  }
})
