import {Secret} from '../secret.ts'
import type {Login} from './login.ts'
import type {Credentials} from './primary-authenticator.ts'
import {type Concatenation, splitPassword} from './split-password.ts'

/** What to give the primary server, and what the user has typed behind it for the second factor. */
export type PasswordTry = {readonly credentials: Credentials; readonly choice: string | undefined}

/** One try, and one that may follow when the first was not the password. */
export type PasswordTries = (login: Login) => readonly [PasswordTry, PasswordTry?]

/**
 * What is tried when a password has the look of password and factor in one:
 * - part-first: the part before the delimiter, then the whole text
 * - whole-first: the whole text, then the part
 * - once: one of the two, by what the rest looks like. Every wrong try counts in a directory, and one login must not
 *   count twice towards locking the account.
 */
export type TryOrder = 'part-first' | 'whole-first' | 'once'

/** The password as it was typed, or what the NAS sent in its place. */
export function asTyped({password, chap}: Login): readonly [PasswordTry] {
  return [{credentials: chap ?? {kind: 'password', password: password ?? new Secret('')}, choice: undefined}]
}

/** The password with a factor behind it, or without. */
export function concatenated(concatenation: Concatenation, order: TryOrder): PasswordTries {
  return (login) => {
    const [whole] = asTyped(login)
    const split = login.password && splitPassword(login.password.reveal(), concatenation)
    if (split === undefined || split.password === '') return [whole]
    const part = tryOf(split.password, split.factor)
    if (order === 'once') return [looksLikeFactor(split.factor) ? part : whole]
    return order === 'part-first' ? [part, whole] : [whole, part]
  }
}

/** The part before the delimiter and nothing else; undefined when one of the parts is missing. */
export function tryOfParts({password}: Login, concatenation: Concatenation): PasswordTry | undefined {
  const split = password && splitPassword(password.reveal(), concatenation)
  return split === undefined || split.password === '' || split.factor === ''
    ? undefined
    : tryOf(split.password, split.factor)
}

function tryOf(password: string, factor: string): PasswordTry {
  return {
    credentials: {kind: 'password', password: new Secret(password)},
    choice: factor === '' ? undefined : factor,
  }
}

/** A factor's name, a passcode of digits, or what a YubiKey types. */
function looksLikeFactor(text: string): boolean {
  return /^(?:(?:auto|push|phone|sms)\d{0,3}|\d+|[cbdefghijklnrtuv]{32,48})$/i.test(text.trim())
}
