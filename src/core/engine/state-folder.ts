import {chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {MainOptions} from '../config/schema.ts'
import type {Log} from '../log/log.ts'
import {openJournal} from '../login/journal.ts'
import {MemoryStore} from '../login/memory-store.ts'
import {LatchMemory, type LatchStore} from '../radius/latch.ts'
import {openLatchFile} from '../radius/latch-file.ts'
import type {Secret} from '../secret.ts'
import type {World} from '../world.ts'

export type StateFolder = {
  /** Keys of the sealed State, the current one first. */
  readonly keys: readonly [Buffer, ...Buffer[]]
  readonly store: MemoryStore
  readonly latches: LatchStore
  /** Whether it is known which States were used before this start: else none of them may be used any more. */
  readonly knowsPast: boolean
}

const KEY_OCTETS = 32

/**
 * Opens what must outlive a restart: the State key (unless the configuration has one), the journal of used States and
 * the latches. When the folder cannot be used the service runs on with memory alone: then States that were sealed before
 * a start do not open after it, since none may be used twice.
 */
export function openStateFolder(
  path: string | undefined,
  main: Pick<MainOptions, 'state_key' | 'state_key_previous' | 'state_store'>,
  log: Log,
  world: World,
): StateFolder {
  const configured = main.state_key && secretKey(main.state_key)
  const previous = main.state_key_previous === undefined ? [] : [secretKey(main.state_key_previous)]
  // A shared store remembers in the journal's place.
  const isShared = main.state_store !== undefined
  if (path === undefined) return volatile()
  try {
    mkdirSync(path, {recursive: true, mode: 0o700})
    chmodSync(path, 0o700)
    const keyFile = join(path, 'state.key')
    const latches = openLatchFile(join(path, 'latches'), world)
    const {journal, past, knowsPast} = openJournal(join(path, 'journal'), world.wallMs, (error) => {
      // What is used from now on is not on record: a key that outlives this process would make it usable again.
      rmSync(keyFile, {force: true})
      log.emit('state.journal.failed', {error: error.message})
    })
    const key = configured ?? ownKey(keyFile, world)
    const store = new MemoryStore(world, journal, past)
    return {keys: [key, ...previous], store, latches, knowsPast: knowsPast || isShared}
  } catch (error) {
    log.emit('state.folder.unusable', {path, error: error instanceof Error ? error.message : String(error)})
    return volatile()
  }

  function volatile(): StateFolder {
    const key = configured ?? world.randomBytes(KEY_OCTETS)
    const store = new MemoryStore(world)
    return {keys: [key, ...previous], store, latches: new LatchMemory(world), knowsPast: isShared}
  }
}

function secretKey(secret: Secret): Buffer {
  return Buffer.from(secret.reveal(), 'utf8')
}

/** The key made at the first start, readable by the service alone. It works on this node only. */
function ownKey(path: string, world: World): Buffer {
  try {
    const key = Buffer.from(readFileSync(path, 'latin1').trim(), 'base64url')
    if (key.length === KEY_OCTETS) return key
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const key = world.randomBytes(KEY_OCTETS)
  writeFileSync(path, `${key.toString('base64url')}\n`, {mode: 0o600})
  chmodSync(path, 0o600)
  return key
}
