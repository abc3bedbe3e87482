import assert from 'node:assert/strict'
import {test} from 'node:test'
import {SERVICE_NAME, type ServicePlatform, servicePlatforms} from '../../src/core/service/install-options.ts'
import {installPlan, uninstallPlan} from '../../src/core/service/install-plan.ts'
import {layoutOf} from '../../src/core/service/layout.ts'
import {renderPlan} from '../../src/core/service/render-plan.ts'
import {systemdUnit} from '../../src/core/service/systemd-unit.ts'
import {windowsArgument} from '../../src/core/service/windows-service.ts'
import {golden, optionsFor} from './install-support.ts'

for (const platform of servicePlatforms) {
  test(`the plan for ${platform} is the one that was read and agreed on`, () => {
    const text = renderPlan(installPlan(optionsFor(platform)))
    assert.equal(text, golden(`install-${platform}.txt`, text))
  })

  test(`the plan that takes ${platform} back is, too`, () => {
    const text = renderPlan(uninstallPlan(optionsFor(platform)))
    assert.equal(text, golden(`uninstall-${platform}.txt`, text))
  })
}

test('with SELinux the plan has the module, its contexts and its steps', () => {
  const text = renderPlan(installPlan(optionsFor('systemd', {enableSelinux: true})))
  assert.equal(text, golden('install-selinux.txt', text))
})

test('without an init script nothing starts the service, but its user and folders are made', () => {
  const starters = (platform: ServicePlatform) =>
    installPlan(optionsFor(platform, {createInitScript: false})).steps.filter(
      (step) =>
        (step.kind === 'file' && /authproxy(\.service|\.plist|-service\.xml)?$/.test(step.path)) ||
        (step.kind === 'run' && /systemctl|launchctl|update-rc/.test(step.command.join(' '))),
    )
  for (const platform of servicePlatforms) assert.deepEqual(starters(platform), [], platform)
  assert.match(renderPlan(installPlan(optionsFor('systemd', {createInitScript: false}))), /useradd/)
})

test('only a low port takes a capability', () => {
  const options = optionsFor('systemd')
  assert.match(systemdUnit(options), /^CapabilityBoundingSet=$/m)
  assert.match(systemdUnit(options), /^PrivateUsers=yes$/m)
  const low = systemdUnit({...options, needs: {...options.needs, hasLowPort: true}})
  assert.match(low, /^AmbientCapabilities=CAP_NET_BIND_SERVICE$/m)
  assert.doesNotMatch(low, /PrivateUsers/)
})

test('paths stay paths, whatever characters are in them', () => {
  const layout = layoutOf('/srv/my "proxy" 100% $HOME/conf/authproxy.cfg', 'linux')
  const unit = systemdUnit(optionsFor('systemd', {layout}))
  assert.ok(unit.includes(' serve --config "/srv/my \\"proxy\\" 100%% $$HOME/conf/authproxy.cfg"\n'))
  assert.ok(unit.includes('WorkingDirectory="/srv/my \\"proxy\\" 100%% $HOME"\n'))
  const plist = renderPlan(installPlan(optionsFor('launchd', {layout: layoutOf('/a&b<c>/conf/x.cfg', 'linux')})))
  assert.ok(plist.includes('<string>/a&amp;b&lt;c&gt;/conf/x.cfg</string>'))
  assert.equal(windowsArgument('C:\\Program Files\\x\\'), '"C:\\Program Files\\x\\\\"')
  assert.equal(windowsArgument('say "hi"'), '"say \\"hi\\""')
  assert.equal(windowsArgument(''), '""')
})

test('a program in a home folder is an obstacle, and so is root as the service user', () => {
  const plan = installPlan(optionsFor('systemd', {nodePath: '/root/.nvm/bin/node', serviceUser: 'root'}))
  assert.equal(plan.obstacles.length, 2)
  assert.match(plan.obstacles[0] ?? '', /^\/root\/\.nvm\/bin\/node is in a home folder/)
  assert.match(renderPlan(plan), /# Not carried out, because:/)
})

test('the service has one name everywhere', () => {
  for (const platform of servicePlatforms) {
    assert.match(renderPlan(installPlan(optionsFor(platform))), new RegExp(`\\b${SERVICE_NAME}\\b`))
  }
})
