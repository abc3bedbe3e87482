import type {Log} from '../log/log.ts'
import type {PrimaryAuthenticator, PrimaryRejectReason, PrimaryResult} from '../login/primary-authenticator.ts'
import type {Secret} from '../secret.ts'
import {deadline, type World} from '../world.ts'
import {assembleHosts, assembleSearch} from './ldap/assemble.ts'
import type {Credentials} from './ldap/bind.ts'
import type {DirectoryHost, HostFailure} from './ldap/directory-host.ts'
import {findUser} from './ldap/find-user.ts'
import {type HostState, Hosts} from './ldap/hosts.ts'
import {type Control, type Entry, textOf} from './ldap/message.ts'
import {type LdapOptions, showsPasswords, trustsAnybody} from './ldap/options.ts'
import {passwordPolicy, rejectReason, resultText} from './ldap/reasons.ts'
import {type LoadNegotiate, loadNegotiate} from './ldap/sspi-bind.ts'
import {parseUserName, type UserName} from './ldap/user-name.ts'
import {methodNotSupported} from './method-not-supported.ts'

export type LdapPrimary = PrimaryAuthenticator & {
  /** Which servers are in use and which are skipped, in the administrator's order. */
  hostStates(): readonly HostState[]
}

/**
 * Checks passwords with Active Directory or another LDAP directory. Throws a `Fault` for options nobody can work with;
 * a password or host that is wrong shows at the first login.
 */
export function createLdapPrimary(
  options: LdapOptions,
  log: Log,
  world: World,
  negotiate: LoadNegotiate = loadNegotiate,
): LdapPrimary {
  const {section, timeoutMs} = options
  const search = assembleSearch(options, log, world)
  const servers = assembleHosts(options, log, world, negotiate)
  const hosts = new Hosts(servers, {section, timeoutMs}, log, world)
  let isClosed = false
  if (showsPasswords(options)) log.emit('ldap.clear_passwords', {section, authType: options.authType})
  if (trustsAnybody(options)) log.emit('ldap.certificate_unverified', {section})

  async function authenticate(userName: string, password: Secret, signal: AbortSignal): Promise<PrimaryResult> {
    if (password.isEmpty) return reject('no-password', undefined)
    const name = parseUserName(userName, options)
    if (!name.ok) return reject('bad-user-name', name.detail)
    let isBusy = false
    for (const host of hosts.candidates()) {
      const limit = deadline(world, timeoutMs, signal)
      const result = await askHost(host, name, password, limit.signal).finally(limit.release)
      if (result.kind !== 'failure') return result
      if (signal.aborted || isClosed) break
      noteFailure(host, result)
      isBusy = result.reason === 'busy'
    }
    return isBusy ? busy : unavailable
  }

  /** One login on one host: find the entry, check the group, bind as the user. */
  async function askHost(
    host: DirectoryHost,
    name: Extract<UserName, {ok: true}>,
    password: Secret,
    signal: AbortSignal,
  ): Promise<PrimaryResult | HostFailure> {
    const startMs = world.monotonicMs()
    const found = await findUser(host, name, search, signal)
    const foundMs = world.monotonicMs()
    const hit = found.kind === 'user' ? found.entry.dn : found.detail
    log.emit('ldap.searched', {
      section,
      host: host.name,
      userName: name.value,
      outcome: hit,
      elapsedMs: foundMs - startMs,
    })
    if (found.kind === 'failure') return found
    hosts.worked(host)
    if (found.kind === 'nobody') return reject(found.reason, found.detail)
    const {dn} = found.entry
    const bind = await host.bindUser({name: dn, account: accountOf(found.entry, name), password}, signal)
    const elapsedMs = world.monotonicMs() - foundMs
    log.emit('ldap.bound', {section, host: host.name, dn, outcome: bind.kind, elapsedMs})
    switch (bind.kind) {
      case 'failure':
        return bind
      case 'refused':
        return reject(rejectReason(bind.result, bind.controls), `${dn}: ${resultText(bind.result)}`)
      case 'unknown':
        log.emit('ldap.bind_unanswered', {section, host: host.name, userName: name.value, detail: bind.detail})
        hosts.failed(host, bind.detail)
        return unavailable
      case 'accepted':
        notePolicy(host, name.value, bind.controls)
        return {
          kind: 'accept',
          message: 'Primary authentication successful',
          detail: acceptedDetail(host.name, dn, options.securityGroupDn),
          attributes: [],
        }
    }
  }

  /** The directory's own name for the account; else what was typed, completed by what is known. */
  function accountOf(entry: Entry, name: Extract<UserName, {ok: true}>): Credentials['account'] {
    const [domain, userName] = textOf(entry, 'msDS-PrincipalName')?.split('\\') ?? []
    if (domain !== undefined && userName !== undefined) return {domain, userName}
    const knownDomain = name.account.domain || options.ntlmDomain
    if (knownDomain === '') return {domain: '', userName: name.account.userName}
    return {domain: knownDomain, userName: textOf(entry, 'sAMAccountName') ?? name.account.userName}
  }

  function noteFailure(host: DirectoryHost, {reason, detail}: HostFailure): void {
    const where = {section, host: host.name, detail}
    switch (reason) {
      case 'down':
        hosts.failed(host, detail)
        break
      case 'aborted':
        hosts.failed(host, `no answer within ${timeoutMs} ms`)
        break
      case 'busy':
        log.emit('ldap.busy', where)
        break
      case 'answered':
        log.emit('ldap.host_refused', where)
        break
      case 'service-account':
        log.emit('ldap.service_account_rests', where)
        break
      case 'needs-protection':
        log.emit('ldap.needs_protection', {...where, isTls: options.transport !== 'clear'})
        break
    }
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
    authenticate: async ({userName, credentials}, signal) =>
      credentials.kind === 'password'
        ? authenticate(userName, credentials.password, signal)
        : methodNotSupported(credentials.kind, section),
    hostStates: () => hosts.states(),
    close: async () => {
      isClosed = true
      hosts.close()
    },
  }
}

function acceptedDetail(host: string, dn: string, group: string | undefined): string {
  return group === undefined ? `${dn} at ${host}` : `${dn} at ${host}, in ${group}`
}

const unavailable: PrimaryResult = {
  kind: 'unavailable',
  message: 'Failed to communicate with any Active Directory server',
}

const busy: PrimaryResult = {
  kind: 'unavailable',
  message: 'Too many logins are waiting for the directory. Please try again in a moment.',
  isBusy: true,
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
