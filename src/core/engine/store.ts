import {readFileSync} from 'node:fs'
import type {MainOptions} from '../config/schema.ts'
import {Fault} from '../fault.ts'
import type {Log} from '../log/log.ts'
import {SealedValues} from '../login/sealed-value.ts'
import {SharedStore} from '../login/shared-store.ts'
import type {StateStore} from '../login/state-store.ts'
import {parseStoreUrl} from '../store/store-url.ts'
import type {World} from '../world.ts'
import type {StateFolder} from './state-folder.ts'

/** The store of this node alone, or the one that `state_store` names with this node's own behind it. */
export async function openStore(folder: StateFolder, main: MainOptions, log: Log, world: World): Promise<StateStore> {
  if (main.state_store === undefined) return folder.store
  const parsed = parseStoreUrl(main.state_store.reveal())
  if (!parsed.ok) throw new Fault('config-invalid', `state_store is no address of a store: ${parsed.reason}`)
  const {openRedis} = await import('../store/redis-register.ts')
  const ca = main.state_store_ca_certs_file === undefined ? undefined : readText(main.state_store_ca_certs_file)
  const register = await openRedis(parsed.address, ca)
  return new SharedStore(folder.store, register, new SealedValues(folder.keys, world), log, world)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('file-unreadable', `cannot read the certificate authorities of ${path}`, {cause})
  }
}
