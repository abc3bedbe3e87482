import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
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
    stdout.includes(
      `ExecStart=${process.execPath} --max-semi-space-size=16 ${bin} serve --config /opt/duoauthproxy/conf/authproxy.cfg\n`,
    ),
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

test('the plan is for what the configuration says, and for the defaults while that has errors', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-plan-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  const config = join(folder, 'authproxy.cfg')
  const lines = [
    '[main]',
    'log_dir=/srv/logs',
    'log_syslog=true',
    'syslog_facility=LOG_LOCAL3',
    '[duo_only_client]',
    '[radius_server_challenge]',
    'ikey=DIXXXXXXXXXXXXXXXXXX',
    `skey=${'secretKeyOfATestNotReal'.padEnd(40, '0')}`,
    'api_host=api-xxxxxxxx.duosecurity.com',
    'radius_ip_1=192.0.2.10',
    'radius_secret_1=test-secret-not-real',
    'port=812',
  ]
  const plan = () => installService('--dry-run', '--platform', 'systemd', '--config', config)
  writeFileSync(config, lines.join('\n'), {mode: 0o600})
  const {stdout, stderr} = plan()
  assert.equal(stderr, '')
  assert.match(stdout, /ReadWritePaths=\/srv\/logs /)
  assert.match(stdout, /SyslogFacility=local3$/m)
  assert.match(stdout, /AmbientCapabilities=CAP_NET_BIND_SERVICE$/m)
  writeFileSync(config, [...lines, 'failmod=safe'].join('\n'), {mode: 0o600})
  const faulty = plan()
  assert.match(faulty.stderr, /has errors \(authproxy validate\): the plan is for its defaults/)
  assert.match(faulty.stdout, /SyslogFacility=user$/m)
})
