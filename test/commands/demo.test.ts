import assert from 'node:assert/strict'
import {test} from 'node:test'
import {runProgram} from '../support/program.ts'

test('the demonstration shows one login step by step within 80 columns, and no secret', async () => {
  const {code, stdout, stderr} = await runProgram(['demo'])
  assert.equal(code, 0, stderr)
  const inOrder = [
    'gateway -> proxy      Access-Request',
    'proxy -> directory    bind as CN=jdoe',
    'directory -> proxy    success',
    'proxy -> Duo          POST /auth/v2/preauth',
    'proxy -> gateway      Access-Challenge',
    '| Passcode or option (1-3):',
    'user -> gateway       types 1',
    'Duo -> phone          a login request for jdoe',
    'phone -> Duo          Approve',
    'proxy -> gateway      Access-Accept',
    'Accepted after',
  ]
  let at = 0
  for (const line of inOrder) {
    const found = stdout.indexOf(line, at)
    assert.ok(found >= at, `${line}\n${stdout}`)
    at = found
  }
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line)
  assert.ok(!stdout.includes('test-password-not-real'))
  assert.ok(!stdout.includes('\x1b'), 'no colours in a pipe')
})

test('a phone that says no ends in a refusal and with 1', async () => {
  const {code, stdout} = await runProgram(['demo', '--phone', 'deny'])
  assert.equal(code, 1)
  assert.match(stdout, /phone -> Duo {10}Deny[\s\S]*proxy -> gateway {6}Access-Reject[\s\S]*Login request denied\./)
})

test('the JSON holds every happening; a passcode is masked', async () => {
  const {code, stdout} = await runProgram(['demo', '--answer', '123456', '--json'])
  assert.equal(code, 0)
  const shown = JSON.parse(stdout)
  assert.equal(shown.outcome, 'accept')
  const asked = shown.happenings.find(({what}: {what: string}) => what === 'POST /auth/v2/auth')
  assert.ok(asked.details.includes('prompt = *****'))
})

test('colours come when they are forced, and NO_COLOR and --no-color take them away', async () => {
  const forced = await runProgram(['demo', '--answer', '123456'], {env: {FORCE_COLOR: '1'}})
  assert.ok(forced.stdout.includes('\x1b[32mAccess-Accept'))
  const plain = await runProgram(['demo', '--answer', '123456'], {env: {FORCE_COLOR: '1', NO_COLOR: '1'}})
  assert.ok(!plain.stdout.includes('\x1b'))
  const flagged = await runProgram(['demo', '--answer', '123456', '--no-color'], {env: {FORCE_COLOR: '1'}})
  assert.ok(!flagged.stdout.includes('\x1b'))
})
