import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import type {DuoAnswer} from '../../src/core/duo/answer.ts'
import {beginV1, pollV1, preauthV1} from '../../src/core/duo/auth-v1.ts'
import {beginV2, pollV2, preauthV2} from '../../src/core/duo/auth-v2.ts'
import {readCarry, writeCarry} from '../../src/core/duo/carry.ts'
import type {AuthSettings} from '../../src/core/duo/settings.ts'
import type {DuoTransport} from '../../src/core/duo/transport.ts'
import {never, preauthOf, request} from './support.ts'

const settings: AuthSettings = {failMode: 'safe', preauthTimeoutMs: 10_000, factorTimeoutMs: 70_000}

/** A transport that brings this response whatever is asked. */
function bringing(response: unknown): DuoTransport {
  const answer: DuoAnswer = {kind: 'ok', response, elapsedMs: 0}
  return {
    call: async () => answer,
    ping: async () => answer,
    offsetMs: () => 0,
    warmUp: async () => {},
    close: async () => {},
  }
}

/** Anything, and things that look like Duo's but for a wrong piece. */
const response = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      result: fc.oneof(fc.constantFrom('auth', 'deny', 'enroll', 'waiting', 'Allow', 'allow '), fc.jsonValue()),
      status: fc.jsonValue(),
      status_msg: fc.jsonValue(),
      prompt: fc.oneof(fc.jsonValue(), fc.record({text: fc.jsonValue(), factors: fc.jsonValue()}, {requiredKeys: []})),
      factors: fc.jsonValue(),
      devices: fc.oneof(
        fc.jsonValue(),
        fc.array(
          fc.record({device: fc.jsonValue(), capabilities: fc.jsonValue(), number: fc.jsonValue()}, {requiredKeys: []}),
        ),
      ),
      groups: fc.jsonValue(),
      txid: fc.jsonValue(),
      verification_code: fc.jsonValue(),
    },
    {requiredKeys: []},
  ),
)

const isAllowed = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'result' in value && value.result === 'allow'

test('whatever Duo seems to say: nothing throws, and only result allow lets in', async () => {
  await fc.assert(
    fc.asyncProperty(response, fc.constantFrom('push1', 'phone', 'sms2', '123456', ''), async (said, choice) => {
      fc.pre(!isAllowed(said))
      const transport = bringing(said)
      const outcomes = [
        await preauthV2(transport, settings, preauthOf('jdoe'), never),
        await preauthV1(transport, settings, preauthOf('jdoe'), never),
        await beginV2(transport, settings, request(choice), never),
        await beginV1(transport, settings, request(choice), never),
        await pollV2(transport, 'a-transaction', 1, never),
        await pollV1(transport, 'a-transaction', 1, never),
      ]
      for (const outcome of outcomes) assert.notEqual(outcome.kind, 'allow')
    }),
    {numRuns: 500},
  )
})

test('what the factor step must know is written and read back, whatever the ids', () => {
  const plain = {noNullPrototype: true} as const
  const capabilities = fc.constantFrom([], ['push'], ['push', 'phone', 'sms'], ['phone', 'sms'])
  const devices = fc.array(fc.record({id: fc.string({unit: 'grapheme', minLength: 1}), capabilities}, plain))
  const verified = fc.record({transactionId: fc.string(), code: fc.option(fc.string(), {nil: undefined})}, plain)
  const carry = fc.record(
    {
      api: fc.constantFrom('v1', 'v2'),
      verified: fc.option(verified, {nil: undefined}),
      devices: fc.option(
        devices.map((list) => list.map((device) => ({...device, label: ''}))),
        {nil: undefined},
      ),
    },
    plain,
  )
  fc.assert(fc.property(carry, (written) => assert.deepEqual(readCarry(writeCarry(written)), written)))
  fc.assert(fc.property(fc.string(), (text) => assert.ok(readCarry(text))))
})

test('the usual case carries nothing, since the State has little room', () => {
  assert.equal(writeCarry({api: 'v2', verified: undefined, devices: undefined}), undefined)
})
