import {preauth, preauthDecision, primaryOnly} from './ask-factor.ts'
import {exemptUser} from './exempt-user.ts'
import {type Decision, type Login, type Reject, stopping} from './login.ts'
import type {LoginParts} from './parts.ts'

/**
 * The password is right and has expired (MS-CHAP-Error 648): the refusal invites the user to change it. It is passed on
 * only to somebody whom the second factor would not turn away (compatibility: order of events). Never lets in.
 */
export async function expiredPassword(
  parts: LoginParts,
  login: Login,
  invitation: Reject,
  signal: AbortSignal,
): Promise<Decision> {
  const waived = (await exemptUser(parts)(login, signal)) ?? (await primaryOnly(parts)(login, signal))
  if (waived !== undefined) return waived.kind === 'accept' ? invitation : waived
  const result = await preauth(parts, login, signal)
  if (result.kind === 'unavailable' && signal.aborted) return stopping('Secondary authentication')
  if (result.kind === 'choose') return invitation
  const decision = await preauthDecision(parts, login, result)
  return decision.kind === 'accept' ? invitation : decision
}
