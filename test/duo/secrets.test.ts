import assert from 'node:assert/strict'
import {test} from 'node:test'
import {inspect} from 'node:util'
import {Secret} from '../../src/core/secret.ts'
import {startConnectProxy} from '../../src/core/simulate/duo-cloud-proxy.ts'
import {never, preauthOf, request, startLab} from './support.ts'

const SKEY = 'MARKED-skey-test-not-real'
const PASSCODE = 'MARKED-passcode'
const PROXY_PASSWORD = 'MARKED-proxy-password'

test('no key, passcode or Authorization reaches a log record or an outcome, in debug and whatever fails', async (t) => {
  const proxy = await startConnectProxy({credentials: {userName: 'p', password: PROXY_PASSWORD}})
  t.after(() => proxy.close())
  const {cloud, another, records} = await startLab(t, {
    cloud: {integration: {ikey: 'DISIMULATED000000000', skey: SKEY}},
  })
  const via = {host: proxy.host, port: proxy.port, userName: 'p', password: new Secret(PROXY_PASSWORD)}
  const outcomes: unknown[] = []
  for (const duoApi of ['v1', 'v2'] as const) {
    for (const change of [{}, {proxy: via}, {proxy: {...via, userName: 'q'}}, {apiHost: `${'x'.repeat(64)}.example`}]) {
      const factor = another({duoApi, ...change})
      for (const textPrompt of [true, false]) {
        cloud.modes.textPrompt = textPrompt
        const preauth = await factor.preauth(preauthOf('jdoe'), never)
        const carry = preauth.kind === 'choose' ? preauth.carry : undefined
        outcomes.push(preauth, await factor.begin(request(PASSCODE, carry), never))
        cloud.fail('*', {kind: 'fail', code: 40103})
        outcomes.push(await factor.begin(request(PASSCODE, carry), never))
        cloud.fail('*', {kind: 'reset'})
        outcomes.push(await factor.begin(request(PASSCODE, carry), never))
        cloud.heal()
      }
    }
  }
  const written = inspect({records, outcomes}, {depth: 20, maxArrayLength: null, maxStringLength: null})
  assert.equal(
    records.some((record) => record.name === 'duo.http'),
    true,
  )
  assert.match(written, /http POST to https:\/\/localhost:\d+\/auth\/v2\/auth: .*passcode=xxxxxxxx/)
  assert.match(written, /http POST to https:\/\/localhost:\d+\/rest\/v1\/auth: .*auto=xxxxxxxx/)
  for (const call of cloud.calls) {
    const signature = (call.headers.authorization ?? '').replace('Basic ', '')
    assert.equal(signature !== '' && written.includes(signature), false)
  }
  assert.doesNotMatch(written, /MARKED|[Aa]uthorization/)
})
