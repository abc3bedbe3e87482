import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import fc from 'fast-check'
import {type JournalEntry, openJournal} from '../../src/core/login/journal.ts'
import {ManualWorld} from '../support/manual-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'authproxy-journal-'))
after(() => rmSync(folder, {recursive: true}))

let files = 0
const newPath = () => join(folder, `journal-${++files}`)

const nowMs = 1_800_000_000_000
const nonceOf = (n: number) => Buffer.from(n.toString(16).padStart(24, '0'), 'hex').toString('base64url')
const answer = Buffer.alloc(32, 9).toString('base64url')

function claim(n: number, expiresWallMs = nowMs + 1000): JournalEntry & {kind: 'claim'} {
  return {kind: 'claim', nonce: nonceOf(n), answer, expiresWallMs}
}
const transaction = (n: number): JournalEntry => ({
  kind: 'transaction',
  nonce: nonceOf(n),
  transactionId: `tx ünï ${n}`,
})
const decided = (n: number): JournalEntry => ({kind: 'decided', nonce: nonceOf(n)})
function record(n: number, expiresWallMs = nowMs + 1000): JournalEntry & {kind: 'record'} {
  return {kind: 'record', nonce: nonceOf(n), record: Buffer.alloc(300, n), expiresWallMs}
}

const mayTake = {place: nonceOf(77), holder: '0123456789ab'}

function unexpected(error: Error): never {
  throw error
}

function open(path: string, clock = () => nowMs, onFailure: (error: Error) => void = unexpected, turn?: number) {
  return openJournal(path, {wallMs: clock, monotonicMs: clock}, onFailure, turn)
}

/** What another process would find; reading it changes nothing for the one that writes. */
function copyOf(path: string): string {
  const copy = newPath()
  for (const end of ['', '.old']) if (existsSync(path + end)) copyFileSync(path + end, copy + end)
  return copy
}

function write(path: string, entries: readonly JournalEntry[]): void {
  const {journal} = open(path)
  for (const entry of entries) journal.append(entry)
  journal.close()
}

test('what was appended is there for the next process, without a close', () => {
  const path = newPath()
  const entries: readonly JournalEntry[] = [
    record(2),
    claim(1),
    transaction(1),
    claim(2),
    claim(3),
    decided(3),
    {...claim(4), mayTake},
    {...record(5), mayTake},
    {kind: 'decided', nonce: nonceOf(4), holdsPlace: true},
  ]
  const first = open(path)
  assert.deepEqual([first.past, first.knowsPast], [[], false])
  for (const entry of entries) first.journal.append(entry)
  const second = open(path)
  assert.deepEqual(second.past, entries)
  assert.equal(second.knowsPast, true)
  second.journal.close()
  first.journal.close()
})

test('the file is for the service alone, whatever was there before', () => {
  const path = newPath()
  writeFileSync(path, '', {mode: 0o644})
  writeFileSync(`${path}.new`, 'left by a crash', {mode: 0o666})
  chmodSync(`${path}.new`, 0o666)
  write(path, [claim(1)])
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(open(path).past, [claim(1)])
})

test('a start drops what has expired, and what belongs to a decided login', () => {
  const path = newPath()
  write(path, [
    claim(1, nowMs),
    transaction(1),
    claim(2),
    record(2),
    transaction(2),
    decided(2),
    record(3, nowMs),
    record(4),
    decided(5),
  ])
  assert.deepEqual(open(path).past, [claim(2), decided(2), record(4)])
})

test('a torn last line is nothing, wherever it is cut', () => {
  const whole = newPath()
  write(whole, [
    claim(1),
    transaction(1),
    {...claim(2), mayTake},
    record(3),
    {kind: 'decided', nonce: nonceOf(2), holdsPlace: true},
  ])
  const text = readFileSync(whole, 'latin1')
  const entries = open(whole).past
  for (let cut = 0; cut <= text.length; cut++) {
    const path = newPath()
    writeFileSync(path, text.slice(0, cut))
    const complete = text.slice(0, cut).split('\n').length - 1
    assert.deepEqual(open(path).past, entries.slice(0, complete), `cut at ${cut}`)
  }
})

test('a record whose octets were damaged away is none: what is read is what was written', () => {
  const path = newPath()
  writeFileSync(path, `r ${nonceOf(1)} ${nowMs + 1000} p\nr ${nonceOf(2)} ${nowMs + 1000} =\n`)
  assert.deepEqual(open(path).past, [])
})

test('a place that was damaged is none, and the rest of its line holds', () => {
  const path = newPath()
  const end = `${nowMs + 1000}`
  const places = ['short 0123456789ab', `${mayTake.place} not-an-id`, mayTake.place, `  ${mayTake.holder}`]
  const lines = places.flatMap((place, n) => [
    `c ${nonceOf(2 * n)} ${end} ${answer} ${place}`,
    `r ${nonceOf(2 * n + 1)} ${end} AAAA ${place}`,
  ])
  writeFileSync(path, `${lines.join('\n')}\n`)
  const {past} = open(path)
  assert.equal(past.length, lines.length)
  assert.ok(past.every((entry) => !('mayTake' in entry)))
})

test('a journal of a version that knew no places reads as it always did', () => {
  const path = newPath()
  const [end, record4] = [nowMs + 1000, Buffer.alloc(3, 4)]
  const lines = [
    `c ${nonceOf(1)} ${end} ${answer}`,
    `t ${nonceOf(1)} dHgtMQ`,
    `c ${nonceOf(2)} ${end} ${answer}`,
    `d ${nonceOf(2)}`,
    `r ${nonceOf(4)} ${end} ${record4.toString('base64url')}`,
  ]
  writeFileSync(path, `${lines.join('\n')}\n`)
  assert.deepEqual(open(path).past, [
    claim(1, end),
    {kind: 'transaction', nonce: nonceOf(1), transactionId: 'tx-1'},
    claim(2, end),
    decided(2),
    {kind: 'record', nonce: nonceOf(4), record: record4, expiresWallMs: end},
  ])
  assert.equal(readFileSync(path, 'utf8'), `${lines.join('\n')}\n`, 'and is written as it was')
})

test('lines that make no sense are passed over, any octets are', () => {
  const path = newPath()
  write(path, [claim(1)])
  appendFileSync(
    path,
    `x\n\n  \nc short 1 2\nc ${nonceOf(2)} never ${answer}\nr ${nonceOf(3)} 1e999 AAAA\nr ${nonceOf(3)}\n`,
  )
  assert.deepEqual(open(path).past, [claim(1)])
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 300}), (octets) => {
      const damaged = newPath()
      writeFileSync(damaged, octets)
      open(damaged).journal.close()
    }),
    {numRuns: 50},
  )
})

test('a running process drops the older file when all in it has expired, and nothing before that', () => {
  const path = newPath()
  let clockMs = nowMs
  const {journal} = open(path, () => clockMs, unexpected, 500)
  const nonces = () => open(copyOf(path), () => clockMs).past.map(({nonce}) => nonce)
  for (let n = 0; n < 10; n++) journal.append(claim(n, nowMs + 1000))
  assert.ok(existsSync(`${path}.old`))
  for (let n = 10; n < 100; n++) journal.append(claim(n, nowMs + 2000))
  assert.equal(nonces().length, 100)
  clockMs = nowMs + 1999
  for (let n = 100; n < 110; n++) journal.append(claim(n, clockMs + 2000))
  assert.deepEqual(
    nonces(),
    Array.from({length: 100}, (_, i) => nonceOf(10 + i)),
  )
  clockMs = nowMs + 2000
  for (let n = 110; n < 120; n++) journal.append(claim(n, clockMs + 2000))
  assert.deepEqual(
    nonces(),
    Array.from({length: 20}, (_, i) => nonceOf(100 + i)),
  )
  assert.ok(statSync(path).size + statSync(`${path}.old`).size < 2500)
})

test('a wall clock that jumps neither drops what is alive nor keeps the file from being turned', () => {
  const path = newPath()
  const world = new ManualWorld()
  const {journal} = openJournal(path, world, unexpected, 100)
  let n = 0
  const fill = () => {
    const first = n
    for (; n < first + 3; n++) journal.append(claim(n, world.wallMs() + 420_000))
  }
  const found = () => openJournal(copyOf(path), world, unexpected).past.map(({nonce}) => nonce)
  fill()
  world.jumpWallClock(86_400_000)
  fill()
  world.jumpWallClock(-86_400_000)
  assert.ok(found().includes(nonceOf(0)), 'a clock that was ahead for a moment has dropped nothing')
  world.jumpWallClock(-86_400_000)
  for (let turn = 0; turn < 5; turn++) {
    world.advance(421_000)
    fill()
  }
  assert.ok(!existsSync(`${path}.old`) || statSync(path).size + statSync(`${path}.old`).size < 1000)
})

test('a transaction in the newer file belongs to its claim in the older one', () => {
  const path = newPath()
  const {journal} = open(path, () => nowMs, unexpected, 100)
  const entries = [claim(1), claim(2), transaction(1), transaction(2), decided(1)]
  for (const entry of entries) journal.append(entry)
  assert.ok(existsSync(`${path}.old`))
  assert.deepEqual(open(path).past, [claim(1), claim(2), transaction(2), decided(1)])
  assert.equal(existsSync(`${path}.old`), false)
})

test('a start that was killed before it removed the older file reads it again, to the same end', () => {
  const path = newPath()
  const {journal} = open(path, () => nowMs, unexpected, 100)
  for (const entry of [claim(1), claim(2), transaction(2), transaction(1), decided(1)]) journal.append(entry)
  const older = readFileSync(`${path}.old`)
  open(path).journal.close()
  writeFileSync(`${path}.old`, older)
  const last = new Map<string, string>()
  for (const {nonce, kind} of open(path).past) last.set(nonce, kind)
  assert.deepEqual(
    [...last],
    [
      [nonceOf(1), 'decided'],
      [nonceOf(2), 'transaction'],
    ],
  )
})

test('a process killed while it turned its files has lost nothing', () => {
  const path = newPath()
  write(path, [claim(1)])
  renameSync(path, `${path}.old`)
  const {past, knowsPast} = open(path)
  assert.deepEqual([past, knowsPast], [[claim(1)], true])
})

test('a journal that cannot be written says so once, and leaves no file that would be taken for complete', () => {
  const path = newPath()
  const failures: string[] = []
  const {journal} = open(
    path,
    () => nowMs,
    (error) => failures.push(error.message),
    200,
  )
  journal.append(claim(1))
  // A folder stands where the full file wants to go.
  mkdirSync(`${path}.old`)
  for (let n = 2; n < 20; n++) journal.append(claim(n))
  assert.equal(failures.length, 1)
  rmdirSync(`${path}.old`)
  assert.equal(existsSync(path), false)
  assert.equal(open(path).knowsPast, false)
})

test('a journal that cannot be opened throws', () => {
  assert.throws(() => open(join(folder, 'no-such-folder', 'journal')), /ENOENT/)
  const path = newPath()
  mkdirSync(path)
  assert.throws(() => open(path), /EISDIR/)
})

test('closing twice, and appending after it, do nothing', () => {
  const path = newPath()
  const {journal} = open(path)
  journal.append(claim(1))
  journal.close()
  journal.close()
  journal.append(claim(2))
  assert.deepEqual(open(path).past, [claim(1)])
})
