import type {PrimaryRejectReason} from '../../login/primary-authenticator.ts'
import type {DirectoryHost, HostFailure} from './directory-host.ts'
import {and, equal, or, type SearchFilter} from './filter.ts'
import {type Entry, type SearchRequest, textOf} from './message.ts'
import type {SecurityGroup} from './security-group.ts'
import type {UserName} from './user-name.ts'

export type UserSearch = {
  readonly searchDn: string
  /** The parsed `ldap_filter`. */
  readonly extraFilter: SearchFilter | undefined
  readonly group: SecurityGroup | undefined
}

export type FoundUser =
  | {readonly kind: 'user'; readonly entry: Entry}
  | {readonly kind: 'nobody'; readonly reason: PrimaryRejectReason; readonly detail: string}
  | HostFailure

type TypedName = Extract<UserName, {ok: true}>

/** More hits than this are as ambiguous as two. */
const MAX_HITS = 20

/** What the original counts as a user: a person of Active Directory, or one of the two classes others use. */
export const isUser: SearchFilter = or(
  and(equal('objectClass', 'user'), equal('objectCategory', 'person')),
  equal('objectClass', 'inetOrgPerson'),
  equal('objectClass', 'organizationalPerson'),
)

/** The one entry the typed name stands for, group and filter applied; or which of the checks it failed. */
export async function findUser(
  host: DirectoryHost,
  name: TypedName,
  search: UserSearch,
  signal: AbortSignal,
): Promise<FoundUser> {
  const groupFilter = await search.group?.filter(host, signal)
  const all = and(isNamed(name), groupFilter, isUser, search.extraFilter)
  const found = await host.search(userSearch(search, all), signal)
  if (found.kind === 'failure') return found
  const hits = found.entries.filter((entry) => entry.dn !== '')
  if (hits.length === 0) return whyNobody(host, name, search, signal)
  const entry = theOne(hits, name)
  if (entry === undefined)
    return {kind: 'nobody', reason: 'ambiguous-user', detail: `${hits.length} entries have this name`}
  const membership = await search.group?.check(host, entry, name.value, signal)
  if (membership?.kind === 'failure') return membership
  if (membership?.kind === 'not-member') return notInGroup
  return {kind: 'user', entry}
}

const notInGroup: FoundUser = {kind: 'nobody', reason: 'not-in-group', detail: 'the user is not in the security group'}

function isNamed(name: TypedName): SearchFilter {
  return equal(name.attribute, name.value)
}

function userSearch(search: UserSearch, filter: SearchFilter): SearchRequest {
  const attributes = ['msDS-PrincipalName', 'sAMAccountName', ...(search.group?.attributes ?? [])]
  return {base: search.searchDn, scope: 'subtree', filter, attributes, sizeLimit: MAX_HITS, timeLimitSeconds: 0}
}

/** Of several hits, DOMAIN\user names the one whose principal name it is. */
function theOne(hits: readonly Entry[], name: TypedName): Entry | undefined {
  if (hits.length === 1) return hits[0]
  if (name.principal === undefined) return undefined
  const wanted = name.principal.toLowerCase()
  const matching = hits.filter((entry) => textOf(entry, 'msDS-PrincipalName')?.toLowerCase() === wanted)
  return matching.length === 1 ? matching[0] : undefined
}

/** Asks again without the group, then without the filter, to be able to say which of them left the user out. */
async function whyNobody(
  host: DirectoryHost,
  name: TypedName,
  search: UserSearch,
  signal: AbortSignal,
): Promise<FoundUser> {
  const noUser = `no user under ${search.searchDn} has ${name.attribute} "${name.value}"`
  if (search.group === undefined && search.extraFilter === undefined) {
    return {kind: 'nobody', reason: 'no-such-user', detail: noUser}
  }
  const known = await host.search(userSearch(search, and(isNamed(name), isUser)), signal)
  if (known.kind === 'failure') return known
  if (known.entries.length === 0) return {kind: 'nobody', reason: 'no-such-user', detail: noUser}
  if (search.extraFilter === undefined) return notInGroup
  const passing = await host.search(userSearch(search, and(isNamed(name), isUser, search.extraFilter)), signal)
  if (passing.kind === 'failure') return passing
  if (passing.entries.length > 0) return notInGroup
  return {kind: 'nobody', reason: 'no-such-user', detail: 'the user exists, but ldap_filter leaves the entry out'}
}
