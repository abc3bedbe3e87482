// Modes without a prompt, in any order of events: requests of several sessions and passwords, answers of the phone, a kill.
import assert from 'node:assert/strict'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import fc from 'fast-check'
import {autoMode} from '../../src/core/login/auto-mode.ts'
import {JoiningStore} from '../../src/core/login/joining-store.ts'
import {type Journal, openJournal} from '../../src/core/login/journal.ts'
import type {Decision} from '../../src/core/login/login.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import type {FactorResult} from '../../src/core/login/second-factor.ts'
import {SharedWork} from '../../src/core/login/shared-work.ts'
import {Doubles, directPolicy, type LoginText, Node, typedPassword} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'authproxy-interleaving-'))
after(() => rmSync(folder, {recursive: true}))

const right = 'right-not-real'

const requests: readonly LoginText[] = [
  {password: right, session: 'one'},
  {password: right, session: 'two'},
  {password: `${right},push`, session: 'one'},
  {password: right, session: 'none', namesSession: false},
  {password: 'wrong', session: 'one'},
  {password: 'wrong,push', session: 'none', namesSession: false},
]

/** A request to the first worker, or with `other` to the second one. */
type Act = number | {readonly other: number} | 'approve' | 'deny' | 'kill'

type Asked = {readonly request: LoginText; decision: Decision | undefined}

let plays = 0

/** Lets everything come to rest that needs no phone. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve()
}

async function play(acts: readonly Act[], workers: 1 | 2 = 1): Promise<void> {
  const doubles = new Doubles()
  const waiting = new Map<string, PromiseWithResolvers<FactorResult>>()
  const approved = new Set<string>()
  let begun = 0
  let overlapping = 0
  doubles.primary = (request) =>
    typedPassword(request) === right
      ? {kind: 'accept', message: '', attributes: []}
      : {kind: 'reject', message: 'no', reason: 'wrong-password', detail: undefined, attributes: []}
  doubles.begin = () => {
    // Thrown from here it would be a mistake that the mode catches.
    if (waiting.size > 0) overlapping++
    const transactionId = `tx-${++begun}`
    waiting.set(transactionId, Promise.withResolvers())
    return {kind: 'pending', transactionId, notice: undefined}
  }
  const done = new Map<string, FactorResult>()
  doubles.result = (transactionId) =>
    waiting.get(transactionId)?.promise ?? done.get(transactionId) ?? {kind: 'unavailable', cause: 'unknown'}

  const mode = (parts: Node['parts']) =>
    autoMode(parts, {factors: ['auto'], concatenation: {delimiter: ',', passwordLength: 0, order: 'part-first'}})
  const world = new ManualWorld()
  const path = join(folder, `journal-${++plays}`)
  const journals: Journal[] = []
  const openStore = () => {
    const {journal, past} = openJournal(path, world, assert.fail)
    journals.push(journal)
    return new MemoryStore(world, journal, past)
  }
  const work = new SharedWork(world)
  const joining = workers === 1 ? undefined : new JoiningStore(openStore(), work)
  const start = () => {
    const worker = {}
    const shared = joining === undefined ? {store: openStore()} : {store: joining.of(worker), joins: work.of(worker)}
    return {worker, node: new Node(doubles, {policy: directPolicy, mode, world, ...shared})}
  }
  let first = start()
  const second = joining === undefined ? first : start()
  const asked: Asked[] = []
  const finish = (result: FactorResult) => {
    for (const [transactionId, gate] of [...waiting]) {
      if (result.kind === 'allow') approved.add(transactionId)
      done.set(transactionId, result)
      waiting.delete(transactionId)
      gate.resolve(result)
    }
  }
  for (const act of [...acts, 'deny' as const]) {
    if (act === 'approve') finish({kind: 'allow', message: 'Success.'})
    else if (act === 'deny') finish({kind: 'deny', message: 'no', reason: 'denied'})
    // What the process before still does, the next one does not hear of.
    else if (act === 'kill') {
      work.leave(first.worker)
      first = start()
    } else {
      const [{node}, number] = typeof act === 'number' ? [first, act] : [second, act.other]
      const entry: Asked = {request: requests[number] ?? assert.fail(), decision: undefined}
      asked.push(entry)
      void node.decide(entry.request).then((decision) => {
        entry.decision = decision
      })
    }
    await settle()
  }
  for (const journal of journals) journal.close()

  assert.equal(overlapping, 0, 'a second push while one is out')
  const accepted = asked.filter(({decision}) => decision?.kind === 'accept')
  assert.ok(
    asked.every(({decision}) => decision !== undefined),
    'a login hangs',
  )
  assert.ok(
    accepted.every(({request}) => !request.password?.includes('wrong')),
    'a wrong password was let in',
  )
  const loginOf = ({decision}: Asked) => decision?.loginId ?? decision
  const sessions = new Set(accepted.map(loginOf))
  if (!acts.includes('kill')) assert.ok(sessions.size <= approved.size, 'one approval let in two logins')
  for (const login of sessions) {
    const joined = accepted.filter((entry) => loginOf(entry) === login).map(({request}) => request)
    assert.equal(new Set(joined).size, 1, 'requests of two logins share a decision')
    if (joined.length > 1) assert.notEqual(joined[0]?.namesSession, false, 'a request without session joined')
  }
}

test('no order of events pushes twice at a time, lets in twice on one approval, or joins what does not belong together', async () => {
  const act = fc.oneof(
    {weight: 6, arbitrary: fc.nat(requests.length - 1)},
    {weight: 2, arbitrary: fc.constantFrom<Act>('approve', 'deny')},
  )
  await fc.assert(
    fc.asyncProperty(fc.array<Act>(act, {maxLength: 14}), (acts) => play(acts)),
    {numRuns: 300},
  )
})

test('nor does a kill in between: a retry finds the push that is out', async () => {
  const act = fc.oneof(
    {weight: 6, arbitrary: fc.nat(requests.length - 1)},
    {weight: 2, arbitrary: fc.constantFrom<Act>('approve', 'deny')},
    {weight: 1, arbitrary: fc.constant<Act>('kill')},
  )
  await fc.assert(
    fc.asyncProperty(fc.array<Act>(act, {maxLength: 14}), (acts) => play(acts)),
    {numRuns: 300},
  )
})

test('two workers of one service are as one process, and go on with what the other one left behind when it died', async () => {
  const number = fc.nat(requests.length - 1)
  const act = fc.oneof(
    {weight: 3, arbitrary: number},
    {weight: 3, arbitrary: number.map((other) => ({other}))},
    {weight: 2, arbitrary: fc.constantFrom<Act>('approve', 'deny')},
  )
  await fc.assert(
    fc.asyncProperty(fc.array<Act>(act, {maxLength: 14}), (acts) => play(acts, 2)),
    {numRuns: 300},
  )
  const orKill = fc.oneof({weight: 8, arbitrary: act}, {weight: 1, arbitrary: fc.constant<Act>('kill')})
  await fc.assert(
    fc.asyncProperty(fc.array<Act>(orKill, {maxLength: 14}), (acts) => play(acts, 2)),
    {numRuns: 300},
  )
})
