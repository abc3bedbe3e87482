import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'

const bin = new URL('../../bin/run.js', import.meta.url).pathname

async function authproxy(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [bin, ...args], {env: {...process.env, NO_COLOR: '1'}})
  child.stdin.end(input)
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

function copyOf(t: TestContext, fixture: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-protect-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  const file = join(folder, 'authproxy.cfg')
  writeFileSync(file, readFileSync(new URL(`../../fixtures/config/${fixture}`, import.meta.url)), {mode: 0o600})
  return file
}

test('protect: a secret from standard input, and the value is one that validate reads', async (t) => {
  const file = copyOf(t, 'good/ad-challenge.cfg')
  const {code, stdout, stderr} = await authproxy(['protect', '-c', file], 'testtesttesttesttesttesttesttesttesttest\n')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^ap1\.[\w-]{8}\.[\w-]+\n$/)
  const text = readFileSync(file, 'utf8').replace(/^skey=.*$/m, `skey_protected=${stdout.trim()}`)
  writeFileSync(file, text)
  const valid = await authproxy(['validate', file])
  assert.equal(valid.code, 0, valid.stdout)
  writeFileSync(file, text.replace('ap1.', 'ap1.x'))
  assert.match((await authproxy(['validate', file])).stdout, /error C224 skey_protected cannot be read/)
})

test('protect: an empty secret is refused', async (t) => {
  const {code, stderr} = await authproxy(['protect', '-c', copyOf(t, 'good/ad-challenge.cfg')], '\n')
  assert.deepEqual([code, stderr], [2, 'authproxy: the secret is empty\n'])
})

test('protect --whole-config: asks first, then replaces, and keeps the old file', async (t) => {
  const file = copyOf(t, 'good/windows.cfg')
  const before = readFileSync(file, 'utf8')
  const unasked = await authproxy(['protect', '--whole-config', '-c', file])
  assert.equal(unasked.code, 2)
  assert.match(unasked.stderr, /add --yes/)
  const planned = await authproxy(['protect', '--whole-config', '--dry-run', '-c', file])
  assert.equal(planned.code, 0)
  assert.equal(readFileSync(file, 'utf8'), before)
  const done = await authproxy(['protect', '--whole-config', '--yes', '--json', '-c', file])
  assert.equal(done.code, 0)
  const {backup, protected: keys} = JSON.parse(done.stdout)
  assert.deepEqual(
    keys.map(({section, key}: {section: string; key: string}) => `${section} ${key}`),
    ['ad_client service_account_password', 'radius_server_challenge skey', 'radius_server_challenge radius_secret_1'],
  )
  assert.equal(readFileSync(backup, 'utf8'), before)
  assert.equal(statSync(backup).mode & 0o777, 0o600)
  const after = readFileSync(file, 'utf8')
  assert.ok(!/not-real|testtest/.test(after))
  assert.equal(after.split('\r\n').length, before.split('\r\n').length)
  assert.ok(!/not-real|testtest/.test(planned.stdout + done.stdout + done.stderr))
  const valid = await authproxy(['validate', file])
  assert.equal(valid.code, 0, valid.stdout)
})
