import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import type {InstallOptions} from '../../src/core/service/install-options.ts'
import {selinuxFileContexts, selinuxModule} from '../../src/core/service/selinux.ts'
import {systemdUnit} from '../../src/core/service/systemd-unit.ts'
import {sysvScript} from '../../src/core/service/sysv-script.ts'
import {optionsFor} from '../service/install-support.ts'

/** Skips with the package to install, or fails where all of them must be there. */
function needs(t: TestContext, program: string, debianPackage: string): boolean {
  if (spawnSync(program, ['--version']).error === undefined) return true
  const message = `${program} is missing: apt-get install -y ${debianPackage}`
  assert.notEqual(process.env.AUTHPROXY_REQUIRE_SERVERS, '1', message)
  t.skip(message)
  return false
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'authproxy-unit-'))
  t.after(() => rmSync(path, {recursive: true, force: true}))
  return path
}

/** The unit with programs that are really there, since verify looks for them. */
function unitFile(t: TestContext, more: Partial<InstallOptions> = {}): string {
  const path = join(folder(t), 'authproxy.service')
  const paths = {nodePath: process.execPath, programPath: join(process.cwd(), 'bin/run.js')}
  const unit = systemdUnit(optionsFor('systemd', {...paths, ...more}))
  writeFileSync(path, unit.replace(/^Documentation=man:.*\n/m, ''))
  return path
}

test('systemd finds no fault in the unit', (t) => {
  if (!needs(t, 'systemd-analyze', 'systemd')) return
  for (const enableSelinux of [false, true]) {
    const {status, stdout, stderr} = spawnSync(
      'systemd-analyze',
      ['verify', '--recursive-errors=no', unitFile(t, {enableSelinux})],
      {encoding: 'utf8'},
    )
    assert.equal(stdout + stderr, '')
    assert.equal(status, 0)
  }
})

test('the unit exposes little: at most 2.0 by the count of systemd', (t) => {
  if (!needs(t, 'systemd-analyze', 'systemd')) return
  const options = optionsFor('systemd')
  for (const hasLowPort of [false, true]) {
    const unit = unitFile(t, {needs: {...options.needs, hasLowPort}})
    const {stdout, stderr} = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], {
      encoding: 'utf8',
    })
    const exposure = /Overall exposure level for authproxy\.service: (\d+\.\d)/.exec(stdout)?.[1]
    assert.ok(exposure !== undefined, stderr)
    assert.ok(Number(exposure) <= 2, `exposure ${exposure}`)
    t.diagnostic(`exposure ${exposure}${hasLowPort ? ' with a low port' : ''}`)
  }
})

test('the SELinux module compiles and packs with its contexts', (t) => {
  if (!needs(t, 'checkmodule', 'checkpolicy semodule-utils')) return
  const path = folder(t)
  writeFileSync(join(path, 'authproxy.te'), selinuxModule())
  writeFileSync(join(path, 'authproxy.fc'), selinuxFileContexts(optionsFor('systemd')))
  for (const command of [
    ['checkmodule', '-M', '-m', '-o', 'authproxy.mod', 'authproxy.te'],
    ['semodule_package', '-o', 'authproxy.pp', '-m', 'authproxy.mod', '-f', 'authproxy.fc'],
  ]) {
    const [program = '', ...args] = command
    const {status, stdout, stderr} = spawnSync(program, args, {cwd: path, encoding: 'utf8'})
    assert.equal(status, 0, `${command.join(' ')}: ${stdout}${stderr}`)
  }
})

test('the init script is a shell script that runs the right command as the right user', (t) => {
  const path = folder(t)
  const script = join(path, 'authproxy')
  const root = join(path, "it's here")
  mkdirSync(join(path, 'bin'))
  mkdirSync(root)
  writeFileSync(join(path, 'bin/setpriv'), '#!/bin/sh\nprintf "%s|" "$@"\n')
  chmodSync(join(path, 'bin/setpriv'), 0o755)
  const {layout} = optionsFor('sysv')
  const options = optionsFor('sysv', {nodePath: process.execPath, layout: {...layout, root}})
  writeFileSync(script, sysvScript(options), {mode: 0o755})
  const run = (...args: string[]) =>
    spawnSync('/bin/sh', [script, ...args], {
      encoding: 'utf8',
      env: {PATH: `${join(path, 'bin')}:/usr/bin:/bin`},
    })
  assert.equal(
    run('force-reload').stdout,
    `--reuid|duo_authproxy_svc|--regid|duo_authproxy_svc|--init-groups|--|${process.execPath}|` +
      `${options.programPath}|reload|--config|/opt/duoauthproxy/conf/authproxy.cfg|`,
  )
  assert.equal(run('dance').status, 3)
  assert.match(run('dance').stderr, /^Usage: /)
})

test('a whole login makes no system call that the unit forbids', (t) => {
  if (!needs(t, 'systemd-analyze', 'systemd') || !needs(t, 'strace', 'strace')) return
  const group = (name: string): string[] =>
    spawnSync('systemd-analyze', ['syscall-filter', '--no-pager', name], {encoding: 'utf8'})
      .stdout.split('\n')
      .slice(1)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .flatMap((line) => (line.startsWith('@') ? group(line) : [line]))
  const unit = systemdUnit(optionsFor('systemd'))
  const [allow = '', deny = ''] = [...unit.matchAll(/^SystemCallFilter=(.*)$/gm)].map(([, words]) => words)
  const denied = new Set(deny.replace(/^~/, '').split(' ').flatMap(group))
  const allowed = new Set([
    ...allow
      .split(' ')
      .flatMap(group)
      .filter((name) => !denied.has(name)),
    ...group('@default'),
  ])

  const trace = join(folder(t), 'trace')
  const demo = [process.execPath, join(process.cwd(), 'bin/run.js'), 'demo']
  const {status, stderr} = spawnSync('strace', ['-f', '-qq', '-o', trace, ...demo], {encoding: 'utf8'})
  assert.equal(status, 0, stderr)
  const made = new Set(
    [...readFileSync(trace, 'latin1').matchAll(/^\d+ +([a-z_0-9]+)\(/gm)].map(([, name]) => name ?? ''),
  )
  assert.ok(made.has('recvmmsg') || made.has('recvmsg'), 'datagrams came in')
  assert.deepEqual(
    [...made].filter((name) => !allowed.has(name)),
    [],
  )
})
