/** What is wrong with an account, in the order a domain controller finds it after the password was right. */
export type AccountState =
  | 'disabled'
  | 'locked'
  | 'account-expired'
  | 'password-expired'
  | 'must-change-password'
  | 'logon-hours'
  | 'workstation'
  | 'restricted'

export type DirectoryUser = {
  /** sAMAccountName and uid. */
  readonly userName: string
  readonly password: string
  /** The entry's common name; the user name when left out. */
  readonly name?: string
  readonly userPrincipalName?: string
  /** The organizational unit; "People" when left out. */
  readonly unit?: string
  /** Names of groups the user is a direct member of. */
  readonly groups?: readonly string[]
  /** The primary group: membership that stands in no member list. */
  readonly primaryGroup?: string
  readonly state?: AccountState
  /** The NetBIOS domain, where it is another than the directory's. */
  readonly domain?: string
}

export type DirectoryGroup = {
  readonly name: string
  /** Names of groups this one is a direct member of. */
  readonly memberOf?: readonly string[]
}

export type DirectoryContent = {
  readonly baseDn: string
  /** NetBIOS name of the domain, as in DOMAIN\user. */
  readonly domain: string
  readonly users: readonly DirectoryUser[]
  readonly groups: readonly DirectoryGroup[]
}

export type DirectoryAttribute = {readonly name: string; readonly values: readonly Buffer[]}

export type DirectoryEntry = {
  readonly dn: string
  readonly key: string
  /** By name in lower case. */
  readonly attributes: ReadonlyMap<string, DirectoryAttribute>
  readonly user: DirectoryUser | undefined
}

/** Attributes a server computes, given only when a search names them. */
const operational = new Set(['tokengroups', 'memberof', 'msds-principalname'])

/** The entries of a small Active Directory domain: units, groups, users, with everything a proxy asks for. */
export class DirectoryTree {
  readonly entries: readonly DirectoryEntry[]
  readonly #byKey: ReadonlyMap<string, DirectoryEntry>
  readonly #parents: ReadonlyMap<string, readonly string[]>

  constructor(content: DirectoryContent) {
    const groupDn = (name: string) => `CN=${escapeDn(name)},OU=Groups,${content.baseDn}`
    const rids = new Map(content.groups.map((group, index) => [group.name, 2000 + index]))
    const parents = new Map<string, readonly string[]>()
    const entries = [entry(content.baseDn, {objectClass: ['top', 'domain']})]
    const units = new Set(['Groups', ...content.users.map(unitOf)])
    for (const unit of units) {
      entries.push(
        entry(`OU=${escapeDn(unit)},${content.baseDn}`, {objectClass: ['top', 'organizationalUnit'], ou: [unit]}),
      )
    }
    for (const group of content.groups) {
      const dn = groupDn(group.name)
      parents.set(dnKey(dn), (group.memberOf ?? []).map(groupDn))
      const attributes = {
        objectClass: ['top', 'group'],
        cn: [group.name],
        sAMAccountName: [group.name],
        objectSid: [sid(rids.get(group.name) ?? 0)],
        memberOf: (group.memberOf ?? []).map(groupDn),
      }
      entries.push(entry(dn, attributes))
    }
    for (const [index, user] of content.users.entries()) {
      const dn = `CN=${escapeDn(user.name ?? user.userName)},OU=${escapeDn(unitOf(user))},${content.baseDn}`
      const groups = (user.groups ?? []).map(groupDn)
      const primary = user.primaryGroup === undefined ? [] : [groupDn(user.primaryGroup)]
      const reached = reach([...groups, ...primary], parents)
      parents.set(dnKey(dn), groups)
      const attributes = {
        objectClass: ['top', 'person', 'organizationalPerson', 'user'],
        objectCategory: ['person'],
        cn: [user.name ?? user.userName],
        sAMAccountName: [user.userName],
        uid: [user.userName],
        userPrincipalName: [principalOf(user, content)],
        'msDS-PrincipalName': [`${user.domain ?? content.domain}\\${user.userName}`],
        objectSid: [sid(5000 + index, user.domain === undefined ? undefined : 4)],
        primaryGroupID: [String(user.primaryGroup === undefined ? 513 : (rids.get(user.primaryGroup) ?? 0))],
        memberOf: groups,
        tokenGroups: content.groups
          .filter((g) => reached.has(dnKey(groupDn(g.name))))
          .map((g) => sid(rids.get(g.name) ?? 0)),
      }
      entries.push(entry(dn, attributes, user))
    }
    this.entries = entries
    this.#byKey = new Map(entries.map((each) => [each.key, each]))
    this.#parents = parents
  }

  at(dn: string): DirectoryEntry | undefined {
    return this.#byKey.get(dnKey(dn))
  }

  under(base: string, scope: 'base' | 'one' | 'sub'): readonly DirectoryEntry[] {
    const key = dnKey(base)
    if (scope === 'base') return this.entries.filter((each) => each.key === key)
    const depth = rdnsOf(key).length
    const below = this.entries.filter((each) => each.key.endsWith(`,${key}`))
    if (scope === 'sub') return [...this.entries.filter((each) => each.key === key), ...below]
    return below.filter((each) => rdnsOf(each.key).length === depth + 1)
  }

  /** Whether the entry is in the group, through any chain of groups. */
  isInChain(dn: string, groupDn: string): boolean {
    return reach(this.#parents.get(dnKey(dn)) ?? [], this.#parents).has(dnKey(groupDn))
  }

  /** The user a bind names: by DN, user principal name or DOMAIN\user. */
  userNamed(name: string): DirectoryEntry | undefined {
    const byDn = this.at(name)
    if (byDn !== undefined) return byDn
    const attribute = name.includes('\\') ? 'msds-principalname' : 'userprincipalname'
    return this.entries.find((each) => textValue(each, attribute)?.toLowerCase() === name.toLowerCase())
  }
}

/** The attributes a search asked for, by names in lower case; none named means all but the computed ones. */
export function selected(entry: DirectoryEntry, asked: readonly string[]): readonly DirectoryAttribute[] {
  const all = asked.length === 0 || asked.includes('*')
  const isSelected = (key: string) => asked.includes(key) || (all && !operational.has(key))
  return [...entry.attributes].filter(([key]) => isSelected(key)).map(([, attribute]) => attribute)
}

function textValue(entry: DirectoryEntry, attribute: string): string | undefined {
  return entry.attributes.get(attribute)?.values[0]?.toString('utf8')
}

/** A DN in the one spelling that is compared here: lower case, no spaces at separators, hexadecimal escapes resolved. */
export function dnKey(dn: string): string {
  return rdnsOf(dn)
    .map((rdn) => rdn.trim().replace(/\s*=\s*/, '='))
    .join(',')
    .toLowerCase()
}

/** What stands between the commas that are not escaped. */
export function rdnsOf(dn: string): readonly string[] {
  const plain = dn.replace(
    /\\([0-9A-Fa-f]{2})/g,
    (_, hex: string) => `\\${String.fromCharCode(Number.parseInt(hex, 16))}`,
  )
  return plain.match(/(?:\\.|[^\\,])+/gsu) ?? []
}

function unitOf(user: DirectoryUser): string {
  return user.unit ?? 'People'
}

function principalOf(user: DirectoryUser, content: DirectoryContent): string {
  return user.userPrincipalName ?? `${user.userName}@${content.baseDn.replace(/DC=/gi, '').replaceAll(',', '.')}`
}

function reach(start: readonly string[], parents: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const seen = new Set<string>()
  const waiting = [...start]
  for (let dn = waiting.pop(); dn !== undefined; dn = waiting.pop()) {
    const key = dnKey(dn)
    if (seen.has(key)) continue
    seen.add(key)
    waiting.push(...(parents.get(key) ?? []))
  }
  return seen
}

function entry(
  dn: string,
  attributes: Record<string, readonly (string | Buffer)[]>,
  user?: DirectoryUser,
): DirectoryEntry {
  const named = Object.entries({...attributes, distinguishedName: [dn]})
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => [name.toLowerCase(), {name, values: list.map((value) => Buffer.from(value))}] as const)
  return {dn, key: dnKey(dn), attributes: new Map(named), user}
}

/** RFC 4514 2.4. */
export function escapeDn(value: string): string {
  return value
    .replace(/[,+"\\<>;=]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/(?<!\\) $/, '\\ ')
}

/** S-1-5-21-1-2-DOMAIN-RID as octets ([MS-DTYP] 2.4.2). */
function sid(rid: number, domain = 3): Buffer {
  const octets = Buffer.alloc(28)
  octets.set([1, 5, 0, 0, 0, 0, 0, 5])
  for (const [index, part] of [21, 1, 2, domain, rid].entries()) octets.writeUInt32LE(part, 8 + index * 4)
  return octets
}
