import {assembleSearch} from '../primary/ldap/assemble.ts'
import {equal, present} from '../primary/ldap/filter.ts'
import {findUser, type UserSearch} from '../primary/ldap/find-user.ts'
import {type Entry, textOf} from '../primary/ldap/message.ts'
import {parseUserName, type UserName} from '../primary/ldap/user-name.ts'
import type {DirectoryAt} from './directory-at.ts'
import {failed, ok, type ProbeResult} from './probe.ts'

/** Groups of a user that are shown at most. */
const SHOWN_GROUPS = 10

type TypedName = Extract<UserName, {ok: true}>

/** What a login of this user would find, up to the password: the entry, and which group decides. */
export async function probeUser(at: DirectoryAt, userName: string, signal: AbortSignal): Promise<ProbeResult> {
  const {host, options, context} = at
  const name = parseUserName(userName, options)
  if (!name.ok) return failed(`"${userName}" is no valid user name: ${name.detail}`, 'type it as at the gateway')
  const search = assembleSearch(options, context.log, context.world)
  const found = await findUser(host, name, search, signal)
  if (found.kind === 'failure') return failed(`the search fails: ${found.detail}`, 'see what the checks before it say')
  if (found.kind === 'user') {
    const decides =
      options.securityGroupDn === undefined ? 'no group is asked for' : await decidingGroup(at, found.entry, signal)
    return ok(`"${userName}" is ${found.entry.dn}; ${decides}`)
  }
  if (found.reason !== 'not-in-group')
    return failed(found.detail, hints[found.reason] ?? 'see the entry in the directory')
  return failed(
    `"${userName}" is not in ${options.securityGroupDn}; ${await groupsOf(at, name, search, signal)}`,
    options.securityGroupNested
      ? 'add the user to the group, or to a group inside it'
      : 'add the user to the group; members of its groups count with security_group_nested=true',
  )
}

const hints: Readonly<Record<string, string>> = {
  'no-such-user': 'check search_dn, ldap_filter and username_attribute (at_attribute for names with @)',
  'ambiguous-user': 'let users type DOMAIN\\user, or name a smaller search_dn',
}

async function decidingGroup({host, options}: DirectoryAt, {dn}: Entry, signal: AbortSignal): Promise<string> {
  const group = options.securityGroupDn ?? ''
  const direct = await host.search(
    {base: dn, scope: 'base', filter: equal('memberOf', group), attributes: ['1.1'], sizeLimit: 1, timeLimitSeconds: 0},
    signal,
  )
  if (direct.kind === 'found' && direct.entries.length > 0) return `a direct member of ${group}`
  return options.securityGroupNested
    ? `a member of ${group} through a group inside it, or by the primary group`
    : `${group} is the primary group`
}

/** The groups the user is in instead, for whoever looks for the right one. */
async function groupsOf(
  {host}: DirectoryAt,
  name: TypedName,
  search: UserSearch,
  signal: AbortSignal,
): Promise<string> {
  const anyGroup = {searchDn: search.searchDn, extraFilter: undefined, group: undefined}
  const user = await findUser(host, name, anyGroup, signal)
  if (user.kind !== 'user') return 'the entry cannot be read'
  const attributes = ['memberOf', 'primaryGroupID']
  const base = {base: user.entry.dn, scope: 'base', filter: present('objectClass'), attributes} as const
  const found = await host.search({...base, sizeLimit: 1, timeLimitSeconds: 0}, signal)
  const entry = found.kind === 'found' ? found.entries[0] : undefined
  const groups = entry?.attributes.get('memberof')?.map((dn) => dn.toString('utf8')) ?? []
  const primary = entry === undefined ? undefined : textOf(entry, 'primaryGroupID')
  const more = groups.length > SHOWN_GROUPS ? ` and ${groups.length - SHOWN_GROUPS} more` : ''
  const listed = groups.length === 0 ? 'no group' : `${groups.slice(0, SHOWN_GROUPS).join('; ')}${more}`
  return `${user.entry.dn} is in ${listed}${primary === undefined ? '' : ` (primary group ${primary})`}`
}
