// The walls between the rooms hold only while the tool that watches them sees every file: a wrong TypeScript version or
// a wrong path makes it see nothing and find nothing.
import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {type TestContext, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {entriesOf, filesBelow, jsonOf, memberOf, root} from './repository.ts'

const cruiser = join(
  dirname(fileURLToPath(import.meta.resolve('dependency-cruiser'))),
  '../../bin/dependency-cruiser.mjs',
)

/** A file that breaks one rule each; what it imports is there, so that nothing else is wrong with it. */
const planted: {readonly [rule: string]: {readonly file: string; readonly imports: string}} = {
  'no-cycles': {file: 'src/core/login/one.ts', imports: './two.ts'},
  'no-unresolved': {file: 'src/core/login/lost.ts', imports: './nowhere.ts'},
  'no-dev-dependencies-in-product': {file: 'src/core/login/tested.ts', imports: 'fast-check'},
  'terminal-packages-stay-out-of-core': {file: 'src/core/login/coloured.ts', imports: 'chalk'},
  'core-knows-no-command': {file: 'src/core/login/upwards.ts', imports: '../../base-command.ts'},
  'radius-knows-only-itself': {file: 'src/core/radius/curious.ts', imports: '../login/texts.ts'},
  'login-knows-only-itself': {file: 'src/core/login/wired.ts', imports: '../radius/packet.ts'},
  'only-exchange-sees-packets': {file: 'src/core/login/exchange-more.ts', imports: '../radius/codec.ts'},
  'duo-sees-the-login-only-as-types': {file: 'src/core/duo/curious.ts', imports: '../login/texts.ts'},
  'primary-sees-the-login-only-as-types': {file: 'src/core/primary/curious.ts', imports: '../login/texts.ts'},
  'the-store-sees-the-login-only-as-types': {file: 'src/core/store/curious.ts', imports: '../login/texts.ts'},
  'ioredis-only-in-the-store': {file: 'src/core/login/shared.ts', imports: 'ioredis'},
  'config-knows-only-itself': {file: 'src/core/config/curious.ts', imports: '../login/texts.ts'},
  'simulators-know-the-wire-alone': {file: 'src/core/simulate/curious.ts', imports: '../login/texts.ts'},
  'probes-look-through-the-rooms-they-check': {file: 'src/core/probes/curious.ts', imports: '../service/pid-file.ts'},
  'ntlm-knows-only-itself': {file: 'src/core/ntlm/curious.ts', imports: '../log/log.ts'},
  'nobody-in-core-needs-a-simulator': {file: 'src/core/service/playing.ts', imports: '../simulate/nas.ts'},
  'only-the-daemon-knows-of-workers': {file: 'src/core/service/many.ts', imports: '../workers/channel.ts'},
  'ground-floor': {file: 'src/core/log/upwards.ts', imports: '../login/texts.ts'},
  'prom-client-only-in-metrics': {file: 'src/core/login/counted.ts', imports: 'prom-client'},
  'undici-only-in-duo': {file: 'src/core/primary/online.ts', imports: 'undici'},
  'ldapts-only-in-primary-and-simulate': {file: 'src/core/login/directory.ts', imports: 'ldapts'},
  'ini-only-in-config': {file: 'src/core/login/settings.ts', imports: 'ini'},
  'radius-package-only-in-the-radius-room': {
    file: 'src/core/radius/codec-of-others.ts',
    imports: 'radius/lib/radius.js',
  },
}

test('the tool that watches the rooms sees every file of src', () => {
  const {modules} = cruise(root)
  const sources = filesBelow('src').filter((file) => file.endsWith('.ts'))
  assert.ok(sources.length > 200)
  assert.deepEqual(
    sources.filter((file) => !modules.includes(file)),
    [],
  )
})

test('every rule has a planted violation here', () => {
  assert.deepEqual(Object.keys(planted).toSorted(), rules().toSorted())
})

test('every rule between the rooms catches its planted violation', (t) => {
  const {violations} = cruise(plant(t))
  for (const [rule, {file}] of Object.entries(planted)) {
    assert.ok(
      violations.some((found) => found.rule === rule && found.from === file),
      `${rule} did not catch ${file}`,
    )
  }
})

function rules(): string[] {
  const forbidden = memberOf(jsonOf('.dependency-cruiser.json'), 'forbidden')
  return listOf(forbidden).map((rule) => String(memberOf(rule, 'name')))
}

/** A small project with the same rules and one file for each of them to catch. */
function plant(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-rooms-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  for (const file of ['.dependency-cruiser.json', 'tsconfig.json', 'package.json']) {
    copyFileSync(join(root, file), join(folder, file))
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), {recursive: true})
    writeFileSync(join(folder, file), text)
  }
  for (const {file, imports} of Object.values(planted)) {
    if (imports.startsWith('.') && imports !== './nowhere.ts')
      write(join(dirname(file), imports), 'export const there = 1\n')
  }
  for (const {file, imports} of Object.values(planted)) write(file, `import '${imports}'\nexport const here = 1\n`)
  write('src/core/login/two.ts', `import './one.ts'\n`)
  return folder
}

type Cruise = {readonly modules: readonly string[]; readonly violations: readonly {rule: string; from: string}[]}

function cruise(folder: string): Cruise {
  const args = [cruiser, '--config', '.dependency-cruiser.json', '--output-type', 'json', 'src']
  const {stdout, stderr} = spawnSync(process.execPath, args, {cwd: folder, encoding: 'utf8', maxBuffer: 64 << 20})
  assert.notEqual(stdout, '', stderr)
  const result: unknown = JSON.parse(stdout)
  return {
    modules: listOf(memberOf(result, 'modules')).map((module) => String(memberOf(module, 'source'))),
    violations: listOf(memberOf(result, 'summary', 'violations')).map((violation) => ({
      rule: String(memberOf(violation, 'rule', 'name')),
      from: String(memberOf(violation, 'from')),
    })),
  }
}

function listOf(value: unknown): unknown[] {
  return entriesOf(value).map(([, item]) => item)
}
