import {readAnswer} from './answer-text.ts'
import type {Login} from './login.ts'
import type {LoginParts} from './parts.ts'
import {personOf} from './person.ts'
import type {FactorMap} from './second-factor.ts'
import type {PushPlace} from './state-store.ts'

/** The place on the phone that a push of this login takes: one for each person and integration. */
export function pushPlace({policy, states}: LoginParts, login: Login): PushPlace {
  login.facts.place ??= states.placeName(`${policy.ikey} ${personOf(login.userName)}`)
  return {place: login.facts.place, holder: login.id}
}

/** Whether this answer makes a phone ring. */
export function isOnPhone(typed: string, factors: FactorMap): boolean {
  const {kind} = readAnswer(typed, factors)
  return kind === 'push' || kind === 'phone'
}
