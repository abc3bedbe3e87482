import {answerChallenge} from './answer-challenge.ts'
import {askFactor, primaryOnly} from './ask-factor.ts'
import {changePassword} from './change-password.ts'
import {checkPrimary} from './check-primary.ts'
import {exemptUser} from './exempt-user.ts'
import {guardPassword} from './guard-password.ts'
import type {Step} from './login.ts'
import type {LoginParts} from './parts.ts'

/** [radius_server_challenge]: password first, then a text prompt in an Access-Challenge. */
export function challengeMode(parts: LoginParts): readonly Step[] {
  const afterPrimary = [exemptUser(parts), primaryOnly(parts), askFactor(parts)]
  return [
    answerChallenge(parts, afterPrimary),
    guardPassword(parts),
    changePassword(parts, afterPrimary),
    checkPrimary(parts),
    ...afterPrimary,
  ]
}
