import type {World} from '../world.ts'
import {PasswordGuard} from './password-guard.ts'
import {PushGuard} from './push-guard.ts'

/**
 * What is known of users and addresses: it outlives a reload, and is the same for all sections. Another process may keep it:
 * whoever asks waits for the answer.
 */
export type LoginGuards = {readonly pushes: Asked<PushGuard>; readonly passwords: Asked<PasswordGuard>}

type Asked<Guard> = {
  readonly [Name in Exclude<keyof Guard, 'sizes'>]: Guard[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Answer | Promise<Answer>
    : never
}

export function createGuards(world: World): {readonly pushes: PushGuard; readonly passwords: PasswordGuard} {
  return {pushes: new PushGuard(world), passwords: new PasswordGuard(world)}
}
