import type {AuthStage, Bypass} from '../log/auth-events.ts'
import type {LoginReference} from '../log/log.ts'
import type {Secret} from '../secret.ts'
import type {CarriedAttribute, ChapResponse} from './primary-authenticator.ts'

/** One attempt of a user to get in, as a request of the NAS states it. A challenge's answer carries on the same login. */
export type Login = {
  /** Twelve hex digits that stand in every log line of this login, over all its rounds. */
  readonly id: string
  readonly reference: LoginReference
  readonly userName: string
  /** The decoded User-Password: the password at first, the answer after a challenge. */
  readonly password: Secret | undefined
  /** What the NAS sent in place of the password, when it uses CHAP or MS-CHAPv2. */
  readonly chap: ChapResponse | undefined
  readonly state: Buffer | undefined
  /** Identifier and Request Authenticator: a retransmission has the same, another request never does. */
  readonly request: string
  /** The user's own address as it may be told to others: a valid IP address or nothing. */
  readonly clientAddress: string | undefined
  /** The address of the NAS, and the name of the client entry that matched it ("radius_ip_1"). */
  readonly source: string
  readonly clientEntry: string
  /** Request attributes that the section passes on to its primary server. */
  readonly forwarded: readonly CarriedAttribute[]
  /** What tells two sessions of one user apart: NAS-Port, Acct-Session-Id and client address, as one text. */
  readonly session: string
  /** Whether the NAS says enough in there to tell this session from every other one of the user. */
  readonly namesSession: boolean
  readonly startedMs: number
  /** To be told once it is clear which login a request belongs to: an answer carries on an earlier one. */
  readonly identified?: ((login: LoginReference) => void) | undefined
  /** What the steps have found out so far; each is written once. */
  readonly facts: {
    /** The primary server's attributes for the Accept. */
    attributes: readonly CarriedAttribute[]
    /** The factor or passcode that was typed with the password. */
    choice?: string | undefined
    /** The password change to be made once the second factor has approved (attributes of MS-CHAP2-CPW). */
    change?: readonly CarriedAttribute[] | undefined
    /** The name of the user's place on the phone (`push-place.ts`). */
    place?: string
  }
}

/**
 * Decides a login or passes it on to the next step, at once where there is nothing to wait for. A mode is a list of these,
 * read top to bottom.
 */
export type Step = (login: Login, signal: AbortSignal) => Decision | undefined | Promise<Decision | undefined>

/** Why a login ended as it did: stable words for the log, the metrics and the decision trace. */
export type DecisionReason =
  | 'approved'
  | 'duo-allowed'
  | 'exempt'
  | 'failmode-safe'
  | 'failmode-secure'
  | 'failmode-ignore'
  | 'primary-only'
  | 'primary-only-denied'
  | 'duo-refused'
  | 'duo-denied'
  | 'factor-denied'
  | 'factor-timeout'
  | 'factor-fraud'
  | 'factor-locked-out'
  | 'factor-failed'
  | 'wrong-passcode'
  | 'answer-too-long'
  | 'enrollment-pending'
  | 'enroll'
  | 'no-factor'
  | 'prompt'
  | 'sms-sent'
  | 'push-pending-elsewhere'
  | 'push-withheld'
  | 'pushes-full'
  | 'verification-code'
  | 'primary-challenge'
  | 'primary-unavailable'
  | 'primary-busy'
  | 'password-guarded'
  | `primary-${string}`
  | 'state-unknown'
  | 'state-expired'
  | 'state-used'
  | 'answer-differs'
  | 'intent-without-transaction'
  | 'overloaded'
  | 'bad-request'
  | 'internal-error'
  | 'stopping'
  | 'answered-elsewhere'

type About = {
  readonly reason: DecisionReason
  readonly stage: AuthStage
  /** The factor that decided ("push", "passcode"); never a passcode itself. */
  readonly factor?: string | undefined
  /** The login this ends, where a challenge's answer continued an earlier one. */
  readonly loginId?: string | undefined
  /** For whoever reads the log; the user is not told. */
  readonly hint?: string | undefined
  /** The request could not be read, or answers what nobody asked: strangers can send any number of those. */
  readonly unread?: true
  /** It was told, and written down, by another node before: only the answer goes out again. */
  readonly repeated?: true
}

export type Accept = About & {
  readonly kind: 'accept'
  readonly message: string
  readonly attributes: readonly CarriedAttribute[]
}
export type Reject = About & {
  readonly kind: 'reject'
  readonly message: string
  readonly attributes: readonly CarriedAttribute[]
}
export type Challenge = About & {
  readonly kind: 'challenge'
  /** One Reply-Message each. */
  readonly messages: readonly string[]
  readonly state: Buffer
  readonly attributes: readonly CarriedAttribute[]
}
export type Ignore = About & {readonly kind: 'ignore'}

/** What a login comes to. The exchange makes it a packet; nothing else does. */
export type Decision = Accept | Reject | Challenge | Ignore

export function accept(message: string, attributes: readonly CarriedAttribute[], about: About): Accept {
  return {kind: 'accept', message, attributes, ...about}
}

export function reject(message: string, about: About, attributes: readonly CarriedAttribute[] = []): Reject {
  return {kind: 'reject', message, attributes, ...about}
}

/**
 * The proxy is stopping and has cut a wait short: nothing is known, so nothing is said, and no fail mode applies. The NAS
 * tries its next server, or this one once it has started again.
 */
export function stopping(stage: AuthStage): Ignore {
  return {kind: 'ignore', reason: 'stopping', stage}
}

/** Which of the reasons let a user in without a second factor. */
export function bypassOf(decision: Decision): Bypass | undefined {
  return decision.kind === 'accept' ? bypasses[decision.reason] : undefined
}

const bypasses: {readonly [Reason in DecisionReason]?: Bypass} = {
  exempt: 'exempt-user',
  'duo-allowed': 'duo-allow',
  'failmode-safe': 'failmode-safe',
  'primary-only': 'primary-only',
}
