import {posix} from 'node:path'
import type {InstallOptions} from './install-options.ts'
import {LAUNCHD_LABEL, LAUNCHD_PATH, launchdJob} from './launchd.ts'
import type {InstallPlan, InstallStep, Ownership} from './plan.ts'
import {SELINUX_MODULE, selinuxFileContexts, selinuxModule} from './selinux.ts'
import {systemdUnit, UNIT_PATH} from './systemd-unit.ts'
import {SYSV_PATH, sysvScript} from './sysv-script.ts'
import {windowsPlan, windowsRemoval} from './windows-plan.ts'

/** The plan for this machine: users, folders and permissions first, then what starts the service. */
export function installPlan(options: InstallOptions): InstallPlan {
  switch (options.platform) {
    case 'systemd':
      return unixPlan(options, systemdSteps(options), ['systemctl start authproxy', 'systemctl status authproxy'])
    case 'sysv':
      return unixPlan(options, sysvSteps(options), ['service authproxy start'])
    case 'launchd':
      return unixPlan(options, launchdSteps(options), [`launchctl kickstart system/${LAUNCHD_LABEL}`])
    case 'windows':
      return windowsPlan(options)
  }
}

/** Takes away what starts the service. Configuration, logs, state and the user stay: they may be needed again. */
export function uninstallPlan(options: InstallOptions): InstallPlan {
  const {layout, serviceUser, logGroup} = options
  const left = [layout.root, `user ${serviceUser}`, `groups ${serviceUser} and ${logGroup}`]
  return {
    summary: 'authproxy is stopped and no longer started by this machine; configuration, logs and state stay',
    steps: [...removalSteps(options), ...(options.enableSelinux ? selinuxRemoval : [])],
    obstacles: [],
    afterwards: [
      options.platform === 'windows' ? `left in place: ${layout.root}` : `left in place: ${left.join(', ')}`,
    ],
  }
}

function unixPlan(options: InstallOptions, service: readonly InstallStep[], afterwards: string[]): InstallPlan {
  const {layout, createInitScript, enableSelinux} = options
  return {
    summary: createInitScript
      ? `authproxy runs as a service (${options.platform}) with ${layout.configFile}`
      : `users, folders and permissions for ${layout.configFile}; nothing starts the service`,
    steps: [
      ...accountSteps(options),
      ...folderSteps(options),
      ...(enableSelinux ? selinuxSteps(options) : []),
      ...(createInitScript ? service : []),
    ],
    obstacles: obstacles(options),
    afterwards: [`authproxy validate ${layout.configFile}`, ...(createInitScript ? afterwards : [])],
  }
}

/**
 * Two groups: the service's own, named like its user, reads the configuration with its secrets; the log group, in
 * which log collectors are, reads the logs and nothing else.
 */
function accountSteps({platform, serviceUser, logGroup, layout}: InstallOptions): InstallStep[] {
  const noLogin = `the user ${serviceUser}, who cannot log in`
  if (platform === 'launchd') {
    const group = (name: string, purpose: string): InstallStep => ({
      kind: 'run',
      purpose,
      command: ['dseditgroup', '-o', 'create', '-n', '.', name],
      unless: ['dscl', '.', '-read', `/Groups/${name}`],
    })
    return [
      group(logGroup, `the group ${logGroup}, which may read the logs`),
      group(serviceUser, "the service's own group"),
      {
        kind: 'run',
        purpose: noLogin,
        command: ['sysadminctl', '-addUser', serviceUser, '-shell', '/usr/bin/false', '-home', '/var/empty'],
        unless: ['dscl', '.', '-read', `/Users/${serviceUser}`],
      },
    ]
  }
  const group = (name: string, purpose: string): InstallStep => ({
    kind: 'run',
    purpose,
    command: ['groupadd', '--system', name],
    unless: ['getent', 'group', name],
  })
  const home = ['--home-dir', layout.root, '--no-create-home', '--shell', '/usr/sbin/nologin'] as const
  return [
    group(logGroup, `the group ${logGroup}, which may read the logs`),
    group(serviceUser, "the service's own group"),
    {
      kind: 'run',
      purpose: noLogin,
      command: ['useradd', '--system', '--gid', serviceUser, ...home, serviceUser],
      unless: ['getent', 'passwd', serviceUser],
    },
  ]
}

/** The service reads its configuration but cannot change it; only it enters run and state. */
function folderSteps({platform, layout, needs, serviceUser, logGroup}: InstallOptions): InstallStep[] {
  const rootGroup = platform === 'launchd' ? 'wheel' : 'root'
  const ofRoot: Ownership = {owner: 'root', group: serviceUser}
  const ofService: Ownership = {owner: serviceUser, group: serviceUser}
  const conf = posix.dirname(layout.configFile)
  return [
    // A folder that holds more than this installation keeps its rights.
    ...(conf === layout.root
      ? []
      : [
          {kind: 'directory', path: layout.root, mode: 0o755, owner: 'root', group: rootGroup} as const,
          {kind: 'directory', path: conf, mode: 0o750, ...ofRoot} as const,
        ]),
    {kind: 'permissions', path: layout.configFile, mode: 0o640, ...ofRoot},
    // Set-group-id: the log files that the service makes belong to the log group.
    {kind: 'directory', path: needs.logDirectory, mode: 0o2750, owner: serviceUser, group: logGroup},
    {kind: 'directory', path: layout.runDirectory, mode: 0o700, ...ofService},
    {kind: 'directory', path: needs.stateDirectory, mode: 0o700, ...ofService},
  ]
}

function systemdSteps(options: InstallOptions): InstallStep[] {
  return [
    {kind: 'file', path: UNIT_PATH, mode: 0o644, owner: 'root', group: 'root', text: systemdUnit(options)},
    {kind: 'run', purpose: 'systemd reads the unit', command: ['systemctl', 'daemon-reload']},
    {kind: 'run', purpose: 'it starts with the machine', command: ['systemctl', 'enable', 'authproxy.service']},
  ]
}

function sysvSteps(options: InstallOptions): InstallStep[] {
  return [
    {kind: 'file', path: SYSV_PATH, mode: 0o755, owner: 'root', group: 'root', text: sysvScript(options)},
    {
      kind: 'run',
      purpose: 'it starts with the machine (Debian and its kin)',
      command: ['update-rc.d', 'authproxy', 'defaults'],
      mayFail: true,
    },
    {
      kind: 'run',
      purpose: 'it starts with the machine (Red Hat and its kin)',
      command: ['chkconfig', '--add', 'authproxy'],
      mayFail: true,
    },
  ]
}

function launchdSteps(options: InstallOptions): InstallStep[] {
  return [
    {kind: 'file', path: LAUNCHD_PATH, mode: 0o644, owner: 'root', group: 'wheel', text: launchdJob(options)},
    {
      kind: 'run',
      purpose: 'launchd reads the job',
      command: ['launchctl', 'bootstrap', 'system', LAUNCHD_PATH],
      unless: ['launchctl', 'print', `system/${LAUNCHD_LABEL}`],
    },
    {kind: 'run', purpose: 'it starts with the machine', command: ['launchctl', 'enable', `system/${LAUNCHD_LABEL}`]},
  ]
}

function selinuxSteps(options: InstallOptions): InstallStep[] {
  const folder = posix.join(options.layout.root, 'selinux')
  const part = (extension: string) => posix.join(folder, `${SELINUX_MODULE}.${extension}`)
  const {layout, needs} = options
  const labelled = [posix.dirname(layout.configFile), needs.logDirectory, layout.runDirectory, needs.stateDirectory]
  return [
    {kind: 'directory', path: folder, mode: 0o755},
    {kind: 'file', path: part('te'), mode: 0o644, text: selinuxModule()},
    {kind: 'file', path: part('fc'), mode: 0o644, text: selinuxFileContexts(options)},
    {
      kind: 'run',
      purpose: 'the policy module is compiled',
      command: ['checkmodule', '-M', '-m', '-o', part('mod'), part('te')],
    },
    {
      kind: 'run',
      purpose: 'and packed with its file contexts',
      command: ['semodule_package', '-o', part('pp'), '-m', part('mod'), '-f', part('fc')],
    },
    {kind: 'run', purpose: 'the policy is loaded', command: ['semodule', '-i', part('pp')]},
    {kind: 'run', purpose: 'the folders get their types', command: ['restorecon', '-R', ...labelled]},
  ]
}

const selinuxRemoval: readonly InstallStep[] = [
  {kind: 'run', purpose: 'the policy is unloaded', command: ['semodule', '-r', SELINUX_MODULE], mayFail: true},
]

function removalSteps(options: InstallOptions): InstallStep[] {
  switch (options.platform) {
    case 'systemd':
      return [
        {
          kind: 'run',
          purpose: 'stopped, and no longer started with the machine',
          command: ['systemctl', 'disable', '--now', 'authproxy.service'],
          mayFail: true,
        },
        {kind: 'remove', path: UNIT_PATH},
        {kind: 'run', purpose: 'systemd forgets the unit', command: ['systemctl', 'daemon-reload']},
      ]
    case 'sysv':
      return [
        {kind: 'run', purpose: 'stopped', command: [SYSV_PATH, 'stop'], mayFail: true},
        {kind: 'remove', path: SYSV_PATH},
        {
          kind: 'run',
          purpose: 'no longer started with the machine (Debian and its kin)',
          command: ['update-rc.d', 'authproxy', 'remove'],
          mayFail: true,
        },
        {
          kind: 'run',
          purpose: 'no longer started with the machine (Red Hat and its kin)',
          command: ['chkconfig', '--del', 'authproxy'],
          mayFail: true,
        },
      ]
    case 'launchd':
      return [
        {
          kind: 'run',
          purpose: 'stopped, and forgotten by launchd',
          command: ['launchctl', 'bootout', `system/${LAUNCHD_LABEL}`],
          mayFail: true,
        },
        {kind: 'remove', path: LAUNCHD_PATH},
      ]
    case 'windows':
      return windowsRemoval(options)
  }
}

/** ProtectHome and the rights of home folders keep a service user out: better said now than by a failing unit. */
function obstacles({platform, nodePath, programPath, layout, serviceUser}: InstallOptions): string[] {
  const found: string[] = []
  for (const path of platform === 'launchd' ? [] : [nodePath, programPath, layout.configFile]) {
    if (/^\/(root|home|run\/user)\//.test(path)) {
      found.push(`${path} is in a home folder, which a service cannot read: install the program for the whole machine`)
    }
  }
  if (serviceUser === 'root') found.push('the service user must not be root')
  return found
}
