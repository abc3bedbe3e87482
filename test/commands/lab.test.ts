import assert from 'node:assert/strict'
import {statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {after, before, test} from 'node:test'
import {runProgram} from '../support/program.ts'
import {type LabDocument, RunningLab} from '../support/running-lab.ts'

const lab = new RunningLab()
let document: LabDocument
let passwordFile = ''
before(async () => {
  document = await lab.stand()
  passwordFile = join(lab.folder, 'password')
  writeFileSync(passwordFile, 'lab-password-not-real')
})
after(() => lab.end())

const simulate = (section: string, user: string, ...args: string[]) =>
  runProgram([
    ...['simulate', '--config', document.configFile, '--section', section],
    ...['--user', user, '--password-file', passwordFile, '--json', ...args],
  ])

/** The phone as a program: takes the first request of this user. */
async function answerPhone(userName: string, answer: string): Promise<void> {
  for (;;) {
    const pushes: unknown = await (await fetch(`${document.phoneUrl}pushes`)).json()
    const push = Array.isArray(pushes) ? pushes.find((each) => each.userName === userName) : undefined
    if (push === undefined) continue
    const response = await fetch(`${document.phoneUrl}pushes/${push.txid}`, {
      method: 'POST',
      body: JSON.stringify({answer}),
    })
    assert.equal(response.status, 200)
    return
  }
}

test('serve refuses the keys of the lab, which everybody has, unless it is told otherwise', async () => {
  const {code, stderr} = await runProgram(['serve', '--config', document.configFile])
  assert.equal(code, 2)
  assert.match(stderr, /integration key of "authproxy lab"[\s\S]*serve --lab/)
})

test('the configuration is for its owner alone and has no error', async () => {
  assert.equal(statSync(document.configFile).mode & 0o777, 0o600)
  const {code, stdout} = await runProgram(['validate', document.configFile])
  assert.equal(code, 0, stdout)
})

test('with serve --lab the phone lets in and keeps out, by the directory and by the RADIUS server', async () => {
  await lab.serve(document.configFile)
  const [approved, denied] = await Promise.all([
    simulate('radius_server_challenge', 'jdoe', '--answer', 'push'),
    simulate('radius_server_challenge2', 'alice', '--answer', 'push'),
    answerPhone('jdoe', 'approve'),
    answerPhone('alice', 'deny'),
  ])
  assert.equal(approved.code, 0, approved.stderr)
  assert.equal(denied.code, 1, denied.stderr)
  const passcode = await simulate('radius_server_challenge2', 'tom', '--answer', '654321')
  assert.equal(passcode.code, 0, passcode.stderr)
  assert.deepEqual(JSON.parse(passcode.stdout).rounds[1].received.attributes.Class, ['VPN-Users'])
  for (const [user, code] of [
    ['bypass', 0],
    ['denied', 1],
    ['locked', 1],
  ] as const) {
    assert.equal((await simulate('radius_server_challenge', user)).code, code, user)
  }
})

test('without --json it prints what to type next', async () => {
  const other = new RunningLab()
  try {
    const guide = await other.guide()
    for (const part of [
      'authproxy serve --lab --config',
      'authproxy simulate --config',
      'phone     http://127.0.0.1:',
      'Ctrl-C',
    ]) {
      assert.ok(guide.includes(part), guide)
    }
  } finally {
    assert.deepEqual(await other.end(), [0])
  }
})
