import {Fault} from '../fault.ts'
import type {Log} from '../log/log.ts'
import type {PrimaryAuthenticator, PrimaryRejectReason, PrimaryResult} from '../login/primary-authenticator.ts'
import {Secret} from '../secret.ts'
import {deadline, type World} from '../world.ts'
import {type Bind, type Credentials, simpleBind} from './ldap/bind.ts'
import {DirectoryHost, type HostFailure} from './ldap/directory-host.ts'
import type {SearchFilter} from './ldap/filter.ts'
import {parseFilter} from './ldap/filter-text.ts'
import {findUser, type UserSearch} from './ldap/find-user.ts'
import {type HostState, Hosts} from './ldap/hosts.ts'
import {type Control, type Entry, textOf} from './ldap/message.ts'
import {createNtlmBind} from './ldap/ntlm-bind.ts'
import {type LdapOptions, showsPasswords, trustsAnybody} from './ldap/options.ts'
import {passwordPolicy, rejectReason, resultText} from './ldap/reasons.ts'
import {SecurityGroup} from './ldap/security-group.ts'
import {ServiceAccountGuard} from './ldap/service-account-guard.ts'
import {createConnect} from './ldap/transport.ts'
import {parseUserName, type UserName} from './ldap/user-name.ts'

export type LdapPrimary = PrimaryAuthenticator & {
  /** Which servers are in use and which are skipped, in the administrator's order. */
  hostStates(): readonly HostState[]
}

/**
 * Checks passwords with Active Directory or another LDAP directory. Throws a `Fault` for options nobody can work with;
 * a password or host that is wrong shows at the first login.
 */
export function createLdapPrimary(options: LdapOptions, log: Log, world: World): LdapPrimary {
  const {section, timeoutMs} = options
  const search = userSearch(options, log, world)
  const hosts = new Hosts(directoryHosts(options, log, world), {section, timeoutMs}, log, world)
  const closing = new AbortController()
  if (showsPasswords(options)) log.emit('ldap.clear_passwords', {section, authType: options.authType})
  if (trustsAnybody(options)) log.emit('ldap.certificate_unverified', {section})

  async function authenticate(userName: string, password: Secret, signal: AbortSignal): Promise<PrimaryResult> {
    if (password.isEmpty) return reject('no-password', undefined)
    const name = parseUserName(userName, options)
    if (!name.ok) return reject('bad-user-name', name.detail)
    for (const host of hosts.candidates()) {
      const limit = deadline(world, timeoutMs, signal)
      const result = await askHost(host, name, password, limit.signal).finally(limit.release)
      if (result.kind !== 'failure') return result
      if (signal.aborted) break
      noteFailure(host, result)
    }
    return unavailable
  }

  /** One login on one host: find the entry, check the group, bind as the user. */
  async function askHost(
    host: DirectoryHost,
    name: Extract<UserName, {ok: true}>,
    password: Secret,
    signal: AbortSignal,
  ): Promise<PrimaryResult | HostFailure> {
    const found = await findUser(host, name, search, signal)
    if (found.kind === 'failure') return found
    hosts.worked(host)
    if (found.kind === 'nobody') return reject(found.reason, found.detail)
    const {dn} = found.entry
    const bind = await host.bindUser({name: dn, account: accountOf(found.entry, name), password}, signal)
    if (bind.kind === 'failure') return bind
    if (bind.kind === 'refused')
      return reject(rejectReason(bind.result, bind.controls), `${dn}: ${resultText(bind.result)}`)
    if (bind.kind === 'unknown') {
      log.emit('ldap.bind_unanswered', {section, host: host.name, userName: name.value, detail: bind.detail})
      hosts.failed(host, bind.detail)
      return unavailable
    }
    notePolicy(host, name.value, bind.controls)
    return {kind: 'accept', message: 'Primary authentication successful', attributes: []}
  }

  /** The directory's own name for the account; else what was typed, completed by what is known. */
  function accountOf(entry: Entry, name: Extract<UserName, {ok: true}>): Credentials['account'] {
    const [domain, userName] = textOf(entry, 'msDS-PrincipalName')?.split('\\') ?? []
    if (domain !== undefined && userName !== undefined) return {domain, userName}
    const knownDomain = name.account.domain || options.ntlmDomain
    if (knownDomain === '') return {domain: '', userName: name.account.userName}
    return {domain: knownDomain, userName: textOf(entry, 'sAMAccountName') ?? name.account.userName}
  }

  function noteFailure(host: DirectoryHost, failure: HostFailure): void {
    const {detail} = failure
    if (failure.reason === 'down') hosts.failed(host, detail)
    else if (failure.reason === 'aborted') hosts.failed(host, `no answer within ${timeoutMs} ms`)
    else if (failure.reason === 'needs-protection') noteProtection(host, detail)
    else if (failure.reason === 'answered') log.emit('ldap.host_refused', {section, host: host.name, detail})
  }

  function noteProtection(host: DirectoryHost, detail: string): void {
    log.emit('ldap.needs_protection', {section, host: host.name, detail, isTls: options.transport !== 'clear'})
  }

  /** What other directories say beside a success; Active Directory refuses the bind instead. */
  function notePolicy(host: DirectoryHost, userName: string, controls: readonly Control[]): void {
    const policy = passwordPolicy(controls)
    const notices = [
      policy?.error === 'must-change-password' ? 'the password must be changed' : undefined,
      policy?.graceLoginsLeft === undefined
        ? undefined
        : `the password has expired, ${policy.graceLoginsLeft} logins are left`,
      policy?.expiresInSeconds === undefined ? undefined : `the password expires in ${policy.expiresInSeconds} s`,
    ]
    const notice = notices.filter((text) => text !== undefined).join(', ')
    if (notice !== '') log.emit('ldap.password_policy', {section, host: host.name, userName, notice})
  }

  return {
    authenticate: (request, signal) =>
      authenticate(request.userName, request.password, AbortSignal.any([signal, closing.signal])),
    hostStates: () => hosts.states(),
    close: async () => {
      closing.abort(new Error('the directory client was closed'))
      hosts.close()
    },
  }
}

const unavailable: PrimaryResult = {
  kind: 'unavailable',
  message: 'Failed to communicate with any Active Directory server',
}

const invalidUserReasons: ReadonlySet<PrimaryRejectReason> = new Set([
  'no-such-user',
  'ambiguous-user',
  'not-in-group',
  'bad-user-name',
])

function reject(reason: PrimaryRejectReason, detail: string | undefined): PrimaryResult {
  return {kind: 'reject', message: rejectText(reason), reason, detail, attributes: []}
}

/** The texts of the original, which help desks know. */
function rejectText(reason: PrimaryRejectReason): string {
  if (reason === 'no-password') return 'No password.'
  return invalidUserReasons.has(reason) ? 'Invalid User' : 'User Authentication Failed'
}

function userSearch(options: LdapOptions, log: Log, world: World): UserSearch {
  const {section, searchDn, securityGroupDn: dn, securityGroupNested: nested} = options
  const group = dn === undefined ? undefined : new SecurityGroup({section, dn, nested}, log, world)
  return {
    searchDn,
    extraFilter: options.ldapFilter === undefined ? undefined : checkedFilter(options.ldapFilter),
    group,
  }
}

function checkedFilter(text: string): SearchFilter {
  const read = parseFilter(text)
  if (read.ok) return read.filter
  throw new Fault('config-invalid', `ldap_filter is no LDAP filter: ${read.message} (character ${read.offset + 1})`)
}

function directoryHosts(options: LdapOptions, log: Log, world: World): readonly DirectoryHost[] {
  const connect = createConnect(options)
  const guard = new ServiceAccountGuard(options.section, log, world)
  const bind = bindMethod(options, world)
  return options.hosts.map(
    (name) =>
      new DirectoryHost(
        {
          name,
          connect,
          serviceBind: bind,
          userBind: bind,
          serviceAccount: serviceAccount(options),
          guard,
          keepUserConnections: options.authType === 'plain',
        },
        world,
      ),
  )
}

function bindMethod(options: LdapOptions, world: World): Bind {
  if (options.authType === 'plain') return simpleBind
  if (options.authType === 'sspi') throw new Fault('config-invalid', 'auth_type=sspi is not available')
  return createNtlmBind({version: options.authType === 'ntlm1' ? 1 : 2, workstation: options.ntlmWorkstation}, world)
}

function serviceAccount(options: LdapOptions): Credentials {
  const {userName, password} = options.serviceAccount ?? {userName: '', password: new Secret('')}
  return {name: options.bindDn ?? userName, account: {domain: options.ntlmDomain, userName}, password}
}
