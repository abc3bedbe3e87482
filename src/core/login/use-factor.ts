import {type Answer, MAX_ANSWER_CHARACTERS, readAnswer} from './answer-text.ts'
import {countPush, countPushResult, isPushWithheld} from './count-pushes.ts'
import {issueChallenge} from './issue-challenge.ts'
import {accept, type Decision, type DecisionReason, type Login, reject, stopping} from './login.ts'
import type {LoginParts, LoginPolicy} from './parts.ts'
import {fitMessage} from './prompt.ts'
import {pushPlace} from './push-place.ts'
import type {FactorDenial, FactorMap, FactorResult, FactorStart, Refused, Unavailable} from './second-factor.ts'
import {texts} from './texts.ts'

const stage = 'Secondary authentication'

/** A factor that was chosen, and what depends on where it was. */
export type FactorUse = {
  /** The factor's name or number, or a passcode. */
  readonly typed: string
  readonly factors: FactorMap
  readonly carry: string | undefined
  /** Writes down which transaction a push or call became, so that it is found again. */
  readonly note: (transactionId: string, factor: string) => Promise<void>
  /** The factor must be chosen anew: no push can go out now, or passcodes were sent. */
  readonly again: (
    reason: 'push-withheld' | 'push-pending-elsewhere' | 'pushes-full' | 'sms-sent',
    message: string,
  ) => Promise<Decision>
}

/** Starts the factor and waits for its end. Called once for one State, or for one login that has none. */
export async function useFactor(
  parts: LoginParts,
  login: Login,
  use: FactorUse,
  signal: AbortSignal,
): Promise<Decision> {
  const {typed, factors, carry} = use
  const {failed} = parts.policy.factorFailure
  if (typed.length > MAX_ANSWER_CHARACTERS) return reject(failed, {reason: 'answer-too-long', stage})
  const answer = readAnswer(typed, factors)
  const factor = loggedFactor(answer)
  parts.log.emit('login.factor.chosen', {factor}, login.reference)

  const onPhone = answer.kind === 'push' || answer.kind === 'phone'
  if (onPhone && (await isPushWithheld(parts, login))) {
    return use.again('push-withheld', texts.pushWithheld)
  }
  const place = onPhone ? pushPlace(parts, login) : undefined
  if (place !== undefined && !(await parts.store.lockPush(place))) {
    return use.again('push-pending-elsewhere', texts.pushPending)
  }
  const {userName, clientAddress} = login
  const request = {userName, clientAddress, choice: answer.choice, carry}
  let start: FactorStart | undefined
  try {
    start = await parts.secondFactor.begin(request, signal)
  } finally {
    const mayBeOut = start !== undefined && (start.kind === 'pending' || isCutShort(start, signal))
    if (place !== undefined && !mayBeOut) await parts.store.unlockPush(place)
  }
  if (start.kind === 'pending') return pendingDecision(parts, login, start, factor, use, signal)
  if (start.kind === 'full') return use.again('pushes-full', texts.pushesFull)
  if (isCutShort(start, signal)) return stopping(stage)
  if (start.kind === 'sent' || (answer.kind === 'sms' && start.kind === 'deny')) {
    parts.log.emit('login.factor.result', {result: 'sent', message: start.message, factor}, login.reference)
    return use.again('sms-sent', start.message)
  }
  return factorDecision(parts, login, start, factor)
}

/** Waits for a transaction that is out already, here, before a restart, or on another node. */
export async function awaitFactor(
  parts: LoginParts,
  login: Login,
  transactionId: string,
  factor: string,
  signal: AbortSignal,
): Promise<Decision> {
  // The user's place is this login's already, unless nobody asked for the result for long.
  const place = pushPlace(parts, login)
  await parts.store.lockPush(place)
  let result: FactorResult | undefined
  try {
    result = await parts.secondFactor.result(transactionId, signal)
  } finally {
    // A wait that was cut short leaves the push on the phone.
    if (result === undefined || !isCutShort(result, signal)) await parts.store.unlockPush(place)
  }
  if (isCutShort(result, signal)) return stopping(stage)
  await countPushResult(parts, login, result)
  return factorDecision(parts, login, result, factor)
}

/** The name a factor goes by in logs; a passcode is only ever called that. */
export function loggedFactor(answer: Answer): string {
  return answer.kind === 'passcode' ? 'passcode' : answer.choice
}

async function pendingDecision(
  parts: LoginParts,
  login: Login,
  start: Extract<FactorStart, {kind: 'pending'}>,
  factor: string,
  use: FactorUse,
  signal: AbortSignal,
): Promise<Decision> {
  const {transactionId, notice} = start
  await use.note(transactionId, factor)
  await countPush(parts, login)
  parts.log.emit('login.factor.pending', {factor, transactionId}, login.reference)
  if (notice === undefined) return awaitFactor(parts, login, transactionId, factor, signal)
  const {attributes} = login.facts
  return issueChallenge(
    parts,
    login,
    {kind: 'wait', loginId: login.id, transactionId, factor, attributes},
    {messages: [fitMessage(notice)], attributes: [], reason: 'verification-code', stage},
  )
}

function factorDecision(parts: LoginParts, login: Login, result: FactorResult, factor: string): Decision {
  const message = 'cause' in result ? result.cause : result.message
  parts.log.emit('login.factor.result', {result: result.kind, message, factor}, login.reference)
  switch (result.kind) {
    case 'allow':
      return accept(result.message, login.facts.attributes, {reason: 'approved', stage, factor})
    case 'deny':
      return reject(result.message, {reason: denial[result.reason], stage, factor})
    case 'sent':
      return reject(result.message, {reason: 'factor-failed', stage, factor})
    // Whatever the fail mode: at this step nothing but an approval lets in.
    case 'unavailable':
    case 'refused':
      return reject(failureText(parts.policy, result), {reason: 'factor-failed', stage, factor})
  }
}

function failureText({factorFailure}: LoginPolicy, result: Unavailable | Refused): string {
  return result.kind === 'unavailable' && result.timedOut ? factorFailure.timedOut : factorFailure.failed
}

const denial: {readonly [Denial in FactorDenial]: DecisionReason} = {
  denied: 'factor-denied',
  timeout: 'factor-timeout',
  fraud: 'factor-fraud',
  'locked-out': 'factor-locked-out',
  passcode: 'wrong-passcode',
  other: 'factor-failed',
}

function isCutShort(result: FactorResult | FactorStart, signal: AbortSignal): boolean {
  return result.kind === 'unavailable' && signal.aborted
}
