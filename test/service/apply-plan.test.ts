import assert from 'node:assert/strict'
import {mkdir, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import {Fault} from '../../src/core/fault.ts'
import {type AppliedStep, applyPlan, type CommandResult, type Machine} from '../../src/core/service/apply-plan.ts'
import {installPlan, uninstallPlan} from '../../src/core/service/install-plan.ts'
import type {InstallPlan} from '../../src/core/service/plan.ts'
import {UNIT_PATH} from '../../src/core/service/systemd-unit.ts'
import {optionsFor} from './install-support.ts'

/** A machine in a folder, whose commands are remembered and succeed, except those that the test says. */
async function machineIn(t: TestContext, failing: (command: string) => CommandResult | undefined = () => undefined) {
  const root = await mkdtemp(join(tmpdir(), 'authproxy-install-'))
  t.after(() => rm(root, {recursive: true, force: true}))
  const commands: string[] = []
  const machine: Machine = {
    root,
    run: async (command) => {
      commands.push(command.join(' '))
      return failing(command.join(' ')) ?? {code: 0, output: ''}
    },
  }
  return {root, machine, commands}
}

const apply = (plan: InstallPlan, machine: Machine) => applyPlan(plan, machine, () => {})
const mode = async (path: string) => (await stat(path)).mode & 0o7777
const absent = (command: string) => (command.startsWith('getent') ? {code: 2, output: ''} : undefined)

test('the plan is carried out: accounts, folders with their rights, the unit, its start', async (t) => {
  const {root, machine, commands} = await machineIn(t, absent)
  await mkdir(join(root, 'opt/duoauthproxy/conf'), {recursive: true})
  const config = join(root, 'opt/duoauthproxy/conf/authproxy.cfg')
  await writeFile(config, '[main]\n', {mode: 0o666})
  const steps: AppliedStep[] = []
  await applyPlan(installPlan(optionsFor('systemd')), machine, (step) => steps.push(step))

  assert.equal(await mode(config), 0o640)
  assert.equal(await mode(join(root, 'opt/duoauthproxy/conf')), 0o750)
  assert.equal(await mode(join(root, 'opt/duoauthproxy/log')), 0o2750)
  assert.equal(await mode(join(root, 'opt/duoauthproxy/run')), 0o700)
  assert.equal(await mode(join(root, 'opt/duoauthproxy/state')), 0o700)
  assert.equal(await mode(join(root, UNIT_PATH)), 0o644)
  assert.match(await readFile(join(root, UNIT_PATH), 'utf8'), /^Type=notify$/m)
  assert.deepEqual(
    commands.filter((command) => !command.startsWith('chown')),
    [
      'getent group duo_authproxy_grp',
      'groupadd --system duo_authproxy_grp',
      'getent group duo_authproxy_svc',
      'groupadd --system duo_authproxy_svc',
      'getent passwd duo_authproxy_svc',
      'useradd --system --gid duo_authproxy_svc --home-dir /opt/duoauthproxy --no-create-home --shell /usr/sbin/nologin duo_authproxy_svc',
      'systemctl daemon-reload',
      'systemctl enable authproxy.service',
    ],
  )
  assert.ok(commands.includes(`chown root:duo_authproxy_svc ${config}`))
  const there = steps.filter(({outcome}) => outcome !== 'done').map(({step}) => 'path' in step && step.path)
  assert.deepEqual(there, ['/opt/duoauthproxy'])
})

test('a second time changes no file and makes no account', async (t) => {
  const {machine} = await machineIn(t)
  const plan = installPlan(optionsFor('systemd', {enableSelinux: true}))
  await apply(plan, machine)
  const again = await apply(plan, machine)
  const changed = again.filter(({step, outcome}) => step.kind !== 'run' && outcome !== 'unchanged')
  assert.deepEqual(changed, [])
  const made = again.filter(({step, outcome}) => step.kind === 'run' && step.unless && outcome !== 'unchanged')
  assert.deepEqual(made, [])
})

test('uninstall takes the unit away and leaves configuration and logs', async (t) => {
  const {root, machine} = await machineIn(t)
  await apply(installPlan(optionsFor('systemd')), machine)
  const log = join(root, 'opt/duoauthproxy/log/authproxy.log')
  await writeFile(log, 'line\n')
  await apply(uninstallPlan(optionsFor('systemd')), machine)
  await assert.rejects(stat(join(root, UNIT_PATH)), /ENOENT/)
  assert.equal(await readFile(log, 'utf8'), 'line\n')
  const again = await apply(uninstallPlan(optionsFor('systemd')), machine)
  assert.ok(again.some(({step, outcome}) => step.kind === 'remove' && outcome === 'unchanged'))
})

test('a command that fails ends the plan with its words, unless it may fail', async (t) => {
  const broken = await machineIn(t, (command) =>
    command === 'systemctl daemon-reload' ? {code: 1, output: 'no systemd here\n'} : undefined,
  )
  await assert.rejects(apply(installPlan(optionsFor('systemd')), broken.machine), (error) => {
    assert.ok(error instanceof Fault)
    assert.equal(error.message, '"systemctl daemon-reload" failed with code 1: no systemd here')
    return true
  })
  assert.ok(!broken.commands.includes('systemctl enable authproxy.service'))
  const harmless = await machineIn(t, (command) =>
    command.startsWith('chkconfig') ? {code: 127, output: ''} : undefined,
  )
  const applied = await apply(installPlan(optionsFor('sysv')), harmless.machine)
  assert.equal(applied.at(-1)?.outcome, 'failed-harmlessly')
})

test('obstacles keep the plan from being carried out at all', async (t) => {
  const {machine, commands} = await machineIn(t)
  const plan = installPlan(optionsFor('systemd', {programPath: '/home/u/authproxy/bin/run.js'}))
  await assert.rejects(apply(plan, machine), /home folder/)
  assert.deepEqual(commands, [])
})

test('a place that cannot be written is a fault that says what is needed', async (t) => {
  const {root, machine} = await machineIn(t)
  await writeFile(join(root, 'opt'), 'in the way')
  await assert.rejects(apply(installPlan(optionsFor('systemd')), machine), (error) => {
    assert.ok(error instanceof Fault)
    assert.equal(error.code, 'file-unwritable')
    assert.match(error.hint, /sudo/)
    return true
  })
})

test('a file of the administrator is kept', async (t) => {
  const {root, machine} = await machineIn(t)
  const step = {kind: 'file', path: '/etc/x.cfg', mode: 0o640, text: 'sample\n', keep: true} as const
  const plan: InstallPlan = {summary: '', steps: [step], obstacles: [], afterwards: []}
  await apply(plan, machine)
  await writeFile(join(root, 'etc/x.cfg'), 'mine\n')
  await apply(plan, machine)
  assert.equal(await readFile(join(root, 'etc/x.cfg'), 'utf8'), 'mine\n')
})
