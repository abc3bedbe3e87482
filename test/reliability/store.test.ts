// Two nodes of the built program, one of them with workers, and the Redis they share: a node lost, the store cut off, lost, and back.
import assert from 'node:assert/strict'
import {type TestContext, test} from 'node:test'
import {Secret} from '../../src/core/secret.ts'
import type {LoginReport, Nas} from '../../src/core/simulate/nas.ts'
import {PASSWORD, type RedisServer, startRedis} from '../support/redis.ts'
import {Relay} from '../support/relay.ts'
import {password, ServedProxy} from '../support/serve-process.ts'
import {run} from '../support/server-process.ts'
import {assertSound} from '../support/soundness.ts'

const phones = [{number: '+15555551234'}]
const names = ['both', 'handed-over', 'cut-off', 'lost'] as const

type Pair = {
  readonly nodes: readonly [ServedProxy, ServedProxy]
  readonly redis: RedisServer
  readonly relay: Relay
  readonly nas: Nas
}

/** Undefined when the test is skipped for want of Redis. */
async function startPair(t: TestContext): Promise<Pair | undefined> {
  const redis = await startRedis(t)
  if (redis === undefined) return undefined
  const main = [
    'state_key=state-key-of-a-test-not-real-000001',
    `state_store=redis://:${PASSWORD}@127.0.0.1:${redis.port}`,
  ]
  const users = names.map((userName) => ({userName, phones, answer: 'approve' as const, answerAfterMs: 1200}))
  const first = await ServedProxy.start({users, main})
  const second = await ServedProxy.startBeside(first, {main: [...main, 'workers=2']})
  const relay = await Relay.open([first.endpoint, second.endpoint])
  const nas = first.nas(relay.endpoint, {timeoutMs: 500, retries: 60})
  t.after(async () => {
    await nas.close()
    await relay.close()
    await second.close()
    await first.close()
    await redis.server.stop()
  })
  return {nodes: [first, second], redis, relay, nas}
}

function pushesOf({nodes}: Pair, userName: string): number {
  return nodes[0].cloud.pushes.filter((push) => push.userName === userName).length
}

function login(nas: Nas, userName: string): Promise<LoginReport> {
  return nas.login({
    userName,
    password: new Secret(password),
    clientAddress: undefined,
    extra: [],
    answer: async () => new Secret('push'),
  })
}

test('two nodes, packets in turns: one push; a node that dies hands over; a store that is away or lost refuses nobody', async (t) => {
  const pair = await startPair(t)
  if (pair === undefined) return
  const {nodes, redis, nas} = pair
  const [first, second] = nodes

  await t.test('retransmissions reach the other node, and there is one push', async () => {
    const report = await login(nas, 'both')
    assert.equal(report.outcome, 'accept')
    assert.equal(pushesOf(pair, 'both'), 1)
    assert.ok((report.rounds.at(-1)?.sends ?? 0) > 1, 'the gateway asked again')
    await assertSound(nodes, 'both', report)
  })

  await t.test('the node that sent the push is killed: the other one waits for it', async () => {
    const pushed = first.cloud.nextPush()
    const pending = login(nas, 'handed-over')
    await pushed
    const isOut = (node: ServedProxy) =>
      node
        .log('authproxy.log')
        .split('\n')
        .some((line) => line.includes('handed-over') && line.includes('is out, transaction'))
    while (!nodes.some(isOut)) await new Promise(setImmediate)
    const killed = nodes.find(isOut) ?? first
    await killed.end('SIGKILL')
    const report = await pending
    assert.equal(report.outcome, 'accept')
    assert.equal(pushesOf(pair, 'handed-over'), 1)
    await assertSound(nodes, 'handed-over', report)
    await killed.serve()
  })

  await t.test('the store does not answer: a login goes on at its node', async () => {
    await run('redis-cli', [
      '-p',
      `${redis.port}`,
      '-a',
      PASSWORD,
      '--no-auth-warning',
      'client',
      'pause',
      '6000',
      'ALL',
    ])
    const direct = first.nas()
    const report = await login(direct, 'cut-off')
    await direct.close()
    assert.equal(report.outcome, 'accept')
    assert.equal(pushesOf(pair, 'cut-off'), 1)
    assert.match(first.log('authproxy.log'), /state store cannot be reached/)
    await assertSound(nodes, 'cut-off', report)
  })

  await t.test('the store is gone: a login goes on at its node', async () => {
    await redis.server.stop()
    const direct = second.nas()
    const report = await login(direct, 'lost')
    await direct.close()
    assert.equal(report.outcome, 'accept')
    assert.equal(pushesOf(pair, 'lost'), 1)
    await assertSound(nodes, 'lost', report)
  })
})
