import type {ApiChoices} from '../duo/api-choice.ts'
import {createDuoSecondFactor, type DuoSecondFactor, type DuoSecondFactorOptions} from '../duo/second-factor.ts'
import type {Log} from '../log/log.ts'
import type {World} from '../world.ts'
import type {ServerSection} from './served-sections.ts'

/** A push lives 60 s at Duo; the answer to a late tap is still waited for. */
const FACTOR_TIMEOUT_MS = 70_000
const PREAUTH_TIMEOUT_MS = 10_000

/** Duo as a server section's options say. Sections with the same integration share what is known of its API. */
export function createSecondFactor(
  section: ServerSection,
  about: {readonly userAgent: string; readonly connections: number; readonly apiChoices: ApiChoices},
  log: Log,
  world: World,
): DuoSecondFactor {
  return createDuoSecondFactor({...duoOptions(section, about), apiChoices: about.apiChoices}, log, world)
}

export function duoOptions(
  {options}: ServerSection,
  about: {readonly userAgent: string; readonly connections: number},
): DuoSecondFactorOptions {
  // 0 is the original's "no limit": ours are the defaults then (decisions: fail mode).
  const timeoutMs =
    options.api_timeout === undefined || options.api_timeout === 0 ? undefined : options.api_timeout * 1000
  return {
    apiHost: options.api_host,
    apiPort: options.api_port,
    ikey: options.ikey,
    skey: options.skey,
    duoApi: options.duo_api,
    failMode: options.failmode === 'safe' ? 'safe' : 'secure',
    preauthTimeoutMs: timeoutMs ?? PREAUTH_TIMEOUT_MS,
    factorTimeoutMs: timeoutMs ?? FACTOR_TIMEOUT_MS,
    caFile: options.http_ca_certs_file,
    proxy:
      options.http_proxy_host === undefined
        ? undefined
        : {
            host: options.http_proxy_host,
            port: options.http_proxy_port,
            userName: options.http_proxy_username,
            password: options.http_proxy_password,
          },
    userAgent: about.userAgent,
    connections: about.connections,
  }
}
