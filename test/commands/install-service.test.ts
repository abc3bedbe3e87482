import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {test} from 'node:test'

const bin = new URL('../../bin/run.js', import.meta.url).pathname

function installService(...args: string[]) {
  return spawnSync(process.execPath, [bin, 'install-service', ...args], {
    encoding: 'utf8',
    env: {...process.env, NO_COLOR: '1'},
  })
}

test('--dry-run shows the unit and every command, for the paths and names that were given', () => {
  const {status, stdout, stderr} = installService(
    ...['--dry-run', '--platform', 'systemd', '--install-dir', '/opt/duoauthproxy'],
    ...['--service-user', 'radius', '--log-group', 'adm', '--enable-selinux', 'yes'],
  )
  assert.equal(stderr, '')
  assert.equal(status, 0)
  assert.match(stdout, /^ {2}\| User=radius$/m)
  assert.match(stdout, /^folder \/opt\/duoauthproxy\/log \(2750 radius:adm\)$/m)
  assert.match(stdout, /^run semodule -i \/opt\/duoauthproxy\/selinux\/authproxy\.pp$/m)
  assert.ok(
    stdout.includes(`ExecStart=${process.execPath} ${bin} serve --config /opt/duoauthproxy/conf/authproxy.cfg\n`),
  )
})

test('--json gives the plan as data, for the init script too', () => {
  const {stdout} = installService('--dry-run', '--json', '--platform', 'sysv', '--create-init-script', 'no')
  const plan = JSON.parse(stdout)
  assert.deepEqual(Object.keys(plan), ['summary', 'steps', 'obstacles', 'afterwards'])
  assert.ok(plan.steps.every((step: {path?: string}) => step.path !== '/etc/init.d/authproxy'))
})

test('--uninstall --dry-run shows what goes and what stays', () => {
  const {stdout} = installService(
    '--dry-run',
    '--uninstall',
    '--platform',
    'systemd',
    '--install-dir',
    '/opt/duoauthproxy',
  )
  assert.match(stdout, /^run systemctl disable --now authproxy\.service$/m)
  assert.match(stdout, /left in place: \/opt\/duoauthproxy/)
})

test('another platform can only be looked at, and wrong flags are refused', () => {
  const other = process.platform === 'win32' ? 'systemd' : 'windows'
  assert.match(installService('--platform', other).stderr, /see the plan with --dry-run/)
  assert.equal(installService('--create-init-script', 'perhaps').status, 2)
  assert.equal(installService('--install-dir', '/x', '--config', '/y').status, 2)
})
