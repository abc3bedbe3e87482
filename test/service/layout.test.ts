import assert from 'node:assert/strict'
import {test} from 'node:test'
import {layoutOf} from '../../src/core/service/layout.ts'

test('beside conf stand run, log and state, as in the original', () => {
  assert.deepEqual(layoutOf('/opt/duoauthproxy/conf/authproxy.cfg', 'linux'), {
    root: '/opt/duoauthproxy',
    configFile: '/opt/duoauthproxy/conf/authproxy.cfg',
    logDirectory: '/opt/duoauthproxy/log',
    runDirectory: '/opt/duoauthproxy/run',
    stateDirectory: '/opt/duoauthproxy/state',
    pidFile: '/opt/duoauthproxy/run/duoauthproxy.pid',
    controlPath: '/opt/duoauthproxy/run/control.sock',
  })
})

test('a file elsewhere has its folders beside it; the package has them where Debian wants them', () => {
  assert.equal(layoutOf('/home/u/test.cfg', 'linux').controlPath, '/home/u/run/control.sock')
  const system = layoutOf('/etc/authproxy/authproxy.cfg', 'linux')
  assert.equal(system.pidFile, '/run/authproxy/duoauthproxy.pid')
  assert.equal(system.stateDirectory, '/var/lib/authproxy')
  assert.equal(system.logDirectory, '/var/log/authproxy')
})

test('on Windows the control place is a pipe of the installation, whatever the case of its letters', () => {
  const one = layoutOf('C:\\Program Files\\Proxy\\conf\\authproxy.cfg', 'win32')
  const same = layoutOf('c:\\program files\\proxy\\CONF\\authproxy.cfg', 'win32')
  assert.match(one.controlPath, /^\\\\\.\\pipe\\authproxy-[0-9a-f]{16}$/)
  assert.equal(one.controlPath, same.controlPath)
  assert.equal(one.pidFile, 'C:\\Program Files\\Proxy\\run\\duoauthproxy.pid')
  assert.notEqual(one.controlPath, layoutOf('D:\\other\\conf\\authproxy.cfg', 'win32').controlPath)
})
