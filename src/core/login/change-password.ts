import {tryPassword} from './check-primary.ts'
import type {Decision, Login, Step} from './login.ts'
import {firstDecision} from './mode.ts'
import type {LoginParts} from './parts.ts'

/**
 * A request that brings a new password with the old one (MS-CHAP2-CPW): the second factor comes first, then the primary
 * server makes the change (compatibility: order of events). Others pass.
 * @param secondFactor the steps that an ordinary login takes after its password was checked.
 */
export function changePassword(parts: LoginParts, secondFactor: readonly Step[]): Step {
  return (login, signal) => {
    if (login.chap?.kind !== 'mschapv2-change') return undefined
    login.facts.change = login.chap.attributes
    return firstDecision(secondFactor, login, signal).then((decision) => makeChange(parts, login, decision, signal))
  }
}

/** Lets the primary server make the change that waited for this approval. Any other decision stays as it is. */
export async function makeChange(
  parts: LoginParts,
  login: Login,
  decision: Decision,
  signal: AbortSignal,
): Promise<Decision> {
  const {change} = login.facts
  if (decision.kind !== 'accept' || change === undefined) return decision
  const refusal = await tryPassword(parts, login, {kind: 'mschapv2-change', attributes: change}, signal)
  return refusal ?? {...decision, attributes: login.facts.attributes}
}
