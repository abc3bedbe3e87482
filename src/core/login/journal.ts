import {closeSync, openSync, readFileSync, renameSync, rmSync, writeSync} from 'node:fs'
import type {World} from '../world.ts'
import {CLAIM_LIFE_MS, type PushPlace} from './state-store.ts'

/** One line of the journal: what a process must still know after it was killed. No password, no passcode, no user name. */
export type JournalEntry =
  | {
      readonly kind: 'claim'
      readonly nonce: string
      readonly answer: string
      readonly expiresWallMs: number
      readonly mayTake?: PushPlace
    }
  | {readonly kind: 'transaction'; readonly nonce: string; readonly transactionId: string}
  /** `holdsPlace`: the State is used up, and the push that its claim had in mind is still out. */
  | {readonly kind: 'decided'; readonly nonce: string; readonly holdsPlace?: true}
  /** A sealed challenge that did not fit its State, or what a login without State has come to. */
  | {
      readonly kind: 'record'
      readonly nonce: string
      readonly record: Buffer
      readonly expiresWallMs: number
      readonly mayTake?: PushPlace
    }

export type Journal = {
  /** Returns when the kernel has the line: it survives kill -9, not a power loss. Never throws. */
  readonly append: (entry: JournalEntry) => void
  readonly close: () => void
}

export type OpenedJournal = {
  readonly journal: Journal
  readonly past: readonly JournalEntry[]
  /**
   * False at the first start, and after a journal that failed: which States were used before is not known then, so none
   * that was sealed before may be opened (SealedState's `refuseSealedBeforeMs`).
   */
  readonly knowsPast: boolean
}

/** A file of this size is turned as soon as the one before it holds nothing that is alive. */
const TURN_OCTETS = 1024 * 1024

/**
 * Opens the journal of a state folder: reads what an earlier process left, drops what has expired, and goes on writing.
 * There are two files, `path` and `path.old`: nothing lives longer than a few minutes, so the older one is dropped whole,
 * and a running service never stands still to rewrite a file.
 * @param onFailure called once when a line cannot be written: from then on single use does not outlive this process.
 *   The files are removed, so that the next start knows that it does not know.
 * @throws the system's error when the file cannot be read or written at all.
 */
export function openJournal(
  path: string,
  world: Pick<World, 'wallMs' | 'monotonicMs'>,
  onFailure: (error: Error) => void,
  turnOctets = TURN_OCTETS,
): OpenedJournal {
  const oldPath = `${path}.old`
  const before = [readEntries(oldPath), readEntries(path)]
  const past = alive(
    before.flatMap((entries) => entries ?? []),
    world.wallMs(),
  )
  let descriptor: number | undefined = createFile(`${path}.new`)
  let size = 0
  /** When all entries of the file, and of the one before it, have expired: no jump of the wall clock may change that. */
  let expiresMs = 0
  let oldExpiresMs = 0
  try {
    write(descriptor, past)
    renameSync(`${path}.new`, path)
    rmSync(oldPath, {force: true})
  } catch (error) {
    close()
    throw error
  }

  function write(file: number, entries: readonly JournalEntry[]): void {
    const text = entries.map(line).join('')
    const written = writeSync(file, text, null, 'latin1')
    // A full disk takes a part of a line and reports no error.
    if (written < text.length) throw new Error(`only ${written} of ${text.length} octets could be written`)
    size += written
    for (const entry of entries) {
      if (!('expiresWallMs' in entry)) continue
      const lifeMs = Math.min(entry.expiresWallMs - world.wallMs(), CLAIM_LIFE_MS)
      expiresMs = Math.max(expiresMs, world.monotonicMs() + lifeMs)
    }
  }

  function turn(): void {
    close()
    renameSync(path, oldPath)
    descriptor = createFile(path)
    oldExpiresMs = expiresMs
    expiresMs = 0
    size = 0
  }

  function close(): void {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }

  function fail(error: unknown): void {
    close()
    try {
      rmSync(path, {force: true})
      rmSync(oldPath, {force: true})
    } catch {
      // Where they cannot even be removed, the next start cannot write them either, and says so.
    }
    onFailure(error instanceof Error ? error : new Error(String(error)))
  }

  const journal: Journal = {
    append(entry) {
      if (descriptor === undefined) return
      try {
        if (size >= turnOctets && oldExpiresMs <= world.monotonicMs()) turn()
        write(descriptor, [entry])
      } catch (error) {
        fail(error)
      }
    },
    close,
  }
  return {journal, past, knowsPast: before.some((entries) => entries !== undefined)}
}

/** For the service alone, whatever stood there. */
function createFile(path: string): number {
  rmSync(path, {force: true})
  return openSync(path, 'wx', 0o600)
}

/** Undefined when there is no file. */
function readEntries(path: string): JournalEntry[] | undefined {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const entries: JournalEntry[] = []
  // What follows the last line feed was torn by a crash: half a transaction id is none.
  for (const each of text.split('\n').slice(0, -1)) {
    const entry = parse(each)
    if (entry !== undefined) entries.push(entry)
  }
  return entries
}

/** What still matters: claims that have not expired with the lines that belong to them, and records still to be used. */
function alive(entries: readonly JournalEntry[], nowMs: number): JournalEntry[] {
  const claims = new Set<string>()
  const decided = new Set<string>()
  for (const entry of entries) {
    if (entry.kind === 'claim' && entry.expiresWallMs > nowMs) claims.add(entry.nonce)
    if (entry.kind === 'decided') decided.add(entry.nonce)
  }
  return entries.filter((entry) => {
    if (entry.kind === 'record') return entry.expiresWallMs > nowMs && !decided.has(entry.nonce)
    return claims.has(entry.nonce) && (entry.kind !== 'transaction' || !decided.has(entry.nonce))
  })
}

function line(entry: JournalEntry): string {
  switch (entry.kind) {
    case 'claim':
      return `c ${entry.nonce} ${entry.expiresWallMs} ${entry.answer}${placeText(entry.mayTake)}\n`
    case 'transaction':
      return `t ${entry.nonce} ${Buffer.from(entry.transactionId, 'utf8').toString('base64url')}\n`
    case 'decided':
      return `d ${entry.nonce}${entry.holdsPlace === true ? ' held' : ''}\n`
    case 'record':
      return `r ${entry.nonce} ${entry.expiresWallMs} ${entry.record.toString('base64url')}${placeText(entry.mayTake)}\n`
  }
}

/** Behind everything else: who knows nothing of places reads the line all the same. */
function placeText(push: PushPlace | undefined): string {
  return push === undefined ? '' : ` ${push.place} ${push.holder}`
}

/** A damaged line is nothing. */
function parse(text: string): JournalEntry | undefined {
  const [kind, nonce = '', third = '', fourth = '', place = '', holder = ''] = text.split(' ')
  if (!/^[\w-]{16}$/.test(nonce)) return undefined
  const expiresWallMs = Number(third)
  // A place that was damaged is none, but the State in front of it stays used.
  const taking = /^[\w-]{16}$/.test(place) && /^[\da-f]{12}$/.test(holder) ? {mayTake: {place, holder}} : {}
  if (kind === 'c' && Number.isFinite(expiresWallMs) && fourth.length === 43) {
    return {kind: 'claim', nonce, answer: fourth, expiresWallMs, ...taking}
  }
  if (kind === 't') return {kind: 'transaction', nonce, transactionId: Buffer.from(third, 'base64url').toString('utf8')}
  if (kind === 'd') return {kind: 'decided', nonce, ...(third === 'held' ? {holdsPlace: true} : {})}
  const record = Buffer.from(fourth, 'base64url')
  if (kind === 'r' && Number.isFinite(expiresWallMs) && record.length > 0) {
    return {kind: 'record', nonce, record, expiresWallMs, ...taking}
  }
  return undefined
}
