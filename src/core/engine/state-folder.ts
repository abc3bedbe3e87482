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
 * the latches. What cannot be used is memory alone in this process, and an error in the log: without the journal States
 * that were sealed before a start do not open after it, since none may be used twice.
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
  const latches = path === undefined ? new LatchMemory(world) : keptLatches(path, log, world)
  if (path === undefined) return volatile()
  try {
    makePrivate(path)
    const keyFile = join(path, 'state.key')
    const {journal, past, knowsPast} = openJournal(join(path, 'journal'), world, (error) => {
      // What is used from now on is not on record: a key that outlives this process would make it usable again.
      rmSync(keyFile, {force: true})
      log.emit('state.journal.failed', {error: error.message})
    })
    const key = configured ?? ownKey(keyFile, world)
    const store = new MemoryStore(world, journal, past)
    return {keys: [key, ...previous], store, latches, knowsPast: knowsPast || isShared}
  } catch (error) {
    log.emit('state.folder.unusable', {path, error: errorText(error)})
    return volatile()
  }

  function volatile(): StateFolder {
    const key = configured ?? world.randomBytes(KEY_OCTETS)
    const store = new MemoryStore(world)
    return {keys: [key, ...previous], store, latches, knowsPast: isShared}
  }
}

/**
 * The latches of earlier processes; without them all the same. To refuse to start would let a damaged file keep everybody
 * out, and who sends forged requests cannot damage it (docs/decisions/0007-latches.md).
 */
function keptLatches(folder: string, log: Log, world: World): LatchStore {
  const path = join(folder, 'latches')
  try {
    makePrivate(folder)
    return openLatchFile(path, world)
  } catch (error) {
    log.emit('state.latches.unusable', {path, error: errorText(error)})
    return new LatchMemory(world)
  }
}

function makePrivate(folder: string): void {
  mkdirSync(folder, {recursive: true, mode: 0o700})
  chmodSync(folder, 0o700)
}

/** A Fault says what could not be done, its cause why. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
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
