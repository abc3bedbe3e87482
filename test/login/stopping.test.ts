import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {Decision} from '../../src/core/login/login.ts'
import {Doubles, Node, reached, stateOf, untilAborted} from '../support/login-parts.ts'

const password = 'test-password-not-real'

/** Lets the login run until it waits for something, then stops the proxy. */
async function stopped(node: Node, request: Parameters<Node['decide']>[0], waits: () => boolean): Promise<Decision> {
  const ending = new AbortController()
  const decision = node.decide(request, ending.signal)
  await reached(waits)
  ending.abort(new Error('stopping'))
  return decision
}

test('a stop during preauth lets nobody in, whatever the fail mode', async () => {
  for (const failMode of ['safe', 'secure', 'ignore'] as const) {
    const doubles = new Doubles()
    doubles.preauth = untilAborted
    const node = new Node(doubles, {policy: {failMode}})
    const decision = await stopped(node, {password}, () => doubles.preauthCalls.length === 1)
    assert.deepEqual([decision.kind, decision.reason], ['ignore', 'stopping'])
  }
})

test('a stop during the primary check says nothing about the password', async () => {
  const doubles = new Doubles()
  doubles.primary = (_, signal) => untilAborted(signal)
  const node = new Node(doubles)
  const decision = await stopped(node, {password}, () => doubles.primaryCalls.length === 1)
  assert.deepEqual([decision.kind, decision.reason], ['ignore', 'stopping'])
  assert.equal(node.events('login.primary.result').length, 0)
})

test('a stop while a push is out leaves it to the next process, which waits on without a second push', async () => {
  const doubles = new Doubles()
  doubles.result = (_, signal) => untilAborted(signal)
  const node = new Node(doubles)
  const state = stateOf(await node.decide({password}))
  const cut = await stopped(node, {password: '1', state}, () => doubles.resultCalls.length === 1)
  assert.deepEqual([cut.kind, cut.reason], ['ignore', 'stopping'])

  const next = new Node(doubles, {store: node.store, world: node.world})
  const other = stateOf(await next.decide({password, session: 's2'}))
  assert.equal((await next.decide({password: '1', state: other})).reason, 'push-pending-elsewhere')
  doubles.result = () => ({kind: 'allow', message: 'Success.'})
  const resumed = await next.decide({password: '1', state})
  assert.deepEqual([resumed.kind, resumed.reason], ['accept', 'approved'])
  assert.equal(doubles.beginCalls.length, 1)
})

test('a stop while Duo is asked for the push ends the login: it may have gone out, so it is not sent again', async () => {
  const doubles = new Doubles()
  doubles.begin = (_, signal) => untilAborted(signal)
  const node = new Node(doubles)
  const state = stateOf(await node.decide({password}))
  const cut = await stopped(node, {password: '1', state}, () => doubles.beginCalls.length === 1)
  assert.deepEqual([cut.kind, cut.reason], ['ignore', 'stopping'])
  const next = new Node(doubles, {store: node.store, world: node.world})
  const resumed = await next.decide({password: '1', state})
  assert.deepEqual([resumed.kind, resumed.reason], ['reject', 'intent-without-transaction'])
  const other = stateOf(await next.decide({password, session: 's2'}))
  assert.equal((await next.decide({password: '1', state: other})).reason, 'push-pending-elsewhere')
  assert.equal(doubles.beginCalls.length, 1)
})

test('an approval that came before the stop still counts', async () => {
  const doubles = new Doubles()
  const node = new Node(doubles)
  const state = stateOf(await node.decide({password}))
  const ending = new AbortController()
  doubles.result = () => {
    ending.abort()
    return {kind: 'allow', message: 'Success.'}
  }
  assert.equal((await node.decide({password: '1', state}, ending.signal)).kind, 'accept')
})
