import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {PrimaryResult} from '../../src/core/login/primary-authenticator.ts'
import {Doubles, deferred, type LoginText, Node, stateOf} from '../support/login-parts.ts'

const password = 'test-password-not-real'
const wrong: PrimaryResult = {
  kind: 'reject',
  message: 'User Authentication Failed',
  reason: 'wrong-password',
  detail: undefined,
  attributes: [],
}

/** How often the primary server is asked when these come while it still works on the first. */
async function tries(...requests: LoginText[]): Promise<number> {
  const doubles = new Doubles()
  const gate = deferred<PrimaryResult>()
  doubles.primary = () => gate.promise
  const node = new Node(doubles)
  const decisions = requests.map((request) => node.decide(request))
  gate.resolve(wrong)
  assert.ok((await Promise.all(decisions)).every(({reason}) => reason === 'primary-wrong-password'))
  return doubles.primaryCalls.length
}

const first: LoginText = {user: 'jdoe', password, session: 's1', source: '192.0.2.7', clientEntry: 'a'}

test('the same request again, while the answer is under way, is no second try', async () => {
  assert.equal(await tries(first, {...first}, {...first}), 1)
})

for (const [what, other] of [
  ['another user', {user: 'JDOE'}],
  ['another password', {password: `${password} `}],
  ['another session, NAS-Port or client address', {session: 's2'}],
  ['another NAS', {source: '192.0.2.8'}],
  ['another client entry', {clientEntry: 'b'}],
] as const) {
  test(`${what} is a try of its own`, async () => {
    assert.equal(await tries(first, {...first, ...other}), 2)
  })
}

test('fields cannot run into one another', async () => {
  assert.equal(await tries({...first, user: 'a","b', password: 'c'}, {...first, user: 'a', password: 'b","c'}), 2)
})

test('once it is answered the next request asks again', async () => {
  const doubles = new Doubles()
  doubles.primary = () => wrong
  const node = new Node(doubles)
  await node.decide(first)
  await node.decide(first)
  assert.equal(doubles.primaryCalls.length, 2)
})

test('joined requests get challenges of their own', async () => {
  const doubles = new Doubles()
  const node = new Node(doubles)
  const [one, two] = await Promise.all([node.decide(first), node.decide(first)])
  assert.equal(doubles.primaryCalls.length, 1)
  assert.notDeepEqual(stateOf(one), stateOf(two))
})

test('an exception reaches all who joined, and the next request asks again', async () => {
  const doubles = new Doubles()
  doubles.primary = () => {
    throw new Error('bug')
  }
  const node = new Node(doubles)
  const results = await Promise.allSettled([node.decide(first), node.decide(first)])
  assert.deepEqual(
    results.map(({status}) => status),
    ['rejected', 'rejected'],
  )
  doubles.primary = () => wrong
  assert.equal((await node.decide(first)).reason, 'primary-wrong-password')
})

test('a question of the primary server takes no part: each answer is claimed by its State', async () => {
  const doubles = new Doubles()
  doubles.primary = ({resume}) =>
    resume === undefined
      ? {
          kind: 'challenge',
          messages: ['Token code?'],
          resume: Buffer.of(1),
          attributes: [{type: 25, value: resumeMark}],
        }
      : wrong
  const node = new Node(doubles)
  const question = await node.decide(first)
  assert.deepEqual(question.kind === 'challenge' && question.attributes, [{type: 25, value: resumeMark}])
  const state = stateOf(question)
  const [one, two] = await Promise.all([node.decide({...first, state}), node.decide({...first, state})])
  assert.equal(one, two)
  assert.equal(doubles.primaryCalls.length, 2)
})

const resumeMark = Buffer.from('mark')
