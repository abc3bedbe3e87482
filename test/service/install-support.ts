import {readFileSync, writeFileSync} from 'node:fs'
import {
  DEFAULT_LOG_GROUP,
  DEFAULT_SERVICE_USER,
  defaultNeeds,
  type InstallOptions,
  type ServicePlatform,
} from '../../src/core/service/install-options.ts'
import {layoutOf} from '../../src/core/service/layout.ts'

const unixPaths = {nodePath: '/usr/local/bin/node', programPath: '/usr/local/lib/node_modules/authproxy/bin/run.js'}
const windowsPaths = {
  nodePath: 'C:\\Program Files\\nodejs\\node.exe',
  programPath: 'C:\\Program Files\\authproxy\\bin\\run.js',
}

export function optionsFor(platform: ServicePlatform, more: Partial<InstallOptions> = {}): InstallOptions {
  const isWindows = platform === 'windows'
  const configFile = isWindows
    ? 'C:\\Program Files\\authproxy\\conf\\authproxy.cfg'
    : '/opt/duoauthproxy/conf/authproxy.cfg'
  const layout = layoutOf(configFile, isWindows ? 'win32' : 'linux')
  return {
    platform,
    layout,
    needs: defaultNeeds(layout),
    ...(isWindows ? windowsPaths : unixPaths),
    serviceUser: DEFAULT_SERVICE_USER,
    logGroup: DEFAULT_LOG_GROUP,
    createInitScript: true,
    enableSelinux: false,
    ...more,
  }
}

/** The expected text; UPDATE_GOLDEN=1 writes it, for a reader of the diff to judge. */
export function golden(name: string, actual: string): string {
  const file = new URL(`golden/${name}`, import.meta.url)
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, actual)
  return readFileSync(file, 'utf8')
}
