import {answerChallenge} from './answer-challenge.ts'
import {primaryOnly} from './ask-factor.ts'
import {checkPrimary} from './check-primary.ts'
import {directFactor} from './direct-factor.ts'
import {exemptUser} from './exempt-user.ts'
import {guardPassword} from './guard-password.ts'
import {joinRetries} from './join-retries.ts'
import {reject, type Step} from './login.ts'
import type {LoginParts} from './parts.ts'
import {asTyped, tryOfParts} from './password-tries.ts'
import type {Concatenation} from './split-password.ts'
import {texts} from './texts.ts'

/** [radius_server_concat]: password and factor in one, always. Only the first part is ever tried as a password. */
export function concatMode(parts: LoginParts, concatenation: Concatenation): readonly Step[] {
  const afterPrimary = [exemptUser(parts), primaryOnly(parts), directFactor(parts, {factors: []})]
  return [
    answerChallenge(parts, afterPrimary),
    joinRetries(parts, [
      needBothParts(concatenation),
      guardPassword(parts),
      checkPrimary(parts, (login) => [tryOfParts(login, concatenation) ?? asTyped(login)[0]]),
      ...afterPrimary,
    ]),
  ]
}

function needBothParts(concatenation: Concatenation): Step {
  return async (login) => {
    if (login.password === undefined || login.password.isEmpty) return refuse(texts.noPasswordProvided)
    return tryOfParts(login, concatenation) === undefined ? refuse(texts.invalidPassword) : undefined
  }
}

function refuse(message: string) {
  return reject(message, {reason: 'bad-request', stage: 'Unknown'})
}
