import {preauthFailure} from './fail-mode.ts'
import {issueChallenge} from './issue-challenge.ts'
import {accept, type Decision, type DecisionReason, type Login, reject, type Step, stopping} from './login.ts'
import type {LoginParts} from './parts.ts'
import {fitMessage, promptMessages, shortPrompt} from './prompt.ts'
import type {FactorMap, Preauth} from './second-factor.ts'
import {texts} from './texts.ts'

const stage = 'Secondary authentication'

/** Break-glass, for as long as the operator said on the command line: safe lets in, everything else still denies. */
export function primaryOnly({policy, primaryOnly}: LoginParts): Step {
  return ({facts}) => {
    if (!primaryOnly()) return undefined
    return policy.failMode === 'safe'
      ? accept(texts.primaryOnly, facts.attributes, {reason: 'primary-only', stage})
      : reject(texts.failmodeSecure, {reason: 'primary-only-denied', stage})
  }
}

/** Asks the second factor what the user has, and the user which of it shall be. Always decides. */
export function askFactor(parts: LoginParts): Step {
  return async (login, signal) => {
    const result = await preauth(parts, login, signal)
    if (result.kind === 'unavailable' && signal.aborted) return stopping(stage)
    return preauthDecision(parts, login, result)
  }
}

/**
 * Asks the same question again (after SMS codes were sent, or when a push is out already).
 * The prompt comes fresh from the cloud; when it does not, the factors are listed from the State. Never lets in.
 */
export async function askAgain(
  parts: LoginParts,
  login: Login,
  before: {readonly factors: FactorMap; readonly carry: string | undefined},
  question: {readonly notice: string | undefined; readonly reason: DecisionReason},
  signal: AbortSignal,
): Promise<Decision> {
  const fresh = await preauth(parts, login, signal)
  const {factors, carry} = fresh.kind === 'choose' ? fresh : before
  const prompt = fresh.kind === 'choose' ? fresh.prompt : shortPrompt(factors)
  const messages =
    question.notice === undefined
      ? promptMessages(prompt, factors, parts.policy.promptFormat, parts.policy.promptOverflow)
      : [question.notice]
  const {attributes} = login.facts
  return issueChallenge(
    parts,
    login,
    {kind: 'factor', loginId: login.id, factors, carry, attributes},
    {messages, attributes: [], reason: question.reason, stage},
  )
}

/** What Duo says of the user before a factor is chosen; logged. */
export async function preauth({secondFactor, log}: LoginParts, login: Login, signal: AbortSignal): Promise<Preauth> {
  const {userName, clientAddress} = login
  const result = await secondFactor.preauth({userName, clientAddress}, signal)
  const detail = 'cause' in result ? result.cause : ''
  log.emit('login.preauth', {result: result.kind === 'choose' ? 'auth' : result.kind, detail}, login.reference)
  return result
}

/** What a preauth comes to; a user who may choose is asked. */
export async function preauthDecision(parts: LoginParts, login: Login, result: Preauth): Promise<Decision> {
  const {policy} = parts
  const {attributes} = login.facts
  switch (result.kind) {
    case 'allow':
      return accept(result.message, attributes, {reason: 'duo-allowed', stage})
    case 'deny':
      return reject(result.message, {reason: 'duo-denied', stage})
    case 'enroll': {
      if (!policy.enrollChallenge) return reject(result.message, {reason: 'enroll', stage})
      const messages = [fitMessage(result.message)]
      const pending = {kind: 'enroll', loginId: login.id} as const
      return issueChallenge(parts, login, pending, {messages, attributes: [], reason: 'enroll', stage})
    }
    case 'choose': {
      const {prompt, factors, carry} = result
      const messages = promptMessages(prompt, factors, policy.promptFormat, policy.promptOverflow)
      const pending = {kind: 'factor', loginId: login.id, factors, carry, attributes} as const
      return issueChallenge(parts, login, pending, {messages, attributes: [], reason: 'prompt', stage})
    }
    case 'unavailable':
    case 'refused':
      return preauthFailure(result, policy.failMode, attributes)
  }
}
