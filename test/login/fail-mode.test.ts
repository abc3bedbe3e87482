import assert from 'node:assert/strict'
import {test} from 'node:test'
import {preauthFailure} from '../../src/core/login/fail-mode.ts'

const attributes = [{type: 25, value: Buffer.from('OU=vpn')}]
const allowed = 'Failmode Safe - Allowed Duo login on preauth failure'
const denied = 'Failmode Secure - Denied Duo login on preauth failure'

for (const [kind, mode, outcome, reason, message] of [
  ['unavailable', 'safe', 'accept', 'failmode-safe', allowed],
  ['unavailable', 'secure', 'reject', 'failmode-secure', denied],
  ['unavailable', 'ignore', 'ignore', 'failmode-ignore', undefined],
  ['refused', 'safe', 'reject', 'duo-refused', denied],
  ['refused', 'secure', 'reject', 'duo-refused', denied],
  ['refused', 'ignore', 'reject', 'duo-refused', denied],
] as const) {
  test(`preauth ${kind}, failmode ${mode}: ${outcome}`, () => {
    const decision = preauthFailure({kind, cause: 'cause'}, mode, attributes)
    assert.deepEqual([decision.kind, decision.reason], [outcome, reason])
    assert.equal('message' in decision ? decision.message : undefined, message)
    assert.equal(decision.stage, 'Secondary authentication')
    assert.deepEqual('attributes' in decision ? decision.attributes : [], outcome === 'accept' ? attributes : [])
  })
}
