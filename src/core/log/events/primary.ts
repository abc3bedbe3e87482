import {event} from '../event.ts'

type HostDetail = {readonly section: string; readonly host: string; readonly detail: string}

const ldapEvents = {
  'ldap.host_down': event<HostDetail>(
    'warn',
    'ldap',
    (f) => `[${f.section}] ${f.host} does not serve (${f.detail}); it is skipped until it answers again`,
  ),
  'ldap.host_up': event<{section: string; host: string; downMs: number}>(
    'info',
    'ldap',
    (f) => `[${f.section}] ${f.host} serves again after ${Math.round(f.downMs / 1000)} s`,
  ),
  'ldap.host_refused': event<HostDetail>(
    'error',
    'ldap',
    (f) => `[${f.section}] ${f.host} answers, but not as needed: ${f.detail}`,
    (f) => `${f.section} ${f.host} ${f.detail}`,
  ),
  'ldap.busy': event<HostDetail>(
    'error',
    'ldap',
    (f) =>
      `[${f.section}] ${f.host}: ${f.detail}, and too many logins wait for one; these are refused with the request to try again`,
    (f) => `${f.section} ${f.host}`,
  ),
  'ldap.searched': event<{section: string; host: string; userName: string; outcome: string; elapsedMs: number}>(
    'debug',
    'ldap',
    (f) => `[${f.section}] ${f.host} searched for ${f.userName}: ${f.outcome} (${Math.round(f.elapsedMs)} ms)`,
  ),
  'ldap.bound': event<{section: string; host: string; dn: string; outcome: string; elapsedMs: number}>(
    'debug',
    'ldap',
    (f) => `[${f.section}] ${f.host} bound ${f.dn}: ${f.outcome} (${Math.round(f.elapsedMs)} ms)`,
  ),
  'ldap.needs_protection': event<HostDetail & {readonly isTls: boolean}>(
    'error',
    'ldap',
    (f) =>
      `[${f.section}] ${f.host} wants a protected connection (${f.detail}); ` +
      (f.isTls
        ? 'it takes no NTLM inside TLS: use auth_type=plain here, or ntlm2 with transport=clear, which signs and seals'
        : 'set transport to starttls or ldaps, or auth_type to ntlm2, which signs and seals'),
    (f) => `${f.section} ${f.host}`,
  ),
  'ldap.service_account_refused': event<HostDetail & {readonly retryAfterMs: number}>(
    'error',
    'ldap',
    (f) =>
      `[${f.section}] ${f.host} refused the service account (${f.detail}); so as not to lock it, ` +
      `it is tried again in ${Math.round(f.retryAfterMs / 60_000)} min or after a reload`,
  ),
  'ldap.service_account_rests': event<HostDetail>(
    'error',
    'ldap',
    (f) => `[${f.section}] nobody can log in: ${f.detail}`,
    (f) => f.section,
  ),
  'ldap.bind_unanswered': event<HostDetail & {readonly userName: string}>(
    'error',
    'ldap',
    (f) =>
      `[${f.section}] ${f.host} did not answer the bind of ${f.userName} (${f.detail}); ` +
      'it is not repeated elsewhere, since the password may have been counted',
  ),
  'ldap.password_policy': event<{section: string; host: string; userName: string; notice: string}>(
    'warn',
    'ldap',
    (f) => `[${f.section}] ${f.host} accepted ${f.userName}, but ${f.notice}`,
    (f) => `${f.section} ${f.userName}`,
  ),
  'ldap.group_unreadable': event<HostDetail>(
    'warn',
    'ldap',
    (f) =>
      `[${f.section}] ${f.host}: the security identifier of the security group cannot be read (${f.detail}); ` +
      'primary groups are not seen',
    (f) => f.section,
  ),
  'ldap.group_walk_cut': event<{section: string; userName: string; groups: number}>(
    'warn',
    'ldap',
    (f) => `[${f.section}] ${f.userName} is in too many nested groups; gave up after ${f.groups}`,
    (f) => f.section,
  ),
  'ldap.clear_passwords': event<{section: string; authType: string}>(
    'warn',
    'ldap',
    (f) =>
      `[${f.section}] auth_type=${f.authType} over transport=clear shows passwords or their hashes to the network; ` +
      'use ntlm2, starttls or ldaps',
  ),
  'ldap.certificate_unverified': event<{section: string}>(
    'warn',
    'ldap',
    (f) => `[${f.section}] the certificates of the directory servers are not verified (ssl_verify_hostname=false)`,
  ),
} as const

type UpstreamServer = {readonly section: string; readonly server: string}

/** Other RADIUS servers, [radius_client]. */
const upstreamEvents = {
  'upstream.discarded': event<UpstreamServer & {reason: string; detail: string}>(
    'warn',
    'radius_client',
    (f) => `[${f.section}] dropping reply from ${f.server} - ${f.detail}`,
    (f) => `${f.server} ${f.reason}`,
  ),
  'upstream.sent': event<UpstreamServer & {userName: string; identifier: number}>(
    'info',
    'radius_client',
    (f) => `[${f.section}] Sending request for user '${f.userName}' to ${f.server} with id ${f.identifier}`,
  ),
  'upstream.received': event<UpstreamServer & {identifier: number; code: number}>(
    'info',
    'radius_client',
    (f) => `[${f.section}] Got response for id ${f.identifier} from ${f.server}; code ${f.code}`,
  ),
  'upstream.packet': event<UpstreamServer & {direction: 'sent' | 'received'; lines: readonly string[]}>(
    'debug',
    'radius_client',
    (f) => `[${f.section}] ${f.direction === 'sent' ? 'to' : 'from'} ${f.server}: ${f.lines.join('; ')}`,
  ),
  'upstream.server_state': event<UpstreamServer & {from: string; to: 'alive' | 'zombie' | 'dead'}>(
    'warn',
    'radius_client',
    (f) => `[${f.section}] RADIUS server ${f.server} ${serverStateSentences[f.to]}`,
    (f) => f.server,
  ),
  'upstream.attributes_left_out': event<{userName: string; count: number}>(
    'warn',
    'radius_client',
    (f) => `the request for ${f.userName} is full: ${f.count} attributes of the NAS are not passed on`,
    (f) => `${f.count}`,
  ),
} as const

const serverStateSentences = {
  alive: 'takes its turn again',
  zombie: 'did not answer: the others are asked before it',
  dead: 'answers no probe either: it is left out until it does',
} as const

export const primaryEvents = {...ldapEvents, ...upstreamEvents} as const
