import {readAnswer} from './answer-text.ts'
import {preauth, preauthDecision} from './ask-factor.ts'
import {attemptTrail, type EarlierPush} from './attempt-trail.ts'
import {issueChallenge} from './issue-challenge.ts'
import {type Decision, type Login, reject, type Step, stopping} from './login.ts'
import type {LoginParts} from './parts.ts'
import type {CarriedAttribute} from './primary-authenticator.ts'
import {promptMessages} from './prompt.ts'
import {isOnPhone} from './push-place.ts'
import type {FactorMap, Preauth} from './second-factor.ts'
import {texts} from './texts.ts'
import {awaitFactor, type FactorUse, loggedFactor, useFactor} from './use-factor.ts'

const stage = 'Secondary authentication'

/** A factor that a section may name: `auto` is the one Duo recommends, `passcode` is asked for. */
export type ListedFactor = 'auto' | 'push' | 'phone' | 'passcode'

export type DirectFactorOptions = {
  /** Used in this order when the user has typed none. */
  readonly factors: readonly ListedFactor[]
  /** What an Accept gets beside the primary server's attributes, from the user's groups at Duo. */
  readonly groupAttributes?: (groups: readonly string[]) => readonly CarriedAttribute[]
}

/** Uses a factor without asking which: the one the user typed with the password, or one of a list. Always decides. */
export function directFactor(parts: LoginParts, {factors, groupAttributes}: DirectFactorOptions): Step {
  return async (login, signal) => {
    const result = await preauth(parts, login, signal)
    if (result.kind === 'unavailable' && signal.aborted) return stopping(stage)
    if ('groups' in result && groupAttributes !== undefined) {
      login.facts.attributes = [...login.facts.attributes, ...groupAttributes(result.groups)]
    }
    if (result.kind !== 'choose') return preauthDecision(parts, login, result)
    const choice = login.facts.choice ?? listedChoice(factors, result.factors)
    if (choice === undefined) return reject(texts.noFactor, {reason: 'no-factor', stage})
    return choice === 'passcode' ? askPasscode(parts, login, result) : useOnce(parts, login, choice, result, signal)
  }
}

type Choose = Extract<Preauth, {kind: 'choose'}>

/** The first listed factor that the user has. Everybody may have a passcode; where Duo recommends none, it is one. */
function listedChoice(listed: readonly ListedFactor[], factors: FactorMap): string | undefined {
  for (const name of listed) {
    if (name === 'passcode') return name
    if (name === 'auto') return factors.get('default') ?? 'passcode'
    const found = [...factors.values()].find((factor) => isNamed(factor, name))
    if (found !== undefined) return found
  }
  return undefined
}

function isNamed(factor: string, name: 'push' | 'phone'): boolean {
  return readAnswer(factor, new Map()).kind === name
}

async function askPasscode(parts: LoginParts, login: Login, {prompt, factors, carry}: Choose): Promise<Decision> {
  const {promptFormat, promptOverflow} = parts.policy
  const {attributes} = login.facts
  return issueChallenge(
    parts,
    login,
    {kind: 'factor', loginId: login.id, factors, carry, attributes},
    {
      messages: promptMessages(prompt, factors, promptFormat, promptOverflow),
      attributes: [],
      reason: 'prompt',
      stage,
    },
  )
}

/** At most one push, also when this is a retry of a login that a killed process, or another node, has begun. */
async function useOnce(
  parts: LoginParts,
  login: Login,
  typed: string,
  {factors, carry}: Choose,
  signal: AbortSignal,
): Promise<Decision> {
  const answer = readAnswer(typed, factors)
  const trail = isOnPhone(typed, factors) ? attemptTrail(parts, login) : undefined
  const use: FactorUse = {
    typed,
    factors,
    carry,
    note: async (transactionId, factor) => trail?.note(transactionId, factor),
    // There is no prompt to show again: the user types the password with another factor behind it.
    again: async (reason, message) => reject(message, {reason, stage, factor: loggedFactor(answer)}),
  }
  try {
    const earlier = await trail?.find()
    if (earlier === undefined) await trail?.intend(loggedFactor(answer))
    const decision = await (earlier === undefined
      ? useFactor(parts, login, use, signal)
      : resume(parts, login, earlier, signal))
    if (decision.reason !== 'stopping') await trail?.end()
    return decision
  } catch (error) {
    // The factor may have been used: a mistake of ours must end in a Reject, never in silence and a retry.
    parts.log.emit('proxy.bug', {where: 'login', error: String(error)}, login.reference)
    return reject(texts.internalError, {reason: 'internal-error', stage: 'Unknown'})
  }
}

/** The earlier login goes on: its id is the one that holds the user's place on the phone. */
async function resume(
  parts: LoginParts,
  request: Login,
  {loginId = request.id, transactionId, factor}: EarlierPush,
  signal: AbortSignal,
): Promise<Decision> {
  const login = {...request, id: loginId, reference: {...request.reference, loginId}}
  request.identified?.(login.reference)
  // The push may or may not have gone out: never a second one.
  if (transactionId === undefined)
    return reject(texts.startOver, {reason: 'intent-without-transaction', stage, loginId})
  parts.log.emit('login.joined', {same: true}, login.reference)
  return {...(await awaitFactor(parts, login, transactionId, factor, signal)), loginId}
}
