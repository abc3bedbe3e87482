import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import {listenForControl} from '../../src/core/service/control-server.ts'
import {layoutOf} from '../../src/core/service/layout.ts'
import {writePidFile} from '../../src/core/service/pid-file.ts'
import {realWorld} from '../../src/core/world.ts'

const bin = new URL('../../bin/run.js', import.meta.url).pathname

async function authproxy(...args: string[]) {
  const child = spawn(process.execPath, [bin, ...args], {env: {...process.env, NO_COLOR: '1'}})
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

async function installation(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'authproxy-command-'))
  t.after(() => rm(root, {recursive: true, force: true}))
  await mkdir(join(root, 'conf'))
  const config = join(root, 'conf/authproxy.cfg')
  await writeFile(config, '[main]\n')
  return {config, layout: layoutOf(config, process.platform)}
}

test('status, stop and reload of a stopped service', async (t) => {
  const {config, layout} = await installation(t)
  assert.deepEqual(await authproxy('status', '-c', config), {code: 3, stdout: 'authproxy is not running\n', stderr: ''})
  assert.deepEqual(await authproxy('stop', '-c', config), {code: 0, stdout: 'authproxy is not running\n', stderr: ''})
  assert.deepEqual(await authproxy('reload', '-c', config), {code: 3, stdout: '', stderr: 'authproxy is not running\n'})
  await writePidFile(layout.pidFile, 4_194_305)
  const stale = await authproxy('status', '--json', '-c', config)
  assert.equal(stale.code, 1)
  assert.deepEqual(JSON.parse(stale.stdout), {running: false, stalePid: 4_194_305})
})

test('status and reload of a running one', async (t) => {
  const {config, layout} = await installation(t)
  const server = await listenForControl(realWorld, layout.controlPath, {
    status: () => ({
      running: true,
      pid: 42,
      version: '1.2.3',
      uptimeS: 5,
      ready: true,
      reasons: [],
      sections: ['radius_server_challenge'],
      pendingPushes: 0,
      logins: {accept: 1, reject: 0, challenge: 1},
    }),
    reload: async () => ({kind: 'refused', problems: ['authproxy.cfg:2:1 C104 unknown option "failmod"']}),
    explain: () => [],
  })
  t.after(() => server.close())
  const status = await authproxy('status', '-c', config)
  assert.equal(status.code, 0)
  assert.match(status.stdout, /^authproxy \(pid 42\) is running\n {2}version 1\.2\.3, up 0 min 5 s\n {2}ready\n/)
  const json = await authproxy('status', '--json', '-c', config)
  assert.equal(JSON.parse(json.stdout).logins.accept, 1)
  const reload = await authproxy('reload', '-c', config)
  assert.equal(reload.code, 1)
  assert.match(reload.stderr, /nothing has changed:\nauthproxy\.cfg:2:1 C104 unknown option "failmod"\n$/)
  const reloadJson = await authproxy('reload', '--json', '-c', config)
  assert.equal(JSON.parse(reloadJson.stdout).result.kind, 'refused')
})

test('a wrong use has exit code 2', async () => {
  for (const command of ['start', 'stop', 'restart', 'status', 'reload']) {
    assert.equal((await authproxy(command, 'extra')).code, 2, command)
  }
})
