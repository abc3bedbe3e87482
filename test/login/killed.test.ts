import assert from 'node:assert/strict'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {openJournal} from '../../src/core/login/journal.ts'
import type {Decision} from '../../src/core/login/login.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import {Doubles, Node, reached, stateOf} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {Mortal, mortalStore} from '../support/mortal.ts'

const folder = mkdtempSync(join(tmpdir(), 'authproxy-killed-'))
after(() => rmSync(folder, {recursive: true}))

let files = 0

/** Logs in with a push on a process that dies at the moment, then goes on where the next process finds it. */
async function dyingLogin(diesAt: string | undefined, big: boolean) {
  const path = join(folder, `journal-${++files}`)
  const doubles = new Doubles()
  if (big) {
    const attributes = [{type: 25, value: Buffer.alloc(250, 0x41)}]
    doubles.primary = () => ({kind: 'accept', message: '', attributes})
  }
  const mortal = new Mortal(undefined)
  const startProcess = (life: Mortal, startMs?: number) => {
    const world = new ManualWorld(startMs === undefined ? {seed: 'first'} : {seed: 'next', startMs})
    const {journal, past} = openJournal(path, world, (error) => {
      throw error
    })
    const node = new Node(doubles, {world, store: mortalStore(new MemoryStore(world, journal, past), life)})
    return node
  }
  const first = startProcess(mortal)
  const state = stateOf(await first.decide({password: 'test-password-not-real'}))

  const dying = new Mortal(diesAt)
  const again = startProcess(dying, first.world.wallMs() + 1000)
  const {begin, result} = doubles
  let pushes = 0
  const push: typeof begin = (request, signal) => {
    pushes++
    return begin(request, signal)
  }
  doubles.begin = (request, signal) => dying.call('begin', async () => push(request, signal))
  doubles.result = (id, signal) => dying.call('result', async () => result(id, signal))
  let decided: Decision | undefined
  const answering = again.decide({password: '1', state}).then((decision) => {
    decided = decision
  })
  await reached(() => dying.died || decided !== undefined)
  if (!dying.died) await answering
  Object.assign(doubles, {begin: push, result})

  const next = startProcess(new Mortal(undefined), again.world.wallMs() + 1000)
  const resumed = await next.decide({password: '1', state})
  const replayed = await next.decide({password: '1', state})
  return {moments: dying.moments, died: dying.died, decided, resumed, replayed, pushes}
}

/** What the next process says to the same State and answer; by then a push has gone out, or it has not. */
const afterwards: Readonly<Record<string, readonly [reason: string, pushes: number]>> = {
  'before claim': ['approved', 1],
  'after claim': ['intent-without-transaction', 0],
  'before lockPush': ['intent-without-transaction', 0],
  'after lockPush': ['intent-without-transaction', 0],
  'before begin': ['intent-without-transaction', 0],
  'after begin': ['intent-without-transaction', 1],
  'before setTransaction': ['intent-without-transaction', 1],
  'after setTransaction': ['approved', 1],
  'before lockPush 2': ['approved', 1],
  'after lockPush 2': ['approved', 1],
  'before result': ['approved', 1],
  'after result': ['approved', 1],
  'before unlockPush': ['approved', 1],
  'after unlockPush': ['approved', 1],
  'before setDecided': ['approved', 1],
  'after setDecided': ['state-used', 1],
  'before getRecord': ['approved', 1],
  'after getRecord': ['approved', 1],
}

for (const big of [false, true]) {
  // The record goes with the decision: then the State does not even open.
  const used = big ? 'state-unknown' : 'state-used'
  const size = big ? 'a record in the store' : 'everything in the State'
  test(`nothing else happens on the way, with ${size}`, async () => {
    const login = await dyingLogin(undefined, big)
    assert.equal(login.decided?.kind, 'accept')
    assert.deepEqual([login.resumed.reason, login.pushes], [used, 1])
    const expected = Object.keys(afterwards).filter((moment) => big || !moment.endsWith('getRecord'))
    assert.deepEqual(new Set(login.moments), new Set(expected))
  })

  for (const [moment, [reason, pushes]] of Object.entries(afterwards)) {
    if (moment.endsWith('getRecord') && !big) continue
    test(`killed ${moment}, with ${size}: ${reason}, and at most one push`, async () => {
      const login = await dyingLogin(moment, big)
      assert.equal(login.died, true)
      assert.deepEqual([login.resumed.reason, login.pushes], [reason === 'state-used' ? used : reason, pushes])
      assert.deepEqual([login.replayed.kind, login.replayed.reason], ['reject', used])
    })
  }
}
