import assert from 'node:assert/strict'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {type TestContext, test} from 'node:test'
import type {ProxyStatus, ReloadResult} from '../../src/core/service/control-protocol.ts'
import {type ControlServer, listenForControl} from '../../src/core/service/control-server.ts'
import {
  type ControlEdge,
  reloadService,
  restartService,
  serviceStatus,
  startService,
  stopService,
} from '../../src/core/service/controls.ts'
import {layoutOf} from '../../src/core/service/layout.ts'
import {writePidFile} from '../../src/core/service/pid-file.ts'
import {reloadText, statusJson, statusText} from '../../src/core/service/status-text.ts'
import {findSupervisor} from '../../src/core/service/supervisor.ts'
import {systemdUnit} from '../../src/core/service/systemd-unit.ts'
import {realWorld} from '../../src/core/world.ts'
import {optionsFor} from './install-support.ts'

/** No process has this number. */
const PID = 4_194_305

const detail: ProxyStatus = {
  running: true,
  pid: PID,
  version: '1.2.3',
  uptimeS: 3700,
  ready: false,
  reasons: ['no directory answers'],
  sections: ['radius_server_challenge', 'radius_server_auto'],
  pendingPushes: 2,
  logins: {accept: 10, reject: 3, challenge: 12},
}

/** An installation in a folder, with a process that exists only in what it answers. */
async function installation(t: TestContext, reload: ReloadResult = {kind: 'reloaded', changes: []}) {
  const root = await mkdtemp(join(tmpdir(), 'authproxy-controls-'))
  t.after(() => rm(root, {recursive: true, force: true}))
  const layout = layoutOf(join(root, 'conf/authproxy.cfg'), 'linux')
  const commands: string[] = []
  let server: ControlServer | undefined
  let alive = false
  const up = async () => {
    alive = true
    server = await listenForControl(realWorld, layout.controlPath, {
      status: () => detail,
      reload: async () => reload,
      explain: () => [],
    })
  }
  const down = async () => {
    alive = false
    await server?.close()
    server = undefined
  }
  t.after(down)
  const edge: ControlEdge = {
    world: realWorld,
    layout,
    supervisor: undefined,
    run: async (command) => {
      commands.push(command.join(' '))
      return {code: 0, output: ''}
    },
    isAlive: () => alive,
    terminate: (pid) => {
      commands.push(`terminate ${pid}`)
      void down()
    },
    startServe: () => {
      commands.push('serve')
      void up()
      return {ended: new Promise(() => {})}
    },
  }
  return {root, layout, edge, commands, up, down, setAlive: (value: boolean) => (alive = value)}
}

test('status has the exit codes of the original', async (t) => {
  const {edge, layout, up, down, setAlive} = await installation(t)
  assert.deepEqual(await serviceStatus(edge), {kind: 'stopped', exitCode: 3})
  await writePidFile(layout.pidFile, PID)
  assert.deepEqual(await serviceStatus(edge), {kind: 'stale', exitCode: 1, pid: PID})
  setAlive(true)
  assert.deepEqual(await serviceStatus(edge), {kind: 'running', exitCode: 0, pid: PID, detail: undefined})
  await up()
  assert.deepEqual(await serviceStatus(edge), {kind: 'running', exitCode: 0, pid: PID, detail})
  await down()
  await writeFile(layout.pidFile, 'nonsense')
  const unknown = await serviceStatus(edge)
  assert.equal(unknown.exitCode, 4)
})

test('status says what the process knows of itself', () => {
  assert.equal(
    statusText({kind: 'running', exitCode: 0, pid: PID, detail}),
    [
      `authproxy (pid ${PID}) is running`,
      '  version 1.2.3, up 1 h 1 min',
      '  not ready: no directory answers',
      '  sections: radius_server_challenge, radius_server_auto',
      '  logins: 10 accepted, 3 rejected, 12 challenged; 2 pushes pending',
    ].join('\n'),
  )
  assert.deepEqual(statusJson({kind: 'running', exitCode: 0, pid: PID, detail}), detail)
  assert.equal(statusText({kind: 'stopped', exitCode: 3}), 'authproxy is not running')
  assert.deepEqual(statusJson({kind: 'stopped', exitCode: 3}), {running: false})
  assert.deepEqual(statusJson({kind: 'stale', exitCode: 1, pid: 7}), {running: false, stalePid: 7})
  assert.match(statusText({kind: 'unknown', exitCode: 4, reason: 'x'}), /^status unknown: x$/)
})

test('without a supervisor the process itself is started, stopped and started again', async (t) => {
  const {edge, layout, commands} = await installation(t)
  assert.deepEqual(await startService(edge), {exitCode: 0, message: `authproxy (pid ${PID}) is running`})
  assert.deepEqual(await startService(edge), {exitCode: 0, message: `authproxy (pid ${PID}) is running already`})
  assert.deepEqual(await restartService(edge), {exitCode: 0, message: `authproxy (pid ${PID}) is running`})
  assert.deepEqual(await stopService(edge), {exitCode: 0, message: 'authproxy is stopped'})
  assert.deepEqual(await stopService(edge), {exitCode: 0, message: 'authproxy is not running'})
  assert.deepEqual(commands, ['serve', `terminate ${PID}`, 'serve', `terminate ${PID}`])
  await writeFile(layout.pidFile, 'nonsense')
  assert.equal((await stopService(edge)).exitCode, 4)
})

test('a process that ends before it is ready is a failed start, with its words', async (t) => {
  const {edge} = await installation(t)
  const outcome = await startService({
    ...edge,
    startServe: () => ({ended: Promise.resolve('authproxy.cfg:3:1 C104 unknown option\n')}),
  })
  assert.deepEqual(outcome, {exitCode: 1, message: 'authproxy did not start:\nauthproxy.cfg:3:1 C104 unknown option'})
})

test('with a supervisor it is the one who is asked, and its complaint is passed on', async (t) => {
  const {root, layout, edge, commands} = await installation(t)
  const search = {platform: 'linux', isRoot: true, run: edge.run, root} as const
  assert.equal(await findSupervisor(layout, search), undefined)
  await mkdir(join(root, 'run/systemd/system'), {recursive: true})
  const unit = join(root, 'etc/systemd/system/authproxy.service')
  await mkdir(dirname(unit), {recursive: true})
  await writeFile(unit, systemdUnit(optionsFor('systemd')))
  assert.equal(await findSupervisor(layout, search), undefined, 'a unit for another configuration file')
  await writeFile(unit, systemdUnit(optionsFor('systemd', {layout})))
  const supervisor = await findSupervisor(layout, search)
  assert.equal(supervisor?.name, 'systemd')

  const supervised = {...edge, supervisor}
  assert.equal((await startService(supervised)).message, 'authproxy is started')
  assert.equal((await restartService(supervised)).message, 'authproxy is restarted')
  assert.equal((await stopService(supervised)).message, 'authproxy is stopped')
  assert.deepEqual(commands, [
    'systemctl start authproxy.service',
    'systemctl restart authproxy.service',
    'systemctl stop authproxy.service',
  ])
  const denied = await startService({...supervised, run: async () => ({code: 4, output: 'Access denied\n'})})
  assert.deepEqual(denied, {exitCode: 1, message: 'Access denied', hint: 'journalctl -u authproxy -e'})
})

test('the init script is asked by root only, since it runs these controls as the service user', async (t) => {
  const {root, layout, edge} = await installation(t)
  await mkdir(join(root, 'etc/init.d'), {recursive: true})
  await writeFile(join(root, 'etc/init.d/authproxy'), `config='${layout.configFile}'\n`)
  const search = {platform: 'linux', run: edge.run, root} as const
  assert.equal((await findSupervisor(layout, {...search, isRoot: true}))?.name, 'sysv')
  assert.equal(await findSupervisor(layout, {...search, isRoot: false}), undefined)
})

test('a supervisor that only begins is waited for', async (t) => {
  const {layout, edge, up} = await installation(t)
  const supervisor = await findSupervisor(layout, {platform: 'win32', isRoot: false, run: edge.run})
  assert.equal(supervisor?.name, 'windows')
  const run: ControlEdge['run'] = async () => {
    void up()
    return {code: 0, output: ''}
  }
  assert.equal((await startService({...edge, supervisor, run})).message, `authproxy (pid ${PID}) is running`)
})

test('a reload tells what changed, or what is wrong', async (t) => {
  const changed = await installation(t, {kind: 'reloaded', changes: ['[radius_server_auto] failmode safe -> secure']})
  assert.deepEqual(await reloadService(changed.edge), {kind: 'not-running', exitCode: 3})
  await changed.up()
  const outcome = await reloadService(changed.edge)
  assert.equal(outcome.exitCode, 0)
  assert.equal(reloadText(outcome), 'Reloaded:\n  [radius_server_auto] failmode safe -> secure')

  const refused = await installation(t, {kind: 'refused', problems: ['authproxy.cfg:3:1 C104 unknown option']})
  await refused.up()
  const no = await reloadService(refused.edge)
  assert.equal(no.exitCode, 1)
  assert.equal(
    reloadText(no),
    'The configuration was refused; nothing has changed:\nauthproxy.cfg:3:1 C104 unknown option',
  )
})
