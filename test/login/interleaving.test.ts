import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {JoiningStore} from '../../src/core/login/joining-store.ts'
import type {Decision} from '../../src/core/login/login.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import type {FactorResult} from '../../src/core/login/second-factor.ts'
import {SharedWork} from '../../src/core/login/shared-work.ts'
import type {StateStore} from '../../src/core/login/state-store.ts'
import {Doubles, Node, stateOf} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'

const password = 'test-password-not-real'

/** A store whose answers come in any order, as one on another machine does. What it does, it does when it is asked. */
function shuffled(inner: StateStore, scheduler: fc.Scheduler): StateStore {
  const late = <T>(name: string, answer: Promise<T>) => scheduler.schedule(answer, name)
  return {
    claim: (nonce, answer, mayTake) => late('claim', inner.claim(nonce, answer, mayTake)),
    setTransaction: (nonce, id) => late('setTransaction', inner.setTransaction(nonce, id)),
    setDecided: (nonce, told) => late('setDecided', inner.setDecided(nonce, told)),
    lockPush: (push) => late('lockPush', inner.lockPush(push)),
    unlockPush: (push) => late('unlockPush', inner.unlockPush(push)),
    putRecord: (nonce, record, lifeMs, mayTake) => late('putRecord', inner.putRecord(nonce, record, lifeMs, mayTake)),
    getRecord: (nonce) => late('getRecord', inner.getRecord(nonce)),
    close: () => inner.close(),
  }
}

const results: readonly FactorResult[] = [
  {kind: 'allow', message: 'Success.'},
  {kind: 'deny', message: 'Login request denied.', reason: 'denied'},
  {kind: 'unavailable', cause: 'reset'},
]

/** Sends the same State with these answers to nodes that share a store, in whatever order everything then happens. */
async function answerAll(
  scheduler: fc.Scheduler,
  requests: readonly {readonly node: number; readonly answer: string}[],
  result: FactorResult,
  big: boolean,
  are: 'nodes' | 'workers' = 'nodes',
) {
  const world = new ManualWorld()
  const inner = new MemoryStore(world)
  const doubles = new Doubles()
  if (big) {
    doubles.primary = () => ({kind: 'accept', message: '', attributes: [{type: 25, value: Buffer.alloc(250)}]})
  }
  const first = new Node(doubles, {world, store: inner})
  const state = stateOf(await first.decide({password}))
  doubles.begin = ({choice}) =>
    scheduler.schedule(
      Promise.resolve(
        choice === '123456'
          ? ({kind: 'allow', message: 'passcode'} as const)
          : ({kind: 'pending', transactionId: 'tx', notice: undefined} as const),
      ),
      'begin',
    )
  doubles.result = () => scheduler.schedule(Promise.resolve(result), 'result')
  const store = shuffled(inner, scheduler)
  const work = new SharedWork(world)
  const joining = new JoiningStore(store, work)
  const nodes = ['one', 'other'].map(
    (name) => new Node(doubles, {world, store: are === 'nodes' ? store : joining.of({name})}),
  )
  const sent = requests.map(async ({node, answer}) => {
    await scheduler.schedule(Promise.resolve(), `request ${answer} at ${node}`)
    return nodes[node]?.decide({password: answer, state}) ?? assert.fail()
  })
  const [decisions] = await Promise.all([Promise.all(sent), scheduler.waitIdle()])
  const replays: Decision[] = []
  for (const node of nodes) {
    for (const answer of ['1', '123456']) {
      const replay = node.decide({password: answer, state})
      await scheduler.waitIdle()
      replays.push(await replay)
    }
  }
  return {decisions, replays, doubles, pushes: inner.sizes.pushes, work: work.size}
}

function isAccept({kind}: Decision): boolean {
  return kind === 'accept'
}

const requests = (nodes: number) =>
  fc.array(fc.record({node: fc.nat({max: nodes - 1}), answer: fc.constantFrom('1', 'push', '123456')}), {
    minLength: 1,
    maxLength: 6,
  })

test('one node, any order: the factor is used once, for one answer, and all that joined get its decision', () =>
  oneDecision(1, 'nodes'))

test('two workers of one service, any order: the factor is used once, and all that joined get its decision', () =>
  oneDecision(2, 'workers'))

async function oneDecision(processes: number, are: 'nodes' | 'workers'): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      requests(processes),
      fc.constantFrom(...results),
      fc.boolean(),
      async (scheduler, sent, result, big) => {
        const {decisions, replays, doubles, pushes, work} = await answerAll(scheduler, sent, result, big, are)
        assert.equal(doubles.beginCalls.length, 1)
        assert.deepEqual([pushes, work], [0, 0])
        const used = doubles.beginCalls[0]?.choice
        const approved = used === '123456' || result.kind === 'allow'
        for (const [i, decision] of decisions.entries()) {
          const answer = sent[i]?.answer === '1' ? 'push1' : sent[i]?.answer
          if (isAccept(decision)) assert.ok(approved && answer === used)
          else if (answer !== used) assert.match(decision.reason, /^(answer-differs|state-used|state-unknown)$/)
          else if (approved) assert.match(decision.reason, /^(state-used|state-unknown)$/)
        }
        assert.equal(decisions.some(isAccept), approved)
        assert.ok(replays.every(({reason}) => reason === 'state-used' || reason === 'state-unknown'))
      },
    ),
    {numRuns: 150},
  )
}

test('two nodes that share a store, any order: never a second push, never an Accept that nobody gave', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      requests(2),
      fc.constantFrom(...results),
      fc.boolean(),
      async (scheduler, sent, result, big) => {
        const {decisions, replays, doubles} = await answerAll(scheduler, sent, result, big)
        assert.ok(doubles.beginCalls.length <= 1)
        const used = doubles.beginCalls[0]?.choice
        const approved = used === '123456' || (used !== undefined && result.kind === 'allow')
        for (const [i, decision] of decisions.entries()) {
          const answer = sent[i]?.answer === '1' ? 'push1' : sent[i]?.answer
          if (isAccept(decision)) assert.ok(approved && answer === used)
        }
        assert.ok(!replays.some(isAccept))
      },
    ),
    {numRuns: 150},
  )
})
