import {answerChallenge} from './answer-challenge.ts'
import {primaryOnly} from './ask-factor.ts'
import {changePassword} from './change-password.ts'
import {checkPrimary} from './check-primary.ts'
import {directFactor, type ListedFactor} from './direct-factor.ts'
import {exemptUser} from './exempt-user.ts'
import {guardPassword} from './guard-password.ts'
import {joinRetries} from './join-retries.ts'
import type {Step} from './login.ts'
import type {LoginParts} from './parts.ts'
import {asTyped, concatenated, type TryOrder} from './password-tries.ts'
import type {Concatenation} from './split-password.ts'

export type AutoModeOptions = {
  readonly factors: readonly ListedFactor[]
  /** Undefined where nothing may be typed behind the password. */
  readonly concatenation: (Concatenation & {readonly order: TryOrder}) | undefined
}

/** [radius_server_auto]: password, then a factor at once; a prompt only where it must be a passcode. */
export function autoMode(parts: LoginParts, {factors, concatenation}: AutoModeOptions): readonly Step[] {
  const tries = concatenation === undefined ? asTyped : concatenated(concatenation, concatenation.order)
  const afterPrimary = [exemptUser(parts), primaryOnly(parts), directFactor(parts, {factors})]
  return [
    answerChallenge(parts, afterPrimary),
    joinRetries(parts, [
      guardPassword(parts),
      changePassword(parts, afterPrimary),
      checkPrimary(parts, tries),
      ...afterPrimary,
    ]),
  ]
}
