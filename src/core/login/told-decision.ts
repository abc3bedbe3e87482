import type {AuthStage} from '../log/auth-events.ts'
import type {Decision, DecisionReason, Login} from './login.ts'
import type {CarriedAttribute} from './primary-authenticator.ts'

/**
 * A decision as it is left in a shared store for the other node: a network that loses the answer, and a balancer that
 * sends the retransmission elsewhere, must not turn an approval into a refusal. The store seals it.
 */
export function writeTold(request: string, decision: Decision, nowMs: number): string | undefined {
  if (decision.kind === 'ignore') return undefined
  const attributes = decision.attributes.map(({type, value}) => [type, value.toString('base64')])
  const state = decision.kind === 'challenge' ? decision.state.toString('base64') : ''
  const messages = decision.kind === 'challenge' ? decision.messages : [decision.message]
  const {kind, reason, stage, factor} = decision
  return JSON.stringify({request, atMs: nowMs, kind, reason, stage, factor, messages, state, attributes})
}

/**
 * The decision, for nothing but the same request again and for as long as any retransmission is answered (RFC 5080
 * 2.2.2); undefined otherwise.
 */
export function readTold(text: string | undefined, login: Login, nowMs: number): Decision | undefined {
  if (text === undefined) return undefined
  const told: Told = JSON.parse(text)
  if (told.request !== login.request || Math.abs(nowMs - told.atMs) > KEEP_MS + CLOCKS_APART_MS) return undefined
  const {reason, stage, factor} = told
  const about = {reason, stage, factor, repeated: true} as const
  const attributes = told.attributes.map(([type, value]) => ({type, value: Buffer.from(value, 'base64')}))
  return decisionOf(told, attributes, about)
}

/** How long the other node may answer for the one that decided: as long as that one answers by itself. */
export const KEEP_MS = 70_000
/** Two nodes' clocks may differ by as much. */
const CLOCKS_APART_MS = 60_000

/** What `writeTold` made; only a node with the key of the store can have made it. */
type Told = {
  readonly request: string
  readonly atMs: number
  readonly kind: 'accept' | 'reject' | 'challenge'
  readonly reason: DecisionReason
  readonly stage: AuthStage
  readonly factor: string | undefined
  readonly messages: readonly string[]
  readonly state: string
  readonly attributes: readonly (readonly [number, string])[]
}

type About = {
  readonly reason: DecisionReason
  readonly stage: AuthStage
  readonly factor: string | undefined
  readonly repeated: true
}

function decisionOf({kind, messages, state}: Told, attributes: readonly CarriedAttribute[], about: About): Decision {
  if (kind === 'challenge') return {kind, messages, state: Buffer.from(state, 'base64'), attributes, ...about}
  return {kind, message: messages[0] ?? '', attributes, ...about}
}
