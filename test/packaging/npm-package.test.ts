import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {billOfMaterials} from '../../packaging/sbom.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test('the packed package, installed into an empty prefix, is a program that runs', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-npm-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  const npm = (...args: string[]) => {
    const {status, stdout, stderr} = spawnSync('npm', args, {cwd: root, encoding: 'utf8'})
    assert.equal(status, 0, `npm ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  // The build and the manifest are there: the tests run on them.
  npm('pack', '--ignore-scripts', '--pack-destination', folder)
  const tarball = join(folder, `authproxy-${version}.tgz`)
  const prefix = join(folder, 'prefix')
  npm(
    'install',
    '--global',
    '--prefix',
    prefix,
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    tarball,
  )

  const installed = join(prefix, 'lib/node_modules/authproxy')
  assert.deepEqual(
    readdirSync(installed).filter((name) => ['src', 'test', 'packaging', 'node_modules/node'].includes(name)),
    [],
    'nothing of the development is shipped',
  )
  // From another folder, and with nothing of this one in the environment.
  const authproxy = (...args: string[]) =>
    spawnSync(process.execPath, [join(prefix, 'bin/authproxy'), ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: {PATH: '/usr/bin:/bin', HOME: folder},
    })
  const told = authproxy('--version')
  assert.equal(told.stderr, '')
  assert.match(told.stdout, new RegExp(`^authproxy/${version.replaceAll('.', '\\.')} `))
  assert.match(authproxy('--help').stdout, /install-service/)
  const plan = authproxy('install-service', '--dry-run', '--platform', 'systemd')
  assert.equal(plan.status, 0, plan.stderr)
  assert.ok(plan.stdout.includes(`${installed}/bin/run.js serve --config`))
  assert.equal(authproxy('status', '-c', join(folder, 'conf/authproxy.cfg')).status, 3)
})

test('the bill of materials names every dependency with its version, and the runtime', () => {
  const list = JSON.parse(billOfMaterials(root, '26.10.0'))
  assert.equal(list.bomFormat, 'CycloneDX')
  const named = new Set(list.components.map((component: {purl: string}) => decodeURIComponent(component.purl)))
  const {dependencies, devDependencies} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const [name, wanted] of Object.entries(dependencies)) assert.ok(named.has(`pkg:npm/${name}@${wanted}`), name)
  assert.ok(named.has('pkg:generic/node@26.10.0'))
  for (const name of ['typescript', '@biomejs/biome'])
    assert.equal(named.has(`pkg:npm/${name}@${devDependencies[name]}`), false)
  assert.equal(list.metadata.component.purl, `pkg:npm/authproxy@${version}`)
})
