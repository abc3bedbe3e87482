import {chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
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
}

const KEY_OCTETS = 32

/**
 * Opens what must outlive a restart: the State key (unless the configuration has one), the journal of used States and
 * the latches. When the folder cannot be used the service runs on with memory alone and a key of its own, which a
 * restart forgets: then no State outlives it, and none can be used twice.
 */
export function openStateFolder(
  path: string | undefined,
  configured: {readonly key: Secret | undefined; readonly previous: Secret | undefined},
  log: Log,
  world: World,
): StateFolder {
  const previous = configured.previous === undefined ? [] : [secretKey(configured.previous)]
  if (path === undefined) return volatile()
  try {
    mkdirSync(path, {recursive: true, mode: 0o700})
    chmodSync(path, 0o700)
    const keyFile = join(path, 'state.key')
    const latches = openLatchFile(join(path, 'latches'), world)
    const {journal, past} = openJournal(join(path, 'journal'), world.wallMs, (error) => {
      // What is used from now on is not on record: a key that outlives this process would make it usable again.
      rmSync(keyFile, {force: true})
      log.emit('state.journal.failed', {error: error.message})
    })
    const key = configured.key === undefined ? ownKey(keyFile, world) : secretKey(configured.key)
    return {keys: [key, ...previous], store: new MemoryStore(world, journal, past), latches}
  } catch (error) {
    log.emit('state.folder.unusable', {path, error: error instanceof Error ? error.message : String(error)})
    return volatile()
  }

  /** Without a journal a configured key must not be used as it is: an old State could be used again after a restart. */
  function volatile(): StateFolder {
    return {keys: [world.randomBytes(KEY_OCTETS)], store: new MemoryStore(world), latches: new LatchMemory(world)}
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
