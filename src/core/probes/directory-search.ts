import {assembleSearch} from '../primary/ldap/assemble.ts'
import type {Found, HostFailure} from '../primary/ldap/directory-host.ts'
import {and, equal, inChain, or, present, type SearchFilter} from '../primary/ldap/filter.ts'
import {isUser} from '../primary/ldap/find-user.ts'
import type {DirectoryAt} from './directory-at.ts'
import {failed, ok, type ProbeResult} from './probe.ts'

/** Enough to know that there are some; nobody wants the whole company. */
const A_FEW = 10

/** Whether search_dn has users, as ldap_filter leaves them. */
export async function probeSearch(at: DirectoryAt, signal: AbortSignal): Promise<ProbeResult> {
  const {options, context} = at
  const {extraFilter} = assembleSearch(options, context.log, context.world)
  const found = await users(at, extraFilter, signal)
  if (found.kind === 'failure') return searchFailure(found, options.searchDn)
  if (found.entries.length > 0) return ok(`${count(found, 'user')} under ${options.searchDn}`)
  if (extraFilter !== undefined) {
    const unfiltered = await users(at, undefined, signal)
    if (unfiltered.kind === 'found' && unfiltered.entries.length > 0) {
      return failed(
        `ldap_filter leaves none of the users under ${options.searchDn}`,
        `try the filter by hand: ldapsearch -b "${options.searchDn}" "${options.ldapFilter}"`,
      )
    }
  }
  return failed(
    `no user is found under ${options.searchDn}`,
    'name an entry above the users in search_dn, and let the service account read them',
  )
}

/** Whether the security group is there and lets anybody in. */
export async function probeGroup(at: DirectoryAt, signal: AbortSignal): Promise<ProbeResult> {
  const {host, options} = at
  const {securityGroupDn: dn = '', securityGroupNested: nested} = options
  const group = await host.search(
    {
      base: dn,
      scope: 'base',
      filter: present('objectClass'),
      attributes: ['objectSid'],
      sizeLimit: 1,
      timeLimitSeconds: 0,
    },
    signal,
  )
  if (group.kind === 'failure' && group.reason !== 'answered') return searchFailure(group, dn)
  if (group.kind === 'failure' || group.entries.length === 0) {
    const said = group.kind === 'failure' ? ` (${group.detail})` : ''
    return failed(
      `the group ${dn} does not exist, or the service account must not read it${said}`,
      'copy the distinguishedName of the group into security_group_dn',
    )
  }
  const sid = group.entries[0]?.attributes.get('objectsid')?.[0]
  const rid = sid === undefined || sid.length < 12 ? undefined : String(sid.readUInt32LE(sid.length - 4))
  const member = or(
    equal('memberOf', dn),
    rid === undefined ? undefined : equal('primaryGroupID', rid),
    nested && sid !== undefined ? inChain('memberOf', dn) : undefined,
  )
  const found = await users(at, member, signal)
  if (found.kind === 'failure') return searchFailure(found, options.searchDn)
  if (found.entries.length > 0) return ok(`${count(found, 'member')} of ${dn} under ${options.searchDn}`)
  if (nested && sid === undefined)
    return ok(`the group exists; it has no direct members, those of its groups are not counted`)
  return failed(
    `the group ${dn} has no ${nested ? '' : 'direct '}member under ${options.searchDn}: nobody can log in`,
    nested ? 'add users to the group' : 'add users to the group, or count its groups with security_group_nested=true',
  )
}

function users(
  {host, options}: DirectoryAt,
  filter: SearchFilter | undefined,
  signal: AbortSignal,
): Promise<Found | HostFailure> {
  return host.search(
    {
      base: options.searchDn,
      scope: 'subtree',
      filter: and(isUser, filter),
      attributes: ['1.1'],
      sizeLimit: A_FEW,
      timeLimitSeconds: 0,
    },
    signal,
  )
}

function count({entries}: Found, what: string): string {
  if (entries.length >= A_FEW) return `${A_FEW} ${what}s or more`
  return entries.length === 1 ? `1 ${what}` : `${entries.length} ${what}s`
}

function searchFailure(failure: HostFailure, base: string): ProbeResult {
  if (/LDAP result 32\b/.test(failure.detail)) {
    return failed(
      `${base} does not exist in this directory (${failure.detail})`,
      'check search_dn: it is the DN of a domain, unit or container',
    )
  }
  if (failure.reason === 'aborted')
    return failed(
      'the search has no answer in time',
      'see whether the directory is overloaded, or name a smaller search_dn',
    )
  return failed(`the search fails: ${failure.detail}`, 'see what the service account may read')
}
