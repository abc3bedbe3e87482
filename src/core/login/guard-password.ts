import {type Login, reject, type Step} from './login.ts'
import type {LoginParts} from './parts.ts'
import type {PrimaryRejectReason} from './primary-authenticator.ts'
import {texts} from './texts.ts'

/** Refuses a try that would only help a guesser, before the primary server hears of it. */
export function guardPassword({guards, policy}: LoginParts): Step {
  return async (login) =>
    (await guards.passwords.admits(login, policy.passwordGuard))
      ? undefined
      : reject(texts.tooManyTries, {reason: 'password-guarded', stage: 'Primary authentication'})
}

/** Counts what the primary server refused, when it was a guess and not the right password of an account with a problem. */
export async function countRefusal(
  {guards, policy, log}: LoginParts,
  login: Login,
  reason: PrimaryRejectReason,
): Promise<void> {
  if (!guesses.has(reason)) return
  for (const {name, failures} of await guards.passwords.failed(login, policy.passwordGuard)) {
    const minutes = Math.round(policy.passwordGuard.windowMs / 60_000)
    log.emit('login.passwords.guessed', {who: name, failures, minutes}, login.reference)
  }
}

const guesses: ReadonlySet<PrimaryRejectReason> = new Set([
  'no-such-user',
  'ambiguous-user',
  'wrong-password',
  'account-locked',
  'bad-user-name',
  'rejected',
])
