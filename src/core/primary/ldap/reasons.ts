import type {PrimaryRejectReason} from '../../login/primary-authenticator.ts'
import {readElements} from './ber.ts'
import {type Control, type LdapResult, passwordPolicyOid} from './message.ts'

/** Result codes that are acted upon (RFC 4511 appendix A). */
export const resultCode = {
  success: 0,
  sizeLimitExceeded: 4,
  authMethodNotSupported: 7,
  strongerAuthRequired: 8,
  confidentialityRequired: 13,
  saslBindInProgress: 14,
  noSuchObject: 32,
  invalidCredentials: 49,
  busy: 51,
  unavailable: 52,
} as const

/** The `data` word in Active Directory's diagnostic text: the Win32 error of the logon, in hexadecimal. */
const dataWords: ReadonlyMap<string, PrimaryRejectReason> = new Map([
  ['525', 'no-such-user'],
  ['52e', 'wrong-password'],
  ['52f', 'account-restriction'],
  ['530', 'logon-hours'],
  ['531', 'workstation'],
  ['532', 'password-expired'],
  ['533', 'account-disabled'],
  ['701', 'account-expired'],
  ['773', 'must-change-password'],
  ['775', 'account-locked'],
])

/** Why a bind was refused, as exactly as the server says it. */
export function rejectReason(result: LdapResult, controls: readonly Control[]): PrimaryRejectReason {
  if (result.code === resultCode.noSuchObject) return 'no-such-user'
  if (result.code !== resultCode.invalidCredentials) return 'rejected'
  const word = /\bdata ([0-9a-f]+)\b/i.exec(result.message)?.[1]?.toLowerCase()
  if (word !== undefined) return dataWords.get(word) ?? 'rejected'
  const policy = passwordPolicy(controls)
  if (policy?.error === 'account-locked' || policy?.error === 'password-expired') return policy.error
  return 'wrong-password'
}

export type PasswordPolicy = {
  readonly error: 'password-expired' | 'account-locked' | 'must-change-password' | undefined
  readonly expiresInSeconds: number | undefined
  readonly graceLoginsLeft: number | undefined
}

const policyErrors = ['password-expired', 'account-locked', 'must-change-password'] as const

/** What the password policy control says (draft-behera-ldap-password-policy-10, 6.2); undefined without one. */
export function passwordPolicy(controls: readonly Control[]): PasswordPolicy | undefined {
  const value = controls.find((control) => control.oid === passwordPolicyOid)?.value
  const parts = value === undefined ? undefined : readElements(value)?.[0]
  const fields = parts === undefined ? undefined : readElements(parts.content)
  if (fields === undefined) return undefined
  const warning = readElements(fields.find((field) => field.tag === 0xa0)?.content ?? Buffer.alloc(0))?.[0]
  const error = fields.find((field) => field.tag === 0x81)?.content[0]
  const number = warning === undefined || warning.content.length > 6 ? undefined : warning.content
  const amount = number === undefined || number.length === 0 ? undefined : number.readUIntBE(0, number.length)
  return {
    error: error === undefined ? undefined : policyErrors[error],
    expiresInSeconds: warning?.tag === 0x80 ? amount : undefined,
    graceLoginsLeft: warning?.tag === 0x81 ? amount : undefined,
  }
}

/** The server's answer as one line for the log. */
export function resultText(result: LdapResult): string {
  const text = result.message.length > 300 ? `${result.message.slice(0, 300)}...` : result.message
  return text === '' ? `LDAP result ${result.code}` : `LDAP result ${result.code}: ${text}`
}
