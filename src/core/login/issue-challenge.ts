import type {AuthStage} from '../log/auth-events.ts'
import type {PendingChallenge} from './challenge-codec.ts'
import type {Challenge, DecisionReason, Login} from './login.ts'
import type {LoginParts} from './parts.ts'
import type {CarriedAttribute} from './primary-authenticator.ts'
import type {StateBinding} from './sealed-state.ts'

/** Asks the user something: what is to be remembered goes sealed into the State. */
export async function issueChallenge(
  {policy, states}: LoginParts,
  login: Login,
  pending: PendingChallenge,
  question: {
    readonly messages: readonly string[]
    readonly attributes: readonly CarriedAttribute[]
    readonly reason: DecisionReason
    readonly stage: AuthStage
  },
): Promise<Challenge> {
  const {change} = login.facts
  const waits = change !== undefined && (pending.kind === 'factor' || pending.kind === 'wait')
  const state = await states.seal(waits ? {...pending, change} : pending, stateBinding(policy, login))
  return {kind: 'challenge', state, ...question}
}

/** A State opens for the same section, integration, client entry, NAS address and byte-identical User-Name only. */
export function stateBinding({section, ikey}: LoginParts['policy'], login: Login): StateBinding {
  return {section, ikey, clientEntry: login.clientEntry, source: login.source, userName: login.userName}
}
