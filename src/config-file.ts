import {existsSync} from 'node:fs'
import {resolve} from 'node:path'
import {Fault} from './core/fault.ts'

/** Where a configuration file is looked for when none is named, first one first. */
export const configPlaces: readonly string[] =
  process.platform === 'win32'
    ? [
        'conf\\authproxy.cfg',
        'C:\\Program Files\\authproxy\\conf\\authproxy.cfg',
        'C:\\Program Files\\Duo Security Authentication Proxy\\conf\\authproxy.cfg',
      ]
    : ['conf/authproxy.cfg', '/etc/authproxy/authproxy.cfg', '/opt/duoauthproxy/conf/authproxy.cfg']

/** Where a new installation has its file. */
export const defaultConfigFile =
  process.platform === 'win32'
    ? 'C:\\Program Files\\authproxy\\conf\\authproxy.cfg'
    : '/opt/duoauthproxy/conf/authproxy.cfg'

/**
 * The absolute path of the configuration file to use; a file that was named need not exist.
 * @throws Fault config-unreadable when none was named and there is none in the usual places.
 */
export function locateConfigFile(named: string | undefined): string {
  const found = findConfigFile(named)
  if (found !== undefined) return found
  throw new Fault('config-unreadable', `there is no configuration file in ${configPlaces.join(', ')}`, {
    hint: 'name one with --config FILE or in AUTHPROXY_CONFIG; authproxy validate --sample writes one to begin with',
  })
}

/** The same, or undefined when there is none. */
export function findConfigFile(named: string | undefined): string | undefined {
  const wanted = named ?? process.env.AUTHPROXY_CONFIG
  if (wanted !== undefined && wanted !== '') return resolve(wanted)
  const found = configPlaces.find((place) => existsSync(place))
  return found === undefined ? undefined : resolve(found)
}
