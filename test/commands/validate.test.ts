import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'

const bin = new URL('../../bin/run.js', import.meta.url).pathname
const fixtures = new URL('../../fixtures/config/', import.meta.url).pathname

type Environment = Readonly<Record<string, string>>

async function authproxy(args: readonly string[], options: {env?: Environment; cwd?: string} = {}) {
  const env = {...process.env, NO_COLOR: '1', AUTHPROXY_CONFIG: '', ...options.env}
  const child = spawn(process.execPath, [bin, ...args], {env, cwd: options.cwd})
  child.stdin.end()
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

/** A fixture as an administrator has it: readable by its owner alone, in a folder called conf. */
function copyOf(t: TestContext, fixture: string): {folder: string; file: string} {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-validate-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  const file = join(folder, 'authproxy.cfg')
  writeFileSync(file, readFileSync(join(fixtures, fixture)), {mode: 0o600})
  return {folder, file}
}

test('validate: a right file has exit code 0, and its path is named', async (t) => {
  const {file} = copyOf(t, 'good/ldaps-group.cfg')
  writeFileSync(join(file, '../ad-ca.pem'), '-----BEGIN CERTIFICATE-----\n')
  const {code, stdout, stderr} = await authproxy(['validate', file])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /C326/)
  assert.ok(stdout.endsWith(`${file}: 1 note\n`))
})

test('validate: errors have exit code 1, each with its place', async (t) => {
  const {file} = copyOf(t, 'bad/misspelled-option.cfg')
  const {code, stdout} = await authproxy(['validate', file])
  assert.equal(code, 1)
  assert.equal(
    stdout,
    `${file}:16:1 error C104 unknown option "failmod" (did you mean "failmode"?)\n${file}: 1 error\n`,
  )
})

test('validate: warnings have exit code 1 with --strict only', async (t) => {
  const {file} = copyOf(t, 'bad/time-budget.cfg')
  assert.equal((await authproxy(['validate', file])).code, 0)
  const strict = await authproxy(['validate', '--strict', file])
  assert.equal(strict.code, 1)
  assert.match(strict.stdout, / {4}NAS gives up {15}\| +\^ +\| 60 s\n/)
})

test('validate --json: one document, as the command line promises', async (t) => {
  const {file} = copyOf(t, 'bad/misspelled-option.cfg')
  const {code, stdout} = await authproxy(['validate', '--json', file])
  assert.equal(code, 1)
  assert.deepEqual(JSON.parse(stdout), {
    file,
    diagnostics: [
      {
        severity: 'error',
        code: 'C104',
        section: 'radius_server_challenge',
        key: 'failmod',
        line: 16,
        column: 1,
        length: 7,
        message: 'unknown option "failmod"',
        hint: 'did you mean "failmode"?',
      },
    ],
    summary: {errors: 1, warnings: 0},
  })
})

test('validate --sarif: results point into the file, and every rule is described', async (t) => {
  const {file} = copyOf(t, 'bad/swapped-keys.cfg')
  const {code, stdout} = await authproxy(['validate', '--sarif', file])
  assert.equal(code, 1)
  assert.ok(!/testtest/.test(stdout))
  const [run] = JSON.parse(stdout).runs
  const [result] = run.results
  assert.equal(result.ruleId, 'C218')
  assert.equal(run.tool.driver.rules[result.ruleIndex].id, 'C218')
  assert.deepEqual(result.locations[0].physicalLocation.region, {startLine: 11, startColumn: 6, endColumn: 46})
})

test('validate: the file is looked for where the help says', async (t) => {
  const {folder, file} = copyOf(t, 'bad/misspelled-option.cfg')
  const byFlag = await authproxy(['validate', '-c', file])
  const byVariable = await authproxy(['validate'], {env: {AUTHPROXY_CONFIG: file}})
  for (const {stdout} of [byFlag, byVariable]) assert.ok(stdout.startsWith(`${file}:16:1 error`))
  const conf = join(folder, 'conf')
  const {mkdirSync} = await import('node:fs')
  mkdirSync(conf)
  writeFileSync(join(conf, 'authproxy.cfg'), '[main]\n', {mode: 0o600})
  const {stdout} = await authproxy(['validate'], {cwd: folder})
  assert.match(stdout, /conf\/authproxy\.cfg:1:1 error C301/)
})

test('validate: a missing file has exit code 2', async () => {
  const {code, stdout, stderr} = await authproxy(['validate', '/no/such/file.cfg'])
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /^authproxy: the configuration file \/no\/such\/file\.cfg does not exist\n/)
})

test('validate --explain, --sample, --docs, --json-schema', async () => {
  const explained = await authproxy(['validate', '--explain', 'failmode'])
  assert.equal(explained.code, 0)
  assert.match(explained.stdout, /^failmode {3}in \[radius_server_\*\]/)
  const unknown = await authproxy(['validate', '--explain', 'failmod'])
  assert.deepEqual(
    [unknown.code, unknown.stderr],
    [2, 'authproxy: no option, section or code is called "failmod"\n  did you mean failmode?\n'],
  )
  const docs = new URL('../../docs/', import.meta.url)
  const written = {docs: 'configuration.md', sample: 'authproxy.sample.cfg', 'json-schema': 'authproxy.schema.json'}
  for (const [flag, page] of Object.entries(written)) {
    const {code, stdout} = await authproxy(['validate', `--${flag}`])
    assert.equal(code, 0)
    assert.equal(stdout, readFileSync(new URL(page, docs), 'utf8'), flag)
  }
  assert.equal((await authproxy(['validate', '--sample', '--docs'])).code, 2)
})
