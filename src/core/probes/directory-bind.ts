import type {PrimaryRejectReason} from '../login/primary-authenticator.ts'
import type {HostFailure} from '../primary/ldap/directory-host.ts'
import {showsPasswords} from '../primary/ldap/options.ts'
import type {DirectoryAt} from './directory-at.ts'
import {failed, ok, type ProbeResult, skipped, warning} from './probe.ts'

/** Binds as the service account, the way a login does. */
export async function probeBind({host, options}: DirectoryAt, signal: AbortSignal): Promise<ProbeResult> {
  const who = options.bindDn ?? options.serviceAccount?.userName ?? 'the service account'
  const failure = await host.probe(signal)
  if (failure !== undefined) return bindFailure(failure, who)
  const bound = `bound as ${who} (${options.authType})`
  if (!showsPasswords(options)) return ok(bound)
  return warning(
    `${bound}; passwords cross the network readable`,
    'use transport=starttls or ldaps, or auth_type=ntlm2, which signs and seals',
  )
}

export function bindFailure(failure: HostFailure, who: string): ProbeResult {
  const {detail} = failure
  switch (failure.reason) {
    case 'service-account':
      // Refused by another server of the section just before: one more try could lock the account.
      if (failure.account === undefined) return skipped(detail)
      return failed(`${who} ${refusals[failure.account].text} (${detail})`, refusals[failure.account].hint)
    case 'needs-protection':
      return failed(
        `the directory wants signed or encrypted binds (${detail})`,
        'set transport to starttls or ldaps, or auth_type to ntlm2, which signs and seals',
      )
    case 'busy':
    case 'aborted':
      return failed(`the directory does not answer the bind in time`, 'see whether it is overloaded')
    case 'down':
      return failed(`the directory does not serve: ${detail}`, 'see its log')
    case 'answered':
      return failed(
        `the directory does not take this kind of bind (${detail})`,
        'see what "auth-types" says and set auth_type to one of them',
      )
  }
}

type Explained = {readonly text: string; readonly hint: string}

const inDirectory = 'in the directory; nobody can log in until then'

/** Active Directory's sub-codes and the password policy control, in words. */
const refusals: {readonly [Reason in PrimaryRejectReason]: Explained} = {
  'wrong-password': {
    text: 'was refused: its name or password is wrong',
    hint: 'check service_account_username (bind_dn for plain) and service_account_password; each wrong try counts towards a lock',
  },
  'no-such-user': {
    text: 'does not exist in the directory',
    hint: 'check service_account_username, or bind_dn for plain',
  },
  'password-expired': {
    text: 'was refused: its password has expired',
    hint: `set a new password, best one that does not expire, ${inDirectory}`,
  },
  'must-change-password': {
    text: 'was refused: its password must be changed at the next logon',
    hint: `clear "must change password" ${inDirectory}`,
  },
  'account-disabled': {text: 'was refused: the account is disabled', hint: `enable it ${inDirectory}`},
  'account-expired': {text: 'was refused: the account has expired', hint: `extend it ${inDirectory}`},
  'account-locked': {
    text: 'was refused: the account is locked',
    hint: `correct service_account_password, then unlock the account ${inDirectory}`,
  },
  'logon-hours': {text: 'was refused: not at this time of day', hint: `allow it all hours ${inDirectory}`},
  workstation: {text: 'was refused: not from this computer', hint: `allow it to log on from here ${inDirectory}`},
  'account-restriction': {
    text: 'was refused: an account restriction applies',
    hint: `see its restrictions ${inDirectory}`,
  },
  'no-password': {text: 'has no password', hint: 'set service_account_password'},
  'not-in-group': {text: 'was refused: it is not in a group it must be in', hint: `see its groups ${inDirectory}`},
  'ambiguous-user': {text: 'is the name of more than one entry', hint: 'name it by its DN in bind_dn'},
  'bad-user-name': {text: 'is no valid name', hint: 'check service_account_username, or bind_dn for plain'},
  'method-not-supported': {
    text: 'was refused: the directory does not take this kind of bind',
    hint: 'see what "auth-types" says and set auth_type to one of them',
  },
  rejected: {text: 'was refused', hint: "see the directory's log for the reason"},
}
