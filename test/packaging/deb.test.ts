import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('the Debian package has its own runtime, its unit, its documents, and runs where it is unpacked', (t) => {
  if (spawnSync('dpkg-deb', ['--version']).error !== undefined) {
    const message = 'dpkg-deb is missing: apt-get install -y dpkg'
    assert.notEqual(process.env.AUTHPROXY_REQUIRE_SERVERS, '1', message)
    return t.skip(message)
  }
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-deb-test-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  const run = (program: string, ...args: string[]) => {
    const {status, stdout, stderr} = spawnSync(program, args, {cwd: root, encoding: 'utf8', maxBuffer: 8 * 1024 * 1024})
    assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const built = run(
    process.execPath,
    'packaging/build-deb.ts',
    '--output',
    folder,
    '--compression',
    'none',
    '--no-build',
  )
  const file = built.trim()

  const listed = run('dpkg-deb', '--contents', file)
  assert.match(listed, /^drwxr-xr-x root\/root .* \.\/\n/)
  assert.match(listed, /^-rw-r----- root\/root .* \.\/etc\/authproxy\/authproxy\.cfg$/m)
  for (const path of [
    'etc/init.d/authproxy',
    'usr/bin/authproxy',
    'usr/lib/systemd/system/authproxy.service',
    'usr/share/man/man8/authproxy.8.gz',
    'usr/share/man/man5/authproxy.cfg.5.gz',
    'usr/share/bash-completion/completions/authproxy',
    'usr/share/zsh/vendor-completions/_authproxy',
    'usr/share/fish/vendor_completions.d/authproxy.fish',
    'usr/share/doc/authproxy/sbom.cdx.json',
  ]) {
    assert.ok(listed.includes(` ./${path}\n`), path)
  }
  assert.doesNotMatch(listed, /node_modules\/(typescript|@biomejs|oclif|node)\//)

  const unpacked = join(folder, 'unpacked')
  run('dpkg-deb', '--raw-extract', file, unpacked)
  assert.equal(
    readFileSync(join(unpacked, 'DEBIAN/conffiles'), 'utf8'),
    '/etc/authproxy/authproxy.cfg\n/etc/init.d/authproxy\n',
  )
  const sums = spawnSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], {cwd: unpacked, encoding: 'utf8'})
  assert.equal(sums.status, 0, sums.stdout)
  for (const script of ['postinst', 'prerm', 'postrm']) run('sh', '-n', join(unpacked, 'DEBIAN', script))

  const unit = readFileSync(join(unpacked, 'usr/lib/systemd/system/authproxy.service'), 'utf8')
  assert.match(
    unit,
    /^ExecStart=\/usr\/lib\/authproxy\/bin\/node --max-semi-space-size=16 \/usr\/lib\/authproxy\/bin\/run\.js serve --config \/etc/m,
  )
  assert.match(unit, /^RuntimeDirectory=authproxy\nRuntimeDirectoryMode=0700$/m)
  assert.match(unit, /^ReadWritePaths=\/var\/log\/authproxy \/var\/lib\/authproxy$/m)

  const program = join(unpacked, 'usr/lib/authproxy')
  const told = spawnSync(join(program, 'bin/node'), [join(program, 'bin/run.js'), '--version'], {
    encoding: 'utf8',
    env: {PATH: '/usr/bin:/bin'},
  })
  assert.match(told.stdout, /^authproxy\/\S+ linux-\S+ node-v26\./)
})
