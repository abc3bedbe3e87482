import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {plainValidate} from '../../src/plain-validate.ts'
import {plainEnvironment, ways} from '../support/both-ways.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const fixtures = readdirSync(join(root, 'fixtures/config/good')).map((name) => join(root, 'fixtures/config/good', name))

function both(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const run = (way: readonly string[]) => {
    const options = {cwd, env: plainEnvironment(env), encoding: 'utf8'} as const
    const {status, stdout, stderr} = spawnSync(process.execPath, [...way, 'validate', ...args], options)
    return {status, stdout, stderr}
  }
  return {plain: run(ways.plain), oclif: run(ways.oclif)}
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'authproxy-plain-'))
  t.after(() => rmSync(path, {recursive: true, force: true}))
  writeFileSync(join(path, 'empty.cfg'), '')
  writeFileSync(join(path, 'warns.cfg'), '[ad_client]\nhost=dc1.example.com\nfailmod=safe\n', {mode: 0o644})
  writeFileSync(join(path, 'names.cfg'), '[radius_client]\npass_through_attr_names=Class, Nonsense\npw_codec=cp1252\n')
  return path
}

const forms: readonly (readonly string[])[] = [
  ['warns.cfg'],
  ['names.cfg'],
  ['empty.cfg', '--strict'],
  ['-c', 'warns.cfg'],
  ['-cwarns.cfg'],
  ['--config', 'warns.cfg', '--no-color'],
  ['--strict', '--config=warns.cfg'],
  ['--', 'warns.cfg'],
  [fixtures[0] ?? '', '--strict'],
  // Oclif's alone.
  [],
  [''],
  ['missing.cfg'],
  ['.'],
  ['-c', 'missing.cfg'],
  ['-c'],
  ['-c', '--strict'],
  ['warns.cfg', '-c', 'empty.cfg'],
  ['-c', 'warns.cfg', '-c', 'empty.cfg'],
  ['warns.cfg', 'empty.cfg'],
  ['warns.cfg', '--strct'],
  ['warns.cfg', '--strict=yes'],
  ['warns.cfg', '--json'],
  ['warns.cfg', '--sarif'],
  ['warns.cfg', '--help'],
  ['--explain', 'failmode'],
  ['--explain', 'failmode', 'warns.cfg'],
]

for (const form of forms) {
  test(`validate ${form.join(' ')}: the short way says what oclif says`, (t) => {
    const {plain, oclif} = both(folder(t), form)
    assert.deepEqual(plain, oclif)
    assert.ok((plain.stdout + plain.stderr).length > 0)
  })
}

test('the environment makes no difference between the two', (t) => {
  const path = folder(t)
  const environments = [{NO_COLOR: '1'}, {AUTHPROXY_CONFIG: join(path, 'empty.cfg')}, {HOME: '/nonexistent'}]
  for (const env of environments) {
    const {plain, oclif} = both(path, ['warns.cfg'], env)
    assert.deepEqual(plain, oclif)
  }
})

test('the bundle answers plain forms itself', (t) => {
  const bundle = JSON.stringify(new URL('../../dist/plain-validate.js', import.meta.url).href)
  const script = `import {plainValidate} from ${bundle}\n process.exitCode = (await plainValidate(process.argv.slice(2))) ? 42 : 43`
  for (const form of forms.slice(
    0,
    forms.findIndex(({length}) => length === 0),
  )) {
    const args = ['--input-type=module', '-e', script, 'validate', ...form]
    assert.equal(spawnSync(process.execPath, args, {cwd: folder(t)}).status, 42, form.join(' '))
  }
})

test('forms that are not plain are left to oclif before anything is written', async () => {
  for (const form of [['--json', 'a.cfg'], ['a.cfg', '--help'], ['a.cfg', 'b.cfg'], [], ['/nonexistent/a.cfg']]) {
    assert.equal(await plainValidate(form), false, form.join(' '))
  }
})
