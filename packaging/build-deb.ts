// Builds the Debian package: node packaging/build-deb.ts [--output DIR] [--compression xz|gzip|none] [--version V] [--no-build]
// The version of the Node runtime inside is that of the devDependency `node`; NODE_BINARY names another file.
import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join, relative, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import {gzipSync} from 'node:zlib'
import {schema} from '../src/core/config/schema.ts'
import {defaultNeeds, type InstallOptions} from '../src/core/service/install-options.ts'
import {layoutOf} from '../src/core/service/layout.ts'
import {systemdUnit} from '../src/core/service/systemd-unit.ts'
import {sysvScript} from '../src/core/service/sysv-script.ts'
import {readCommands} from './commands.ts'
import {bashCompletion, fishCompletion, zshCompletion} from './completion.ts'
import {controlFile, debianArchitecture} from './deb/control-file.ts'
import {commandsPage, configPage} from './man.ts'
import {billOfMaterials} from './sbom.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const {values} = parseArgs({
  options: {
    output: {type: 'string', default: '.'},
    compression: {type: 'string', default: 'xz'},
    version: {type: 'string'},
    'no-build': {type: 'boolean', default: false},
  },
})

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const version: string = values.version ?? manifest.version
const nodeVersion: string = manifest.devDependencies.node
const architecture = debianArchitecture(process.arch)
process.umask(0o022)
const stage = mkdtempSync(join(tmpdir(), 'authproxy-deb-'))
chmodSync(stage, 0o755)
const program = join(stage, 'usr/lib/authproxy')

try {
  putProgram()
  putRuntime()
  putService()
  putDocuments()
  putControl()
  const file = resolve(values.output, `authproxy_${version}-1_${architecture}.deb`)
  mkdirSync(dirname(file), {recursive: true})
  run(['dpkg-deb', '--root-owner-group', `-Z${values.compression}`, '--build', stage, file])
  console.log(file)
} finally {
  rmSync(stage, {recursive: true, force: true})
}

/** What npm would publish, with the dependencies of the lock file and nothing that is only for development. */
function putProgram(): void {
  const packed = join(stage, 'packed')
  mkdirSync(packed)
  mkdirSync(program, {recursive: true})
  if (!values['no-build']) run([process.execPath, 'scripts/build.js'])
  run(['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', packed])
  const [tarball = ''] = readdirSync(packed)
  run(['tar', '-xzf', join(packed, tarball), '-C', program, '--strip-components=1'])
  rmSync(packed, {recursive: true})
  cpSync(join(root, 'package-lock.json'), join(program, 'package-lock.json'))
  run(
    ['npm', 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', '--prefer-offline'],
    program,
  )
  rmSync(join(program, 'package-lock.json'))
  for (const file of ['package.json', 'oclif.manifest.json']) setVersion(join(program, file))
  rmSync(join(program, 'node_modules/.bin'), {recursive: true, force: true})
}

/** The program and its package are of one version. */
function setVersion(file: string): void {
  const content = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, `${JSON.stringify({...content, version}, undefined, 2)}\n`)
}

function putRuntime(): void {
  const source = process.env.NODE_BINARY ?? process.execPath
  const told = spawnSync(source, ['--version'], {encoding: 'utf8'}).stdout.trim()
  if (told !== `v${nodeVersion}`) throw new Error(`${source} is Node ${told}, the package wants v${nodeVersion}`)
  cpSync(source, join(program, 'bin/node'), {dereference: true})
  chmodSync(join(program, 'bin/node'), 0o755)
  put('usr/bin/authproxy', '#!/bin/sh\nexec /usr/lib/authproxy/bin/node /usr/lib/authproxy/bin/run.js "$@"\n', 0o755)
}

function putService(): void {
  const layout = layoutOf('/etc/authproxy/authproxy.cfg', 'linux')
  const options: InstallOptions = {
    platform: 'systemd',
    layout,
    needs: defaultNeeds(layout),
    nodePath: '/usr/lib/authproxy/bin/node',
    programPath: '/usr/lib/authproxy/bin/run.js',
    serviceUser: 'authproxy',
    logGroup: 'adm',
    createInitScript: true,
    enableSelinux: false,
  }
  put('usr/lib/systemd/system/authproxy.service', systemdUnit(options))
  put('etc/init.d/authproxy', sysvScript(options), 0o755)
  put('etc/authproxy/authproxy.cfg', readFileSync(join(root, 'packaging/deb/authproxy.cfg'), 'utf8'), 0o640)
}

function putDocuments(): void {
  const commands = readCommands(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'))
  const date = new Date().toISOString().slice(0, 10)
  putCompressed('usr/share/man/man8/authproxy.8.gz', commandsPage(commands, version, date))
  putCompressed('usr/share/man/man5/authproxy.cfg.5.gz', configPage(Object.keys(schema), version, date))
  put('usr/share/bash-completion/completions/authproxy', bashCompletion(commands))
  put('usr/share/zsh/vendor-completions/_authproxy', zshCompletion(commands))
  put('usr/share/fish/vendor_completions.d/authproxy.fish', fishCompletion(commands))
  put('usr/share/doc/authproxy/copyright', readFileSync(join(root, 'packaging/deb/copyright'), 'utf8'))
  put('usr/share/doc/authproxy/sbom.cdx.json', billOfMaterials(root, nodeVersion))
  putCompressed(
    'usr/share/doc/authproxy/changelog.Debian.gz',
    `authproxy (${version}-1) stable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- authproxy maintainers <maintainers@authproxy.invalid>  ${rfc2822(new Date())}\n`,
  )
}

function putControl(): void {
  const files = filesIn(stage)
  const installedKiB = Math.ceil(files.reduce((sum, file) => sum + lstatSync(join(stage, file)).size, 0) / 1024)
  put('DEBIAN/control', controlFile({version, architecture, nodeVersion, installedKiB}))
  put('DEBIAN/conffiles', '/etc/authproxy/authproxy.cfg\n/etc/init.d/authproxy\n')
  put('DEBIAN/md5sums', files.map((file) => `${md5(join(stage, file))}  ${file}\n`).join(''))
  for (const script of ['postinst', 'prerm', 'postrm']) {
    put(`DEBIAN/${script}`, readFileSync(join(root, 'packaging/deb', script), 'utf8'), 0o755)
  }
}

function put(path: string, content: string | Buffer, mode = 0o644): void {
  const file = join(stage, path)
  mkdirSync(dirname(file), {recursive: true, mode: 0o755})
  writeFileSync(file, content)
  chmodSync(file, mode)
}

function putCompressed(path: string, text: string): void {
  put(path, gzipSync(text, {level: 9}))
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

function md5(file: string): string {
  return createHash('md5').update(readFileSync(file)).digest('hex')
}

function rfc2822(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000')
}

function run([program = '', ...args]: string[], cwd = root): void {
  const {status, error} = spawnSync(program, args, {cwd, stdio: ['ignore', 'ignore', 'inherit']})
  if (status !== 0) throw new Error(`${program} ${args[0]} failed`, {cause: error})
}
