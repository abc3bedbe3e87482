import {closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync} from 'node:fs'

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

/** Beyond this size the next start is enough of a reason; a running process compacts by rewriting what is alive. */
const COMPACT_OCTETS = 32 * 1024 * 1024

/**
 * Opens the journal of a state folder: reads what an earlier process left, drops what has expired, and goes on writing.
 * @param onFailure called once when a line cannot be written: from then on single use does not outlive this process.
 * @throws the system's error when the file cannot be read or written at all.
 */
export function openJournal(
  path: string,
  wallMs: () => number,
  onFailure: (error: Error) => void,
): {journal: Journal; past: readonly JournalEntry[]} {
  let past = alive(readEntries(path), wallMs())
  let size = 0
  let descriptor = rewrite(past)
  let failed = false

  function rewrite(entries: readonly JournalEntry[]): number {
    const fresh = openSync(`${path}.new`, 'w', 0o600)
    const text = entries.map(line).join('')
    writeSync(fresh, text)
    fsyncSync(fresh)
    renameSync(`${path}.new`, path)
    size = text.length
    return fresh
  }

  const journal: Journal = {
    append(entry) {
      if (failed) return
      try {
        const text = line(entry)
        writeSync(descriptor, text)
        size += text.length
        if (size > COMPACT_OCTETS) {
          const kept = alive(readEntries(path), wallMs())
          const old = descriptor
          descriptor = rewrite(kept)
          closeSync(old)
        }
      } catch (error) {
        failed = true
        onFailure(error instanceof Error ? error : new Error(String(error)))
      }
    },
    close() {
      failed = true
      closeSync(descriptor)
    },
  }
  const result = {journal, past}
  past = []
  return result
}

function readEntries(path: string): JournalEntry[] {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  const entries: JournalEntry[] = []
  for (const each of text.split('\n')) {
    const entry = parse(each)
    if (entry !== undefined) entries.push(entry)
  }
  return entries
}

/** What still matters: entries that have not expired, and the lines that belong to them. */
function alive(entries: readonly JournalEntry[], nowMs: number): JournalEntry[] {
  const claims = new Set<string>()
  return entries.filter((entry) => {
    if (entry.kind === 'claim' && entry.expiresWallMs > nowMs) claims.add(entry.nonce)
    if (entry.kind === 'record') return entry.expiresWallMs > nowMs
    return claims.has(entry.nonce)
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

/** A last line torn by a crash, or a damaged one, is nothing. */
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
