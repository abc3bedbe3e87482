import type {AccountState, DirectoryEntry, DirectoryTree} from './directory-entries.ts'

/** An LDAP result as it goes on the wire (RFC 4511 4.1.9). */
export type DirectoryResult = {readonly code: number; readonly message: string}

export const success: DirectoryResult = {code: 0, message: ''}

/** The `data` word of Active Directory's text: the Win32 error of the logon, in hexadecimal. */
const dataWords: {readonly [State in AccountState | 'wrong-password']: string} = {
  'wrong-password': '52e',
  disabled: '533',
  locked: '775',
  'account-expired': '701',
  'password-expired': '532',
  'must-change-password': '773',
  'logon-hours': '530',
  workstation: '531',
  restricted: '52f',
}

export const needsProtection: DirectoryResult = {
  code: 8,
  message:
    '00002028: LdapErr: DSID-0C090259, comment: The server requires binds to turn on integrity checking if SSL\\TLS ' +
    'are not already active on the connection, data 0, v4563',
}

/**
 * How a domain controller judges a password: a locked account is refused whatever the password, every other state is
 * told only to who knows it.
 */
export function judge(entry: DirectoryEntry | undefined, isRightPassword: boolean, sasl: boolean): DirectoryResult {
  const state = entry?.user?.state
  if (state === 'locked') return refused('locked', sasl)
  if (entry?.user === undefined || !isRightPassword) return refused('wrong-password', sasl)
  return state === undefined ? success : refused(state, sasl)
}

/** A simple bind. Without a password it succeeds as nobody, which is the trap RFC 4513 5.1.2 warns of. */
export function simpleBind(
  tree: DirectoryTree,
  name: string,
  password: string,
): {readonly result: DirectoryResult; readonly identity: string | undefined} {
  if (password === '') return {result: success, identity: undefined}
  const entry = tree.userNamed(name)
  const result = judge(entry, entry?.user?.password === password, false)
  return {result, identity: result.code === 0 ? entry?.dn : undefined}
}

function refused(why: AccountState | 'wrong-password', sasl: boolean): DirectoryResult {
  const place = sasl ? '8009030C: LdapErr: DSID-0C0906B0' : '80090308: LdapErr: DSID-0C09056D'
  return {code: 49, message: `${place}, comment: AcceptSecurityContext error, data ${dataWords[why]}, v4563`}
}
