import type {Secret} from '../../secret.ts'
import type {Control, LdapResult} from './message.ts'
import type {LdapSession, NoAnswer} from './session.ts'

/** Whose password it is, in the two ways binds name an account. */
export type Credentials = {
  /** For a simple bind: a DN, a UPN or DOMAIN\user. */
  readonly name: string
  /** For NTLM and Kerberos. An empty domain goes with a UPN. */
  readonly account: {readonly domain: string; readonly userName: string}
  readonly password: Secret
}

export type BindOutcome =
  /** `session` is the one to go on with: a layer may have come between. */
  | {readonly kind: 'bound'; readonly session: LdapSession; readonly controls: readonly Control[]}
  | {readonly kind: 'refused'; readonly result: LdapResult; readonly controls: readonly Control[]}
  /** The server would not even look at the password (method, protection); it was not sent, or not used. */
  | {readonly kind: 'not-processed'; readonly result: LdapResult}
  /** Something in the server's part of the exchange makes no sense, before the password was used. */
  | {readonly kind: 'protocol'; readonly detail: string}
  | NoAnswer

/** One way to prove an identity on a connection. Uses the password at most once. */
export type Bind = (session: LdapSession, host: string, who: Credentials, signal: AbortSignal) => Promise<BindOutcome>

/** Result codes with which a server says that it has not looked at the password (RFC 4511 A.2). */
export const notProcessedCodes: ReadonlySet<number> = new Set([7, 8, 13, 51, 52])

/**
 * A simple bind. An empty name or password would make it an anonymous or unauthenticated one, which succeeds
 * (RFC 4513 5.1.1, 5.1.2): both are refused here once more, whatever was checked before.
 */
export const simpleBind: Bind = async (session, _host, who, signal) => {
  if (who.name === '' || who.password.isEmpty) return {kind: 'protocol', detail: 'a bind needs a name and a password'}
  const answer = await session.bind({kind: 'simple', name: who.name, password: who.password.reveal()}, signal)
  if (answer.kind === 'no-answer') return answer
  if (answer.result.code === 0) return {kind: 'bound', session, controls: answer.controls}
  if (notProcessedCodes.has(answer.result.code)) return {kind: 'not-processed', result: answer.result}
  return {kind: 'refused', result: answer.result, controls: answer.controls}
}
