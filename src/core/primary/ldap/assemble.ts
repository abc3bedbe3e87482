import {Fault} from '../../fault.ts'
import type {Log} from '../../log/log.ts'
import {Secret} from '../../secret.ts'
import type {World} from '../../world.ts'
import {type Bind, type Credentials, simpleBind} from './bind.ts'
import {DirectoryHost} from './directory-host.ts'
import type {SearchFilter} from './filter.ts'
import {parseFilter} from './filter-text.ts'
import type {UserSearch} from './find-user.ts'
import {createNtlmBind} from './ntlm-bind.ts'
import type {LdapOptions} from './options.ts'
import {SecurityGroup} from './security-group.ts'
import {ServiceAccountGuard} from './service-account-guard.ts'
import {createSspiBind, type LoadNegotiate} from './sspi-bind.ts'
import {createConnect} from './transport.ts'

/** What a login searches, as the options say; a `Fault` for a filter that is none. */
export function assembleSearch(options: LdapOptions, log: Log, world: World): UserSearch {
  const {section, searchDn, securityGroupDn: dn, securityGroupNested: nested, ldapFilter} = options
  const group = dn === undefined ? undefined : new SecurityGroup({section, dn, nested}, log, world)
  return {searchDn, extraFilter: ldapFilter === undefined ? undefined : checkedFilter(ldapFilter), group}
}

/** The servers of a section, which share one account and the memory of its refusals. */
export function assembleHosts(
  options: LdapOptions,
  log: Log,
  world: World,
  loadNegotiate: LoadNegotiate,
): readonly DirectoryHost[] {
  const implicit = options.serviceAccount === undefined
  const shared = {
    connect: createConnect(options),
    serviceBind: bindMethod(options, world, createSspiBind(loadNegotiate, {implicit})),
    userBind: bindMethod(options, world, createSspiBind(loadNegotiate, {implicit: false})),
    serviceAccount: serviceAccount(options),
    guard: new ServiceAccountGuard(options.section, log, world),
    keepUserConnections: options.authType === 'plain',
  }
  return options.hosts.map((name) => new DirectoryHost({...shared, name}, world))
}

function checkedFilter(text: string): SearchFilter {
  const read = parseFilter(text)
  if (read.ok) return read.filter
  throw new Fault('config-invalid', `ldap_filter is no LDAP filter: ${read.message} (character ${read.offset + 1})`)
}

function bindMethod(options: LdapOptions, world: World, sspi: Bind): Bind {
  if (options.authType === 'plain') return simpleBind
  if (options.authType === 'sspi') return sspi
  return createNtlmBind({version: options.authType === 'ntlm1' ? 1 : 2, workstation: options.ntlmWorkstation}, world)
}

/** The account may be written as DOMAIN\user in place of `ntlm_domain`. */
function serviceAccount(options: LdapOptions): Credentials {
  const {userName, password} = options.serviceAccount ?? {userName: '', password: new Secret('')}
  const [domain, name] = userName.split('\\')
  const account = name === undefined ? {domain: options.ntlmDomain, userName} : {domain: domain ?? '', userName: name}
  return {name: options.bindDn ?? userName, account, password}
}
