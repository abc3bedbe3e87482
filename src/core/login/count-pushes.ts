import type {Login} from './login.ts'
import type {LoginParts} from './parts.ts'
import {personOf} from './person.ts'
import type {Hold} from './push-guard.ts'
import type {FactorResult} from './second-factor.ts'

/** True while this user needs a passcode, because of what became of earlier pushes. */
export async function isPushWithheld(parts: LoginParts, login: Login): Promise<boolean> {
  const hold = await parts.guards.pushes.hold(guardedPerson(parts, login), parts.policy.pushGuard)
  report(parts, login, hold, 'denied or left unanswered')
  return hold !== undefined
}

export async function countPush(parts: LoginParts, login: Login): Promise<void> {
  await parts.guards.pushes.sent(guardedPerson(parts, login), parts.policy.pushGuard)
}

/** What became of a push. Only the person's own no, and silence, count against the next one. */
export async function countPushResult(parts: LoginParts, login: Login, result: FactorResult): Promise<void> {
  const person = guardedPerson(parts, login)
  const denial = result.kind === 'deny' ? result.reason : undefined
  if (denial === 'fraud') {
    report(parts, login, await parts.guards.pushes.fraud(person, parts.policy.pushGuard), 'reported as fraud')
  } else if (denial !== 'denied' && denial !== 'timeout') {
    await parts.guards.pushes.takeBack(person)
  } else {
    report(parts, login, await parts.guards.pushes.hold(person, parts.policy.pushGuard), 'denied or left unanswered')
  }
}

function report({log}: LoginParts, login: Login, hold: Hold | undefined, why: string): void {
  if (hold === undefined || !hold.begins) return
  const minutes = Math.ceil(hold.remainingMs / 60_000)
  log.emit('login.pushes.withheld', {userName: login.userName, why, minutes}, login.reference)
}

function guardedPerson({policy}: LoginParts, login: Login): string {
  return `${policy.ikey} ${personOf(login.userName)}`
}
