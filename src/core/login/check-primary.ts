import {hash} from 'node:crypto'
import {BriefMap} from '../brief-map.ts'
import {proofText} from './attempt-trail.ts'
import {expiredPassword} from './expired-password.ts'
import {countRefusal} from './guard-password.ts'
import {issueChallenge} from './issue-challenge.ts'
import {type Decision, type Login, reject, type Step, stopping} from './login.ts'
import type {LoginParts} from './parts.ts'
import {asTyped, type PasswordTries} from './password-tries.ts'
import type {Credentials, PrimaryRejectReason, PrimaryResult} from './primary-authenticator.ts'

const stage = 'Primary authentication'

/**
 * The password is checked before anything is revealed (compatibility: order of events).
 * @param tries what to try as the password, where something else may be typed behind it.
 */
export function checkPrimary(parts: LoginParts, tries: PasswordTries = asTyped): Step {
  const inFlight = new BriefMap<string, Promise<PrimaryResult>>()
  const key = parts.world.randomBytes(32).toString('base64')

  /** A NAS that asks again while the answer is under way must not cost the account a second try. */
  function joined(
    login: Login,
    credentials: Credentials,
    signal: AbortSignal,
    isFinal?: (result: PrimaryResult) => boolean,
  ): Promise<PrimaryResult> {
    if (parts.primary.asksNobody) return authenticate(parts, login, credentials, undefined, signal, isFinal)
    const work = workKey(login, credentials, key)
    const running = inFlight.get(work)
    if (running !== undefined) return running
    const result = authenticate(parts, login, credentials, undefined, signal, isFinal).finally(() =>
      inFlight.delete(work),
    )
    inFlight.set(work, result)
    return result
  }

  return async (login, signal) => {
    const [first, second] = tries(login)
    let last = first
    const isFinal = (result: PrimaryResult) => second === undefined || !mayBeOther(result)
    let result = await joined(login, first.credentials, signal, isFinal)
    if (second !== undefined && !isFinal(result)) {
      parts.log.emit('login.primary.again', {}, login.reference)
      last = second
      result = await joined(login, second.credentials, signal)
    }
    login.facts.choice = last.choice
    return primaryDecision(parts, login, last.credentials, result, signal)
  }
}

/** One try of a password with the primary server, and what it means for the login; undefined when it is right. */
export async function tryPassword(
  parts: LoginParts,
  login: Login,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Decision | undefined> {
  const result = await authenticate(parts, login, credentials, undefined, signal)
  return primaryDecision(parts, login, credentials, result, signal)
}

/** The user's answer to a question of the primary server itself; claimed before, so it is asked once. */
export async function answerPrimary(
  parts: LoginParts,
  login: Login,
  resume: Buffer,
  signal: AbortSignal,
): Promise<Decision | undefined> {
  const [{credentials}] = asTyped(login)
  const result = await authenticate(parts, login, credentials, resume, signal)
  return primaryDecision(parts, login, credentials, result, signal)
}

/** One try of a password. A refusal that ends the login is counted, once however many requests wait for it. */
async function authenticate(
  parts: LoginParts,
  login: Login,
  credentials: Credentials,
  resume: Buffer | undefined,
  signal: AbortSignal,
  isFinal: (result: PrimaryResult) => boolean = () => true,
): Promise<PrimaryResult> {
  const {userName, clientAddress, forwarded} = login
  const request = {userName, credentials, clientAddress, forwarded, resume}
  const result = await parts.primary.authenticate(request, signal)
  if (result.kind === 'reject' && isFinal(result)) await countRefusal(parts, login, result.reason)
  return result
}

async function primaryDecision(
  parts: LoginParts,
  login: Login,
  credentials: Credentials,
  result: PrimaryResult,
  signal: AbortSignal,
): Promise<Decision | undefined> {
  if (result.kind === 'unavailable' && signal.aborted) return stopping(stage)
  const {log, policy, world} = parts
  const reason = result.kind === 'reject' ? result.reason : result.kind
  log.emit(
    'login.primary.result',
    {
      result: result.kind,
      reason,
      detail: 'detail' in result ? (result.detail ?? '') : '',
      auth: {
        msg: primarySentence(result),
        username: login.userName,
        authStage: stage,
        status: result.kind === 'accept' ? 'Allow' : result.kind === 'challenge' ? 'Challenge' : 'Reject',
        clientIp: login.clientAddress,
        section: policy.section,
        ikey: policy.ikey,
        factor: undefined,
        nas: login.source,
        durationMs: Math.round(world.monotonicMs() - login.startedMs),
        reason,
        bypass: undefined,
      },
    },
    login.reference,
  )
  switch (result.kind) {
    case 'accept':
      login.facts.attributes = result.attributes
      return undefined
    case 'reject': {
      await parts.guards.passwords.delay(login, policy.passwordGuard, signal)
      const message = policy.primaryRejectDetail ? `${result.message} (${sentence[result.reason]})` : result.message
      const refusal = reject(message, {reason: `primary-${result.reason}`, stage}, result.attributes)
      const isInvited = credentials.kind === 'mschapv2' && result.reason === 'password-expired'
      return isInvited ? expiredPassword(parts, login, refusal, signal) : refusal
    }
    case 'unavailable':
      return reject(result.message, {reason: result.isBusy ? 'primary-busy' : 'primary-unavailable', stage})
    case 'challenge':
      return issueChallenge(
        parts,
        login,
        {kind: 'primary', loginId: login.id, resume: result.resume, choice: login.facts.choice},
        {messages: result.messages, attributes: result.attributes, reason: 'primary-challenge', stage},
      )
  }
}

function primarySentence(result: PrimaryResult): string {
  switch (result.kind) {
    case 'accept':
      return `Primary authentication successful - ${result.message}`
    case 'challenge':
      return 'The primary server asks the user a question of its own'
    default:
      return `Primary credentials rejected - ${result.message}`
  }
}

const sentence: {readonly [Reason in PrimaryRejectReason]: string} = {
  'no-such-user': 'unknown user',
  'ambiguous-user': 'the user name is not unique',
  'not-in-group': 'not in the required group',
  'wrong-password': 'wrong password',
  'no-password': 'no password given',
  'password-expired': 'the password has expired',
  'must-change-password': 'the password must be changed',
  'account-disabled': 'the account is disabled',
  'account-expired': 'the account has expired',
  'account-locked': 'the account is locked',
  'logon-hours': 'not at this time of day',
  workstation: 'not from this computer',
  'account-restriction': 'an account restriction applies',
  'bad-user-name': 'the user name is not valid',
  'method-not-supported': 'the gateway sends CHAP or MS-CHAPv2',
  rejected: 'refused by the server',
}

/** Another text may be the password; an account that is locked stays so. */
function mayBeOther(result: PrimaryResult): boolean {
  return result.kind === 'reject' && (result.reason === 'wrong-password' || result.reason === 'rejected')
}

function workKey(login: Login, credentials: Credentials, key: string): string {
  const {clientEntry, source, userName, session} = login
  const identity = [clientEntry, source, userName, proofText(credentials), session]
  // A key in front is enough where nobody sees the digest, and costs a third of an HMAC (docs/decisions/0070-cost-of-a-login.md).
  return hash('sha256', key + JSON.stringify(identity), 'base64')
}
