import type {World} from '../world.ts'
import {PasswordGuard} from './password-guard.ts'
import {PushGuard} from './push-guard.ts'

/** What is known of users and addresses: it outlives a reload, and is the same for all sections. */
export type LoginGuards = {readonly pushes: PushGuard; readonly passwords: PasswordGuard}

export function createGuards(world: World): LoginGuards {
  return {pushes: new PushGuard(world), passwords: new PasswordGuard(world)}
}
