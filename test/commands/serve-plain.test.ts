import assert from 'node:assert/strict'
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import {plainServe} from '../../src/plain-serve.ts'
import {plainEnvironment, ways} from '../support/both-ways.ts'
import {freeUdpPort} from '../support/serve-process.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'authproxy-plain-serve-'))
  t.after(() => rmSync(path, {recursive: true, force: true}))
  writeFileSync(join(path, 'bad.cfg'), '[radius_server_challenge]\nport=seven\n', {mode: 0o600})
  return path
}

const refused: readonly (readonly string[])[] = [
  ['-c', 'bad.cfg'],
  ['--config=bad.cfg', '--no-color'],
  ['-c', 'missing.cfg'],
  ['-c', '.'],
  // Oclif's alone.
  ['-c'],
  ['-c', ''],
  ['-c', 'bad.cfg', '-c', 'missing.cfg'],
  ['bad.cfg'],
  ['--cnfig', 'bad.cfg'],
  ['--json', '-c', 'bad.cfg'],
  ['--primary-only', '0'],
  ['--primary-only', '5', '-c', 'bad.cfg'],
  ['--help'],
]

for (const form of refused) {
  test(`serve ${form.join(' ')}: the short way says what oclif says`, (t) => {
    const cwd = folder(t)
    const [plain, oclif] = [ways.plain, ways.oclif].map((way) => {
      const options = {cwd, env: plainEnvironment({AUTHPROXY_CONFIG: 'missing-too.cfg'}), encoding: 'utf8'} as const
      const {status, stdout, stderr} = spawnSync(process.execPath, [...way, 'serve', ...form], options)
      return {status, stdout, stderr}
    })
    assert.deepEqual(plain, oclif)
    assert.ok(`${plain?.stdout}${plain?.stderr}`.length > 0)
  })
}

test('both ways serve, say the same, and end with the signal', async (t) => {
  const cwd = folder(t)
  const port = await freeUdpPort()
  const lines = [
    '[duo_only_client]',
    '[radius_server_challenge]',
    'client=duo_only_client',
    'ikey=DIXXXXXXXXXXXXXXXXXX',
    `skey=${'secretKeyOfATestNotReal'.padEnd(40, '0')}`,
    'api_host=127.0.0.1',
    'interface=127.0.0.1',
    `port=${port}`,
    'radius_ip_1=127.0.0.1',
    'radius_secret_1=test-secret-not-real',
  ]
  writeFileSync(join(cwd, 'good.cfg'), lines.join('\n'), {mode: 0o600})
  const said: string[] = []
  for (const way of [ways.plain, ways.oclif]) {
    const child = spawn(process.execPath, [...way, 'serve', '-c', 'good.cfg'], {
      cwd,
      env: plainEnvironment(),
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    let text = ''
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk
      if (text.includes('proxy.ready') && text.endsWith('\n')) child.kill('SIGTERM')
    })
    const [code] = await once(child, 'close')
    assert.equal(code, 0, text)
    said.push(text)
  }
  assert.match(said[0] ?? '', /warning C219 .*\nproxy\.ready \S+ on 127\.0\.0\.1:/)
  assert.equal(said[0], said[1])
})

test('forms that are not plain are left to oclif before anything is written', async () => {
  for (const form of [['--lab'], ['--primary-only', '5'], ['a.cfg'], ['-c', 'a.cfg', '-c', 'b.cfg'], ['-c', '']]) {
    assert.equal(await plainServe(form, '1.2.3'), false, form.join(' '))
  }
})

test('the short way does not load oclif', () => {
  const hook = `import {registerHooks} from 'node:module'
    registerHooks({load(url, context, next) { if (url.includes('oclif')) process.stdout.write(url); return next(url, context) }})`
  const watched = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, ...ways.plain, 'serve']
  const run = (args: readonly string[]) =>
    spawnSync(process.execPath, [...watched, ...args], {env: plainEnvironment(), encoding: 'utf8'})
  const plain = run(['-c', '/nonexistent/authproxy.cfg'])
  assert.equal(plain.stdout, '')
  assert.equal(plain.status, 2)
  assert.match(run(['--help']).stdout, /oclif/)
})
