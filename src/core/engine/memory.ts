import type {MainOptions} from '../config/schema.ts'
import type {Log} from '../log/log.ts'
import {createGuards, type LoginGuards} from '../login/guards.ts'
import {INSTANCE_OCTETS} from '../login/sealed-state.ts'
import type {Joins} from '../login/shared-work.ts'
import type {StateStore} from '../login/state-store.ts'
import type {LatchStore} from '../radius/latch.ts'
import {type Places, RequestPlaces} from '../radius/request-places.ts'
import type {World} from '../world.ts'
import {PENDING_LIMITS} from './listener.ts'
import {openStateFolder} from './state-folder.ts'
import {openStore} from './store.ts'

/** What a service remembers from login to login, whatever its configuration, and however many processes serve it. */
export type Memory = {
  /** Keys of the sealed State, the current one first. */
  readonly keys: readonly [Buffer, ...Buffer[]]
  /** Tells the States of this service from those of others, and of earlier runs. */
  readonly instance: Buffer
  /** Wall clock: nothing is known of the States that others sealed before it. */
  readonly refuseSealedBeforeMs: number
  readonly store: StateStore
  readonly guards: LoginGuards
  readonly latches: LatchStore
  /** Those of the listener with this name. */
  readonly places: (listener: string) => Places
  /** Left out where one process does all the work. */
  readonly joins?: Joins
  readonly pendingPushes: () => number
}

/** Opens the state folder, and the store that `state_store` names. */
export async function openMemory(
  stateDir: string | undefined,
  main: MainOptions,
  log: Log,
  world: World,
): Promise<Memory> {
  const folder = openStateFolder(stateDir, main, log, world)
  return {
    keys: folder.keys,
    instance: world.randomBytes(INSTANCE_OCTETS),
    refuseSealedBeforeMs: folder.knowsPast ? 0 : world.wallMs(),
    store: await openStore(folder, main, log, world),
    guards: createGuards(world),
    latches: folder.latches,
    places: () => new RequestPlaces(world, PENDING_LIMITS),
    pendingPushes: () => folder.store.sizes.pushes,
  }
}
