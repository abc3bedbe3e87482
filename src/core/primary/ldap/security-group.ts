import type {Log} from '../../log/log.ts'
import type {World} from '../../world.ts'
import type {DirectoryHost, HostFailure} from './directory-host.ts'
import {normalizeDn} from './dn.ts'
import {equal, inChain, or, present, type SearchFilter} from './filter.ts'
import {type Entry, type SearchRequest, textOf} from './message.ts'

export type SecurityGroupOptions = {
  readonly section: string
  readonly dn: string
  readonly nested: boolean
}

export type Membership = {readonly kind: 'member'} | {readonly kind: 'not-member'} | HostFailure

const KEEP_SID_MS = 10 * 60_000
const KEEP_NO_SID_MS = 60_000
/** Bounds of the walk from group to group where the directory has no rule for it. */
const MAX_WALK_DEPTH = 10
const MAX_WALK_GROUPS = 200

/**
 * Membership in the one group that may log in. The primary group of an Active Directory account stands in no
 * `memberOf`: it is known by the last part of the group's security identifier alone ([MS-ADTS] 3.1.1.4.5.3).
 */
export class SecurityGroup {
  readonly #options: SecurityGroupOptions
  readonly #log: Log
  readonly #world: World
  #sid: {readonly value: Buffer | undefined; readonly untilMs: number} | undefined

  constructor(options: SecurityGroupOptions, log: Log, world: World) {
    this.#options = options
    this.#log = log
    this.#world = world
  }

  /** Attributes of a user that `check` reads. */
  get attributes(): readonly string[] {
    return this.#options.nested ? ['memberOf'] : ['objectSid', 'primaryGroupID']
  }

  /** Leaves only direct members in a search; undefined when nesting counts, which is checked afterwards. */
  async filter(host: DirectoryHost, signal: AbortSignal): Promise<SearchFilter | undefined> {
    if (this.#options.nested) return undefined
    const sid = await this.#groupSid(host, signal)
    const rid = sid === undefined ? undefined : equal('primaryGroupID', String(ridOf(sid)))
    return or(equal('memberOf', this.#options.dn), rid)
  }

  /** Checks what the filter could not: nesting, and a primary group of the same number in another domain. */
  async check(host: DirectoryHost, user: Entry, userName: string, signal: AbortSignal): Promise<Membership> {
    const sid = await this.#groupSid(host, signal)
    if (!this.#options.nested)
      return this.#isForeignPrimaryGroup(user, sid) ? this.#isDirect(host, user, signal) : member
    const chain = or(equal('memberOf', this.#options.dn), inChain('memberOf', this.#options.dn))
    const inside = await this.#matches(host, user.dn, chain, signal)
    if (inside.kind !== 'not-member') return inside
    return sid === undefined ? this.#walk(host, user, userName, signal) : this.#isInToken(host, user, sid, signal)
  }

  #isForeignPrimaryGroup(user: Entry, sid: Buffer | undefined): boolean {
    const userSid = user.attributes.get('objectsid')?.[0]
    if (sid === undefined || userSid === undefined) return false
    if (textOf(user, 'primaryGroupID') !== String(ridOf(sid))) return false
    return !domainOf(userSid).equals(domainOf(sid))
  }

  #isDirect(host: DirectoryHost, user: Entry, signal: AbortSignal): Promise<Membership> {
    return this.#matches(host, user.dn, equal('memberOf', this.#options.dn), signal)
  }

  async #matches(host: DirectoryHost, dn: string, filter: SearchFilter, signal: AbortSignal): Promise<Membership> {
    const found = await host.search(baseSearch(dn, filter, ['1.1']), signal)
    if (found.kind === 'failure') return found
    return found.entries.length > 0 ? member : notMember
  }

  /** tokenGroups holds every group of the account, the primary group's own groups included ([MS-ADTS] 3.1.1.4.5.19). */
  async #isInToken(host: DirectoryHost, user: Entry, sid: Buffer, signal: AbortSignal): Promise<Membership> {
    const found = await host.search(baseSearch(user.dn, present('objectClass'), ['tokenGroups']), signal)
    if (found.kind === 'failure') return found
    const groups = found.entries[0]?.attributes.get('tokengroups') ?? []
    return groups.some((group) => group.equals(sid)) ? member : notMember
  }

  /** From group to group by `memberOf`, each visited once: rings of groups exist. */
  async #walk(host: DirectoryHost, user: Entry, userName: string, signal: AbortSignal): Promise<Membership> {
    const wanted = normalizeDn(this.#options.dn)
    const seen = new Set<string>()
    let level = groupsOf(user)
    for (let depth = 0; depth < MAX_WALK_DEPTH && level.length > 0; depth++) {
      const next: string[] = []
      for (const dn of level) {
        const name = normalizeDn(dn)
        if (name === undefined || seen.has(name)) continue
        if (name === wanted) return member
        seen.add(name)
        if (seen.size > MAX_WALK_GROUPS) {
          this.#log.emit('ldap.group_walk_cut', {section: this.#options.section, userName, groups: MAX_WALK_GROUPS})
          return notMember
        }
        const found = await host.search(baseSearch(dn, present('objectClass'), ['memberOf']), signal)
        // a group that cannot be read leads nowhere; a host that is down is of no use for the rest either
        if (found.kind === 'failure' && found.reason !== 'answered') return found
        if (found.kind === 'found') next.push(...found.entries.flatMap(groupsOf))
      }
      level = next
    }
    return notMember
  }

  async #groupSid(host: DirectoryHost, signal: AbortSignal): Promise<Buffer | undefined> {
    const kept = this.#sid
    if (kept !== undefined && this.#world.monotonicMs() < kept.untilMs) return kept.value
    const found = await host.search(baseSearch(this.#options.dn, present('objectClass'), ['objectSid']), signal)
    if (found.kind === 'failure' && found.reason !== 'answered') return undefined
    const value = found.kind === 'found' ? found.entries[0]?.attributes.get('objectsid')?.[0] : undefined
    const sid = value !== undefined && value.length >= 12 ? Buffer.from(value) : undefined
    if (found.kind === 'failure' || found.entries.length === 0) {
      const detail = found.kind === 'failure' ? found.detail : 'no such entry'
      this.#log.emit('ldap.group_unreadable', {section: this.#options.section, host: host.name, detail})
    }
    const keepMs = sid === undefined ? KEEP_NO_SID_MS : KEEP_SID_MS
    this.#sid = {value: sid, untilMs: this.#world.monotonicMs() + keepMs}
    return sid
  }
}

const member: Membership = {kind: 'member'}
const notMember: Membership = {kind: 'not-member'}

function groupsOf(entry: Entry): string[] {
  return (entry.attributes.get('memberof') ?? []).map((dn) => dn.toString('utf8'))
}

/** The relative identifier: the last four octets, little-endian ([MS-DTYP] 2.4.2). */
function ridOf(sid: Buffer): number {
  return sid.readUInt32LE(sid.length - 4)
}

function domainOf(sid: Buffer): Buffer {
  return sid.subarray(0, sid.length - 4)
}

function baseSearch(base: string, filter: SearchFilter, attributes: readonly string[]): SearchRequest {
  return {base, scope: 'base', filter, attributes, sizeLimit: 1, timeLimitSeconds: 0}
}
