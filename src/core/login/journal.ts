import {closeSync, fchmodSync, openSync, readFileSync, renameSync, rmSync, writeSync} from 'node:fs'

/** One line of the journal: what a process must still know after it was killed. No password, no passcode. */
export type JournalEntry =
  | {readonly kind: 'claim'; readonly nonce: string; readonly answer: string; readonly expiresWallMs: number}
  | {readonly kind: 'transaction'; readonly nonce: string; readonly transactionId: string}
  | {readonly kind: 'decided'; readonly nonce: string}
  /** A sealed challenge that did not fit its State. */
  | {readonly kind: 'record'; readonly nonce: string; readonly record: Buffer; readonly expiresWallMs: number}

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

/** A journal that has grown by this much since it was last rewritten is rewritten with what is alive. */
const COMPACT_OCTETS = 8 * 1024 * 1024

/**
 * Opens the journal of a state folder: reads what an earlier process left, drops what has expired, and goes on writing.
 * @param onFailure called once when a line cannot be written: from then on single use does not outlive this process.
 *   The file is removed, so that the next start knows that it does not know.
 * @throws the system's error when the file cannot be read or written at all.
 */
export function openJournal(
  path: string,
  wallMs: () => number,
  onFailure: (error: Error) => void,
  compactOctets = COMPACT_OCTETS,
): OpenedJournal {
  const before = readEntries(path)
  const past = alive(before ?? [], wallMs())
  let descriptor: number | undefined
  let size = 0
  let compactAt = 0
  rewrite(past)

  function rewrite(entries: readonly JournalEntry[]): void {
    const fresh = `${path}.new`
    rmSync(fresh, {force: true})
    const opened = openSync(fresh, 'wx', 0o600)
    try {
      fchmodSync(opened, 0o600)
      size = writeWhole(opened, entries.map(line).join(''))
      // Windows replaces no file that is open.
      closeCurrent()
      renameSync(fresh, path)
    } catch (error) {
      closeSync(opened)
      throw error
    }
    descriptor = opened
    compactAt = size + compactOctets
  }

  function closeCurrent(): void {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }

  function fail(error: unknown): void {
    closeCurrent()
    try {
      rmSync(path, {force: true})
    } catch {
      // Where it cannot even be removed, the next start cannot write it either, and says so.
    }
    onFailure(error instanceof Error ? error : new Error(String(error)))
  }

  const journal: Journal = {
    append(entry) {
      if (descriptor === undefined) return
      try {
        size += writeWhole(descriptor, line(entry))
        if (size > compactAt) rewrite(alive(readEntries(path) ?? [], wallMs()))
      } catch (error) {
        fail(error)
      }
    },
    close: closeCurrent,
  }
  return {journal, past, knowsPast: before !== undefined}
}

/** A full disk takes a part of a line and reports no error. */
function writeWhole(descriptor: number, text: string): number {
  const octets = Buffer.from(text, 'latin1')
  const written = writeSync(descriptor, octets)
  if (written < octets.length) throw new Error(`only ${written} of ${octets.length} octets could be written`)
  return written
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
      return `c ${entry.nonce} ${entry.expiresWallMs} ${entry.answer}\n`
    case 'transaction':
      return `t ${entry.nonce} ${Buffer.from(entry.transactionId, 'utf8').toString('base64url')}\n`
    case 'decided':
      return `d ${entry.nonce}\n`
    case 'record':
      return `r ${entry.nonce} ${entry.expiresWallMs} ${entry.record.toString('base64url')}\n`
  }
}

/** A damaged line is nothing. */
function parse(text: string): JournalEntry | undefined {
  const [kind, nonce = '', third = '', fourth = ''] = text.split(' ')
  if (!/^[\w-]{16}$/.test(nonce)) return undefined
  const expiresWallMs = Number(third)
  if (kind === 'c' && Number.isFinite(expiresWallMs) && fourth.length === 43) {
    return {kind: 'claim', nonce, answer: fourth, expiresWallMs}
  }
  if (kind === 't') return {kind: 'transaction', nonce, transactionId: Buffer.from(third, 'base64url').toString('utf8')}
  if (kind === 'd') return {kind: 'decided', nonce}
  if (kind === 'r' && Number.isFinite(expiresWallMs) && fourth !== '') {
    return {kind: 'record', nonce, record: Buffer.from(fourth, 'base64url'), expiresWallMs}
  }
  return undefined
}
