import assert from 'node:assert/strict'
import {test} from 'node:test'
import {freeUdpPort, ServedProxy} from '../support/serve-process.ts'

test('serve --primary-only: a banner, an event and a metric; Duo is not asked; a reload ends it', async (t) => {
  const metricsPort = await freeUdpPort()
  const safe = {failMode: 'safe', main: [`metrics_listen=127.0.0.1:${metricsPort}`]} as const
  const proxy = await ServedProxy.start({
    users: [{userName: 'jdoe', passcodes: ['123456'], passcodesLast: true}],
    ...safe,
  })
  t.after(() => proxy.close())
  await proxy.end('SIGTERM')
  await proxy.serve('--primary-only', '5')
  assert.match(proxy.said, /!!! PRIMARY-ONLY MODE FOR 5 MINUTES +!!!/)

  const calls = proxy.cloud.calls.length
  assert.equal((await proxy.login('jdoe')).outcome, 'accept')
  assert.deepEqual(
    proxy.cloud.calls.slice(calls).map(({path}) => path),
    [],
  )
  const log = await proxy.logged('authproxy.log', /AccessAccept/)
  assert.match(log, /#warn\] PRIMARY-ONLY MODE for 5 minutes/)
  assert.match(log, /BYPASS/)
  assert.match(await proxy.logged('authevents.log', /primary-only/), /"bypass":"primary-only"/)
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  assert.match(text, /^authproxy_bypasses_total\{section="radius_server_challenge",bypass="primary-only"\} 1$/m)

  await proxy.reload()
  await proxy.logged('authproxy.log', /Primary-only mode has ended/)
  assert.equal((await proxy.login('jdoe', '123456')).rounds.length, 2)
})

test('serve --primary-only: failmode=secure still asks Duo', async (t) => {
  const proxy = await ServedProxy.start({
    users: [{userName: 'jdoe', passcodes: ['123456'], passcodesLast: true}],
    failMode: 'secure',
  })
  t.after(() => proxy.close())
  await proxy.end('SIGTERM')
  await proxy.serve('--primary-only', '5')
  const {outcome} = await proxy.login('jdoe')
  assert.notEqual(outcome, 'accept')
})
