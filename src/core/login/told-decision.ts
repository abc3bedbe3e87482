import type {AuthStage} from '../log/auth-events.ts'
import type {Decision, DecisionReason, Login} from './login.ts'
import type {CarriedAttribute} from './primary-authenticator.ts'
import type {TakenClaim} from './state-store.ts'

/**
 * A decision as it is left in a shared store for the other node: a network that loses the answer, and a balancer that
 * sends the retransmission elsewhere, must not turn an approval into a refusal. The store seals it.
 */
export function writeTold(request: string, decision: Decision, nowMs: number): string | undefined {
  if (decision.kind === 'ignore') return undefined
  const attributes = decision.attributes.map(({type, value}) => [type, value.toString('base64')])
  const state = decision.kind === 'challenge' ? decision.state.toString('base64') : ''
  const messages = decision.kind === 'challenge' ? decision.messages : [decision.message]
  const {kind, reason, stage, factor, loginId} = decision
  return JSON.stringify({request, atMs: nowMs, kind, reason, stage, factor, loginId, messages, state, attributes})
}

/**
 * The decision: for an answer that came while the same one was being worked on, and else for nothing but the same request
 * again, for as long as any retransmission is answered (RFC 5080 2.2.2); undefined otherwise.
 */
export function readTold({told: text, joined = false}: TakenClaim, login: Login, nowMs: number): Decision | undefined {
  if (text === undefined) return undefined
  const told: Told = JSON.parse(text)
  const isRepeated = told.request === login.request && Math.abs(nowMs - told.atMs) <= KEEP_MS + CLOCKS_APART_MS
  return isRepeated || joined ? decisionOf(told) : undefined
}

/** The decision of a login that this request is a retry of. */
export function readJoined(text: string | undefined): Decision | undefined {
  return text === undefined ? undefined : decisionOf(JSON.parse(text))
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
  readonly loginId?: string
  readonly messages: readonly string[]
  readonly state: string
  readonly attributes: readonly (readonly [number, string])[]
}

function decisionOf({kind, reason, stage, factor, loginId, messages, state, attributes: told}: Told): Decision {
  const attributes: readonly CarriedAttribute[] = told.map(([type, value]) => ({
    type,
    value: Buffer.from(value, 'base64'),
  }))
  const about = {reason, stage, factor, loginId, attributes, repeated: true} as const
  if (kind === 'challenge') return {kind, messages, state: Buffer.from(state, 'base64'), ...about}
  return {kind, message: messages[0] ?? '', ...about}
}
