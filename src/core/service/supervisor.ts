import {access, readFile} from 'node:fs/promises'
import {LAUNCHD_LABEL, LAUNCHD_PATH} from './launchd.ts'
import type {Layout} from './layout.ts'
import type {Command} from './plan.ts'
import {UNIT_PATH} from './systemd-unit.ts'
import {SYSV_PATH} from './sysv-script.ts'

/** What keeps the service running here, and the commands by which it is asked to start and stop it. */
export type Supervisor = {
  readonly name: 'systemd' | 'sysv' | 'launchd' | 'windows'
  readonly start: Command
  readonly stop: Command
  readonly restart: Command | undefined
  /** Where to look when it does not start. */
  readonly hint: string
}

const UNIT = 'authproxy.service'

const systemd: Supervisor = {
  name: 'systemd',
  start: ['systemctl', 'start', UNIT],
  stop: ['systemctl', 'stop', UNIT],
  restart: ['systemctl', 'restart', UNIT],
  hint: 'journalctl -u authproxy -e',
}

const sysv: Supervisor = {
  name: 'sysv',
  start: [SYSV_PATH, 'start'],
  stop: [SYSV_PATH, 'stop'],
  restart: [SYSV_PATH, 'restart'],
  hint: 'authproxy validate',
}

const launchd: Supervisor = {
  name: 'launchd',
  start: ['launchctl', 'kickstart', `system/${LAUNCHD_LABEL}`],
  stop: ['launchctl', 'kill', 'SIGTERM', `system/${LAUNCHD_LABEL}`],
  restart: undefined,
  hint: 'authproxy validate',
}

const windows: Supervisor = {
  name: 'windows',
  start: ['sc.exe', 'start', 'authproxy'],
  stop: ['sc.exe', 'stop', 'authproxy'],
  restart: undefined,
  hint: 'the event log of Windows, and authproxy validate',
}

export type SupervisorSearch = {
  readonly platform: NodeJS.Platform
  /** The init script runs the controls as the service's user, who must then do it directly. */
  readonly isRoot: boolean
  readonly run: (command: Command) => Promise<{readonly code: number}>
  /** A folder that stands for /, in tests. */
  readonly root?: string
}

const unitPaths = [UNIT_PATH, `/usr/lib/systemd/system/${UNIT}`, `/lib/systemd/system/${UNIT}`]

/** The supervisor that was installed for this configuration file; another file is run by its pid file. */
export async function findSupervisor(layout: Layout, search: SupervisorSearch): Promise<Supervisor | undefined> {
  const root = search.root ?? ''
  if (search.platform === 'win32') {
    return (await search.run(['sc.exe', 'query', 'authproxy'])).code === 0 ? windows : undefined
  }
  if (search.platform === 'darwin') {
    return (await names(`${root}${LAUNCHD_PATH}`, layout.configFile)) ? launchd : undefined
  }
  if (await exists(`${root}/run/systemd/system`)) {
    for (const path of unitPaths) if (await names(`${root}${path}`, layout.configFile)) return systemd
  }
  return search.isRoot && (await names(`${root}${SYSV_PATH}`, layout.configFile)) ? sysv : undefined
}

async function names(path: string, configFile: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.includes(configFile)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
