import type {Log} from '../log/log.ts'
import type {World} from '../world.ts'
import type {FailMode} from './fail-mode.ts'
import type {LoginGuards} from './guards.ts'
import type {PasswordGuardPolicy} from './password-guard.ts'
import type {PrimaryAuthenticator} from './primary-authenticator.ts'
import type {PromptFormat, PromptOverflow} from './prompt.ts'
import type {PushGuardPolicy} from './push-guard.ts'
import type {SealedState} from './sealed-state.ts'
import type {SecondFactor} from './second-factor.ts'
import type {Joins} from './shared-work.ts'
import type {StateStore} from './state-store.ts'

/** What a server section of the configuration says about its logins. */
export type LoginPolicy = {
  readonly section: string
  readonly ikey: string
  readonly failMode: FailMode
  readonly exemptUsers: ReadonlySet<string>
  /** The enrolment text comes as an Access-Challenge (true) or an Access-Reject. */
  readonly enrollChallenge: boolean
  /** What the user reads when Duo fails at the factor step, after preauth has let him come so far. */
  readonly factorFailure: {readonly failed: string; readonly timedOut: string}
  readonly promptFormat: PromptFormat
  readonly promptOverflow: PromptOverflow
  /** Tells the user why the directory refused: an oracle for passwords, so off unless asked for. */
  readonly primaryRejectDetail: boolean
  /** Adds the login id to a Reject's text. */
  readonly rejectReference: boolean
  readonly pushGuard: PushGuardPolicy
  readonly passwordGuard: PasswordGuardPolicy
}

/** What the steps of a section's mode work with. */
export type LoginParts = {
  readonly policy: LoginPolicy
  readonly primary: PrimaryAuthenticator
  readonly secondFactor: SecondFactor
  readonly states: SealedState
  readonly store: StateStore
  readonly guards: LoginGuards
  /** Where several processes serve the logins; undefined where one does. */
  readonly joins?: Joins | undefined
  /** Break-glass: the second factor is left out where the fail mode is safe. */
  readonly primaryOnly: () => boolean
  readonly log: Log
  readonly world: World
}
