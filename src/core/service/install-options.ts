import {type Config, sectionSpec} from '../config/schema.ts'
import type {SyslogFacility} from '../log/syslog.ts'
import type {Layout} from './layout.ts'

/** What keeps a service running on this machine. */
export const servicePlatforms = ['systemd', 'sysv', 'launchd', 'windows'] as const
export type ServicePlatform = (typeof servicePlatforms)[number]

/** The name that the machine's tools know the service by. */
export const SERVICE_NAME = 'authproxy'

/** The user and group that the original's installer proposes, since log collectors are already in that group. */
export const DEFAULT_SERVICE_USER = 'duo_authproxy_svc'
export const DEFAULT_LOG_GROUP = 'duo_authproxy_grp'

/** How Node is started for `serve`: new objects in at most 34 MB instead of 67 (docs/decisions/0072-memory.md). */
export const nodeOptions = ['--max-semi-space-size=16'] as const

/** What the configuration asks of the machine. */
export type ServiceNeeds = {
  readonly logDirectory: string
  readonly stateDirectory: string
  readonly syslogFacility: SyslogFacility
  /** A port below 1024 takes a capability. */
  readonly hasLowPort: boolean
}

export type InstallOptions = {
  readonly platform: ServicePlatform
  readonly layout: Layout
  readonly needs: ServiceNeeds
  /** Absolute path of the Node that runs it. */
  readonly nodePath: string
  /** Absolute path of the program's entry, bin/run.js. */
  readonly programPath: string
  readonly serviceUser: string
  readonly logGroup: string
  /** Whether the machine starts it: without, only users, folders and permissions are made. */
  readonly createInitScript: boolean
  readonly enableSelinux: boolean
}

/** What holds where there is no configuration yet, or one that cannot be read. */
export function defaultNeeds({logDirectory, stateDirectory}: Layout): ServiceNeeds {
  return {logDirectory, stateDirectory, syslogFacility: 'LOG_USER', hasLowPort: false}
}

export function needsOf({main, sections}: Config, layout: Layout): ServiceNeeds {
  return {
    logDirectory: main.log_dir ?? layout.logDirectory,
    stateDirectory: main.state_dir ?? layout.stateDirectory,
    syslogFacility: main.syslog_facility,
    hasLowPort: sections.some(
      ({kind, options}) => sectionSpec(kind).role === 'server' && 'port' in options && isLow(options.port),
    ),
  }
}

function isLow(port: unknown): boolean {
  return typeof port === 'number' && port > 0 && port < 1024
}
