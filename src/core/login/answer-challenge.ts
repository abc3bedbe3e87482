import {BriefMap} from '../brief-map.ts'
import {readAnswer} from './answer-text.ts'
import {askAgain} from './ask-factor.ts'
import type {PendingChallenge} from './challenge-codec.ts'
import {makeChange} from './change-password.ts'
import {answerPrimary} from './check-primary.ts'
import {stateBinding} from './issue-challenge.ts'
import {type Decision, type Login, reject, type Step} from './login.ts'
import {firstDecision} from './mode.ts'
import type {LoginParts} from './parts.ts'
import {isOnPhone, pushPlace} from './push-place.ts'
import type {PushPlace, TakenClaim} from './state-store.ts'
import {texts} from './texts.ts'
import {readTold, writeTold} from './told-decision.ts'
import {awaitFactor, type FactorUse, loggedFactor, useFactor} from './use-factor.ts'

const unknown = (reason: 'state-expired' | 'state-used'): Decision =>
  reject(texts.unknownChallenge, {reason, stage: 'Unknown'})
/** Not one of ours: anybody can make one up. */
const madeUp = (): Decision => reject(texts.unknownChallenge, {reason: 'state-unknown', stage: 'Unknown', unread: true})
const differs = (): Decision =>
  reject(texts.answerDiffers, {reason: 'answer-differs', stage: 'Secondary authentication'})

/** Duo has named the transaction by then, or the node that asked is gone. */
const INTENT_MS = 15_000

/**
 * A push is over by then. Whoever can write to a shared store could take the note away that a State has been decided:
 * what is older than a push can live is not carried on, whatever the store says.
 */
const RESUME_MS = 75_000

/**
 * A request with a State answers a challenge; without one it passes.
 * The State is opened, then claimed for this answer, then the factor is used: all requests that bring the same State
 * and answer while it is being worked on get the same decision, and one approval lets in one login (decisions: one push).
 * @param afterPrimary what follows when the challenge was the primary server's own and is now passed.
 */
export function answerChallenge(parts: LoginParts, afterPrimary: readonly Step[]): Step {
  const working = new BriefMap<string, Promise<Decision>>()
  const {states, policy, log} = parts

  return (request, signal) => (request.state === undefined ? undefined : answered(request, request.state, signal))

  async function answered(request: Login, state: Buffer, signal: AbortSignal): Promise<Decision> {
    const opened = await states.open(state, stateBinding(policy, request))
    if (!opened.ok) {
      if (opened.reason !== 'expired') return madeUp()
      request.identified?.(request.reference)
      return unknown('state-expired')
    }
    const {nonce, challenge} = opened
    const login = continued(request, challenge)
    login.identified?.(login.reference)
    log.emit('login.answered', {question: challenge.kind}, login.reference)
    const answer = opened.digest(typedAnswer(login, challenge))

    // No await between here and `working.set`: of two requests one must find the other. Whether another answer came
    // first is for the store to say, which alone knows of the other node.
    const work = `${nonce} ${answer}`
    const running = working.get(work)
    if (running !== undefined) {
      log.emit('login.joined', {same: true}, login.reference)
      return running
    }
    const decision = decide(parts, afterPrimary, login, challenge, {nonce, answer}, signal)
    working.set(work, decision)
    try {
      return await decision
    } finally {
      working.delete(work)
    }
  }
}

async function decide(
  parts: LoginParts,
  afterPrimary: readonly Step[],
  login: Login,
  challenge: PendingChallenge,
  {nonce, answer}: {readonly nonce: string; readonly answer: string},
  signal: AbortSignal,
): Promise<Decision> {
  const {store, log, world} = parts
  const loginId = login.id
  const claim = await store.claim(nonce, answer, placeOf(parts, login, challenge))
  if (claim.kind === 'full') return {...reject(texts.overloaded, {reason: 'overloaded', stage: 'Unknown'}), loginId}
  const told = claim.kind === 'taken' && claim.answer === answer ? readTold(claim, login, world.wallMs()) : undefined
  if (told !== undefined) {
    log.emit('login.joined', {same: true}, login.reference)
    return {...told, loginId}
  }
  if (claim.kind === 'taken' && (claim.decided || (claim.ageMs ?? 0) > RESUME_MS)) {
    return {...unknown('state-used'), loginId}
  }
  if (claim.kind === 'taken' && claim.answer !== answer) {
    log.emit('login.joined', {same: false}, login.reference)
    return {...differs(), loginId}
  }
  // From here on the factor may have been used: a mistake of ours must end in a Reject, never in silence and a retry.
  const failed = (error: unknown): Decision => {
    log.emit('proxy.bug', {where: 'login', error: String(error)}, login.reference)
    return reject(texts.internalError, {reason: 'internal-error', stage: 'Unknown'})
  }
  const work =
    claim.kind === 'mine'
      ? conclude(parts, afterPrimary, login, challenge, nonce, signal)
      : resume(parts, login, challenge, claim, signal)
  const decision = await work.then((made) => makeChange(parts, login, made, signal)).catch(failed)
  // Left open, it is carried on by the next process, or by the other node.
  if (decision.reason === 'stopping' || decision.reason === 'answered-elsewhere') return {...decision, loginId}
  const answered = () => writeTold(login.request, decision, world.wallMs())
  return {...(await store.setDecided(nonce, answered).then(() => decision, failed)), loginId}
}

async function conclude(
  parts: LoginParts,
  afterPrimary: readonly Step[],
  login: Login,
  challenge: PendingChallenge,
  nonce: string,
  signal: AbortSignal,
): Promise<Decision> {
  switch (challenge.kind) {
    case 'enroll':
      return reject(texts.finishEnrollment, {reason: 'enrollment-pending', stage: 'Secondary authentication'})
    case 'wait':
      return awaitFactor(parts, login, challenge.transactionId, challenge.factor, signal)
    case 'factor':
      return useFactor(parts, login, answerUse(parts, login, challenge, nonce, signal), signal)
    case 'primary':
      return (
        (await answerPrimary(parts, login, challenge.resume, signal)) ??
        (await firstDecision(afterPrimary, login, signal))
      )
  }
}

/** The answer to the prompt: where it cannot be used, the prompt is shown again. */
function answerUse(
  parts: LoginParts,
  login: Login,
  challenge: Extract<PendingChallenge, {kind: 'factor'}>,
  nonce: string,
  signal: AbortSignal,
): FactorUse {
  const {factors, carry} = challenge
  return {
    typed: typedAnswer(login, challenge),
    factors,
    carry,
    note: (transactionId) => parts.store.setTransaction(nonce, transactionId),
    again: (reason, message) =>
      askAgain(parts, login, challenge, {notice: reason === 'sms-sent' ? undefined : message, reason}, signal),
  }
}

/** The State was claimed by a process that is gone, or by another node: carry on from what it had written down. */
async function resume(
  parts: LoginParts,
  login: Login,
  challenge: PendingChallenge,
  claim: TakenClaim,
  signal: AbortSignal,
): Promise<Decision> {
  if (challenge.kind === 'wait') {
    return awaitFactor(parts, login, challenge.transactionId, challenge.factor, signal)
  }
  if (challenge.kind === 'factor' && claim.transactionId !== undefined) {
    const factor = loggedFactor(readAnswer(typedAnswer(login, challenge), challenge.factors))
    return awaitFactor(parts, login, claim.transactionId, factor, signal)
  }
  // Another node is at it and has not told the transaction yet: its answer is the one to wait for.
  if (claim.ageMs !== undefined && claim.ageMs < INTENT_MS) {
    return {kind: 'ignore', reason: 'answered-elsewhere', stage: 'Secondary authentication'}
  }
  // The push may or may not have gone out: never a second one.
  return reject(texts.startOver, {reason: 'intent-without-transaction', stage: 'Secondary authentication'})
}

/** The same login goes on: its id and what the primary server gave come from the State. */
function continued(request: Login, challenge: PendingChallenge): Login {
  const attributes = 'attributes' in challenge ? challenge.attributes : []
  const change = 'change' in challenge ? challenge.change : undefined
  const choice = 'choice' in challenge ? challenge.choice : undefined
  const reference = {...request.reference, loginId: challenge.loginId}
  return {...request, id: challenge.loginId, reference, facts: {attributes, change, choice}}
}

/**
 * The place on the phone that the answer may take, or holds already. What comes after the primary server's own challenge
 * writes down its push itself.
 */
function placeOf(parts: LoginParts, login: Login, challenge: PendingChallenge): PushPlace | undefined {
  if (challenge.kind === 'enroll' || challenge.kind === 'primary') return undefined
  const rings = challenge.kind === 'wait' || isOnPhone(typedAnswer(login, challenge), challenge.factors)
  return rings ? pushPlace(parts, login) : undefined
}

/** With a code on the screen any answer means "go on", so that all of them join. */
function typedAnswer({password, chap}: Login, challenge: PendingChallenge): string {
  if (challenge.kind === 'wait') return ''
  // A CHAP response is no answer to Duo's prompt, but the primary server may know what to do with it.
  if (challenge.kind === 'primary' && chap !== undefined) {
    return chap.attributes.map(({type, value}) => `${type} ${value.toString('hex')}`).join()
  }
  return password?.reveal() ?? ''
}
