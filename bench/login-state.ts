// What a challenge costs beside RADIUS, the primary server and Duo: sealing and opening its State, and the journal's lines
// for one login, which are written synchronously. Then the memory of a used State, and how long a start reads a journal.
// Run: node --expose-gc bench/login-state.ts [folder of the journal]
import {mkdtempSync, rmSync} from 'node:fs'
import {cpus, tmpdir} from 'node:os'
import {join} from 'node:path'
import {openJournal} from '../src/core/login/journal.ts'
import {MemoryStore} from '../src/core/login/memory-store.ts'
import {SealedState} from '../src/core/login/sealed-state.ts'
import {realWorld} from '../src/core/world.ts'

const ROUNDS = 11
const ROUND_LOGINS = 2000

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'authproxy-bench-'))
const key = Buffer.alloc(32, 7)
const answer = Buffer.alloc(32, 9).toString('base64url')
const binding = {
  section: 'radius_server_challenge',
  ikey: 'DITESTTESTTESTTEST01',
  clientEntry: '192.0.2.0/24',
  source: '192.0.2.7',
  userName: 'jdoe',
}
const factors = new Map([
  ['1', 'push1'],
  ['2', 'phone1'],
  ['3', 'sms1'],
  ['default', 'push1'],
])
const challenge = {
  kind: 'factor',
  loginId: '0102030405ff',
  factors,
  carry: undefined,
  attributes: [{type: 25, value: Buffer.from('OU=vpn')}],
} as const

console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}, journal in ${folder}`)
console.log(`median of ${ROUNDS} rounds of ${ROUND_LOGINS} logins [fastest, slowest], microseconds a login`)
try {
  await states()
  await store('memory alone', new MemoryStore(realWorld))
  const opened = openJournal(join(folder, 'journal'), realWorld, fail)
  const journalled = new MemoryStore(realWorld, opened.journal)
  await store('memory and journal', journalled)
  await journalled.close()
  await memory()
  starts()
} finally {
  rmSync(folder, {recursive: true})
}

async function states(): Promise<void> {
  const sealed = new SealedState([key], new MemoryStore(realWorld), realWorld)
  await report('seal and open a State', async () => {
    const opened = await sealed.open(await sealed.seal(challenge, binding), binding)
    if (!opened.ok) throw new Error(opened.reason)
    opened.digest('push')
  })
}

async function store(what: string, store: MemoryStore): Promise<void> {
  await report(`claim, place on the phone, transaction, decision: ${what}`, async () => {
    const nonce = realWorld.randomBytes(12).toString('base64url')
    const push = {place: nonce, holder: challenge.loginId}
    await store.claim(nonce, answer, push)
    await store.lockPush(push)
    await store.setTransaction(nonce, 'b5f6d9c0-0c5f-4b5c-9f0e-000000000000')
    await store.unlockPush(push)
    await store.setDecided(nonce)
  })
}

async function memory(): Promise<void> {
  const before = usedMemory()
  const store = new MemoryStore(realWorld)
  const claims = 200_000
  for (let n = 0; n < claims; n++) {
    const nonce = realWorld.randomBytes(12).toString('base64url')
    await store.claim(nonce, realWorld.randomBytes(32).toString('base64url'))
    await store.setDecided(nonce)
  }
  const octets = (usedMemory() - before) / claims
  console.log(`a used State in memory: ${Math.round(octets)} octets (${store.sizes.claims} held)`)
}

function starts(): void {
  for (const logins of [1000, 30_000]) {
    const path = join(folder, `start-${logins}`)
    const {journal} = openJournal(path, realWorld, fail)
    const expiresWallMs = realWorld.wallMs() + 420_000
    for (let n = 0; n < logins; n++) {
      const nonce = realWorld.randomBytes(12).toString('base64url')
      const mayTake = {place: nonce, holder: challenge.loginId}
      journal.append({kind: 'claim', nonce, answer, expiresWallMs, mayTake})
      journal.append({kind: 'transaction', nonce, transactionId: 'b5f6d9c0-0c5f-4b5c-9f0e-000000000000'})
      journal.append({kind: 'decided', nonce})
    }
    journal.close()
    const startMs = realWorld.monotonicMs()
    const {past, journal: next} = openJournal(path, realWorld, fail)
    new MemoryStore(realWorld, next, past)
    next.close()
    const elapsedMs = Math.round(realWorld.monotonicMs() - startMs)
    console.log(`a start on a journal of ${logins} logins not yet expired: ${elapsedMs} ms`)
  }
}

async function report(what: string, login: () => Promise<void>): Promise<void> {
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = realWorld.monotonicMs()
    for (let n = 0; n < ROUND_LOGINS; n++) await login()
    rounds.push(((realWorld.monotonicMs() - startMs) * 1000) / ROUND_LOGINS)
  }
  rounds.sort((a, b) => a - b)
  const [fastest, median, slowest] = [0, Math.floor(ROUNDS / 2), ROUNDS - 1].map((at) => (rounds[at] ?? 0).toFixed(1))
  console.log(`${what}: ${median} [${fastest}, ${slowest}]`)
}

function usedMemory(): number {
  globalThis.gc?.()
  const {heapUsed, external} = process.memoryUsage()
  return heapUsed + external
}

function fail(error: Error): never {
  throw error
}
