import {closeSync, constants, fchmodSync, fsyncSync, openSync, readFileSync, renameSync, writeSync} from 'node:fs'
import {Fault} from '../fault.ts'
import {type Latch, LatchMemory, type LatchRecord, type LatchSet, type LatchStore, latchNames} from './latch.ts'

/**
 * Latches that a restart keeps, in an append-only file that only its owner may read and write. A latch is set once in
 * the life of a client, so that the short synchronous write costs nothing. One process at a time. Faults when the file cannot be read or
 * written: to start without its latches lowers the guard, which must not happen in silence.
 */
export function openLatchFile(path: string, world: {readonly wallMs: () => number}): LatchFile {
  const memory = new LatchMemory(world)
  for (const change of readChanges(path)) {
    if (change.kind === 'set') memory.restore(change.record)
    else memory.clear(change.address)
  }
  return new LatchFile(memory, rewrite(path, memory.list()), world)
}

export class LatchFile implements LatchStore {
  readonly #memory: LatchMemory
  readonly #world: {readonly wallMs: () => number}
  #descriptor: number | undefined
  #torn = false

  constructor(memory: LatchMemory, descriptor: number, world: {readonly wallMs: () => number}) {
    this.#memory = memory
    this.#descriptor = descriptor
    this.#world = world
  }

  has(latch: Latch, address: string): boolean {
    return this.#memory.has(latch, address)
  }

  set(latch: Latch, address: string): LatchSet {
    if (this.#memory.has(latch, address)) return 'set'
    const record = {latch, address, sinceMs: this.#world.wallMs()}
    if (this.#memory.restore(record) === 'full') return 'full'
    return this.#append(setLine(record)) ? 'set' : 'unwritten'
  }

  clear(address: string): boolean {
    if (!this.#memory.clear(address)) return false
    this.#append(`clear ${address}\n`)
    return true
  }

  list(): readonly LatchRecord[] {
    return this.#memory.list()
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #append(line: string): boolean {
    if (this.#descriptor === undefined) return false
    try {
      // A write that failed half way, on a full disk, left a line that must not swallow this one.
      const whole = this.#torn ? `\n${line}` : line
      this.#torn = writeSync(this.#descriptor, whole) < whole.length
    } catch {
      this.#torn = true
    }
    return !this.#torn
  }
}

const {O_WRONLY, O_CREAT, O_TRUNC, O_APPEND} = constants

type Change = {kind: 'set'; record: LatchRecord} | {kind: 'clear'; address: string}

function readChanges(path: string): Change[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (isMissing(cause)) return []
    throw new Fault('file-unreadable', `cannot read the latches of RADIUS clients in ${path}`, {cause})
  }
  // What is behind the last newline was cut by the end of a process, and was not acknowledged.
  return text.split('\n').slice(0, -1).flatMap(parseChange)
}

function setLine({address, latch, sinceMs}: LatchRecord): string {
  return `set ${address} ${latch} ${sinceMs}\n`
}

function parseChange(line: string): Change[] {
  const [verb, address = '', name, since] = line.split(' ')
  if (address === '') return []
  if (verb === 'clear') return [{kind: 'clear', address}]
  const latch = latchNames.find((known) => known === name)
  if (verb !== 'set' || latch === undefined) return []
  return [{kind: 'set', record: {address, latch, sinceMs: Number(since) || 0}}]
}

/** Writes the latches that hold as a new file, which takes the place of the old one in one step; gives its descriptor. */
function rewrite(path: string, records: readonly LatchRecord[]): number {
  const fresh = `${path}.new`
  try {
    const descriptor = openSync(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
    // A file left by an earlier attempt keeps the mode it had.
    fchmodSync(descriptor, 0o600)
    writeSync(descriptor, records.map(setLine).join(''))
    fsyncSync(descriptor)
    renameSync(fresh, path)
    return descriptor
  } catch (cause) {
    throw new Fault('file-unwritable', `cannot write the latches of RADIUS clients to ${path}`, {cause})
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
