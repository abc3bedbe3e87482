import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import {readCommands} from '../../packaging/commands.ts'
import {bashCompletion, fishCompletion, zshCompletion} from '../../packaging/completion.ts'
import {commandsPage, configPage} from '../../packaging/man.ts'
import {optionsOf, schema} from '../../src/core/config/schema.ts'

const root = new URL('../../', import.meta.url)
const commands = readCommands(readFileSync(new URL('oclif.manifest.json', root), 'utf8'))

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'authproxy-documents-'))
  t.after(() => rmSync(path, {recursive: true, force: true}))
  return path
}

/** Skips with the package to install, or fails where all of them must be there. */
function needs(t: TestContext, program: string, debianPackage = program): boolean {
  if (spawnSync(program, ['--version']).error === undefined) return true
  const message = `${program} is missing: apt-get install -y ${debianPackage}`
  assert.notEqual(process.env.AUTHPROXY_REQUIRE_SERVERS, '1', message)
  t.skip(message)
  return false
}

test('the man pages have every command, flag, section and option', () => {
  const commandsText = commandsPage(commands, '1.2.3', '2026-01-05')
  assert.match(commandsText, /^\.TH AUTHPROXY 8 2026-01-05 "authproxy 1\.2\.3" "authproxy"\n/)
  for (const {name, flags} of commands) {
    assert.ok(commandsText.includes(`.SS ${name.replaceAll('-', '\\-')}`), name)
    for (const flag of flags) assert.ok(commandsText.includes(`\\-\\-${flag.name.replaceAll('-', '\\-')}`), flag.name)
  }
  const configText = configPage(Object.keys(schema), '1.2.3', '2026-01-05')
  assert.ok(configText.includes('\\fBradius_ip_N\\fR'))
  for (const [key] of optionsOf('radius_server_challenge')) assert.ok(configText.includes(`\\fB${key}`), key)
})

test('groff sets both pages without a warning', (t) => {
  if (!needs(t, 'groff')) return
  for (const page of [commandsPage(commands, '1', '2026-01-05'), configPage(Object.keys(schema), '1', '2026-01-05')]) {
    const {status, stderr, stdout} = spawnSync('groff', ['-man', '-Tascii', '-ww', '-P-cbou'], {
      input: page,
      encoding: 'utf8',
    })
    assert.equal(stderr, '')
    assert.equal(status, 0)
    assert.match(stdout, /SEE ALSO/)
  }
})

test('bash completes commands, flags, values and files', () => {
  const script = bashCompletion(commands)
  const complete = (...words: string[]) => {
    const {stdout, stderr} = spawnSync(
      'bash',
      [
        ...['--norc', '-c'],
        `${script}\ncompopt() { :; }\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _authproxy; printf '%s\\n' "\${COMPREPLY[@]}"`,
        ...['bash', ...words],
      ],
      {encoding: 'utf8'},
    )
    assert.equal(stderr, '')
    return stdout.trim().split('\n')
  }
  assert.deepEqual(complete('authproxy', 'rel'), ['reload'])
  assert.ok(complete('authproxy', '').includes('install-service'))
  assert.deepEqual(complete('authproxy', 'install-service', '--dry'), ['--dry-run'])
  assert.deepEqual(complete('authproxy', 'install-service', '--enable-selinux', ''), ['yes', 'no'])
  assert.deepEqual(complete('authproxy', 'status', '--config', ''), [''])
})

for (const [shell, script, check] of [
  ['zsh', zshCompletion(commands), ['-n']],
  ['fish', fishCompletion(commands), ['--no-execute']],
] as const) {
  test(`${shell} reads its completion`, (t) => {
    if (!needs(t, shell)) return
    const file = join(folder(t), 'completion')
    writeFileSync(file, script)
    const {status, stderr} = spawnSync(shell, [...check, file], {encoding: 'utf8'})
    assert.equal(stderr, '')
    assert.equal(status, 0)
  })
}

test('a manifest with placeholders and choices is read', () => {
  const read = readCommands(
    JSON.stringify({
      commands: {
        'a:b': {
          description: 'Does <%= config.bin %> things',
          args: {file: {description: 'F', required: true}},
          flags: {
            kind: {type: 'option', options: ['x', 'y'], char: 'k'},
            secret: {type: 'boolean', hidden: true},
          },
        },
      },
    }),
  )
  assert.deepEqual(read, [
    {
      name: 'a b',
      description: 'Does authproxy things',
      args: [{name: 'file', description: 'F', required: true}],
      flags: [{name: 'kind', char: 'k', description: '', value: 'x|y', options: ['x', 'y']}],
    },
  ])
})
