import assert from 'node:assert/strict'
import {createHmac} from 'node:crypto'
import {type TestContext, test} from 'node:test'
import {type DuoCloudOptions, startDuoCloud} from '../../src/core/simulate/duo-cloud.ts'
import {ManualWorld} from '../support/manual-world.ts'

async function start(t: TestContext, options: Partial<DuoCloudOptions> = {}) {
  const world = new ManualWorld()
  const cloud = await startDuoCloud({
    world,
    https: false,
    users: [{userName: 'jdoe', phones: [{number: '5551234'}], passcodes: ['123456']}],
    ...options,
  })
  t.after(() => cloud.close())
  const url = (path: string) => `http://${cloud.host}:${cloud.port}${path}`
  const dated = (offsetMs = 0) => new Date(world.wallMs() + offsetMs).toUTCString().replace('GMT', '-0000')

  /** Signs by version 2 and sends; each part can be replaced by a wrong one. */
  async function call(
    method: 'GET' | 'POST',
    path: string,
    parameters: Record<string, string> = {},
    wrong: {
      date?: string
      ikey?: string
      signature?: string
      headers?: Record<string, string>
      skipHeaders?: string[]
    } = {},
  ) {
    const encoded = new URLSearchParams(Object.entries(parameters).sort()).toString()
    const date = wrong.date ?? dated()
    const text = [date, method, cloud.host, path, encoded].join('\n')
    const signature = wrong.signature ?? createHmac('sha512', cloud.integration.skey).update(text).digest('hex')
    const headers = new Headers({
      date,
      authorization: `Basic ${btoa(`${wrong.ikey ?? cloud.integration.ikey}:${signature}`)}`,
      ...(method === 'POST' ? {'content-type': 'application/x-www-form-urlencoded'} : {}),
      ...wrong.headers,
    })
    for (const name of wrong.skipHeaders ?? []) headers.delete(name)
    // fetch must not set Date itself; X-Duo-Date carries it and takes part in version 5 only.
    if (headers.has('date')) headers.set('x-duo-date', date)
    const query = method === 'GET' && encoded !== '' ? `?${encoded}` : ''
    const response = await fetch(url(path + query), {
      method,
      headers,
      redirect: 'manual',
      ...(method === 'POST' ? {body: encoded} : {}),
    })
    const body: {stat?: string; code?: number; response?: Record<string, unknown>} = JSON.parse(await response.text())
    return {status: response.status, ...body}
  }
  return {world, cloud, call, dated}
}

test('every way to sign wrongly has the code of the real service', async (t) => {
  const {call, dated} = await start(t)
  const code = async (wrong: Parameters<typeof call>[3], method: 'GET' | 'POST' = 'GET') =>
    (await call(method, method === 'GET' ? '/auth/v2/check' : '/auth/v2/preauth', {}, wrong)).code
  assert.equal((await call('GET', '/auth/v2/check')).stat, 'OK')
  assert.equal(await code({skipHeaders: ['authorization']}), 40101)
  assert.equal(await code({headers: {authorization: 'Basic bm8tY29sb24='}}), 40101)
  assert.equal(await code({ikey: 'DIANOTHER00000000000'}), 40102)
  assert.equal(await code({signature: '0'.repeat(128)}), 40103)
  assert.equal(await code({skipHeaders: ['date']}), 40104)
  assert.equal(await code({date: 'yesterday'}), 40104)
  assert.equal(await code({date: dated(-301_000)}), 40105)
  assert.equal(await code({date: dated(302_000)}), 40105)
  assert.equal(await code({headers: {'content-type': 'text/plain'}}, 'POST'), 40106)
})

test('five minutes of difference are taken, both ways', async (t) => {
  const {call, dated} = await start(t)
  for (const offsetMs of [-299_000, 299_000]) {
    assert.equal((await call('GET', '/auth/v2/check', {}, {date: dated(offsetMs)})).stat, 'OK')
  }
})

test('what is missing or unknown is told by code', async (t) => {
  const {call} = await start(t)
  assert.equal((await call('POST', '/auth/v2/preauth')).code, 40001)
  assert.equal((await call('GET', '/auth/v2/auth_status', {txid: 'nothing'})).code, 40002)
  assert.equal((await call('GET', '/auth/v2/elsewhere')).code, 40401)
  assert.equal((await call('POST', '/auth/v2/auth', {username: 'jdoe', factor: 'prompt'})).code, 40001)
  const device = await call('POST', '/auth/v2/auth', {username: 'jdoe', factor: 'push', device: 'DPNONE'})
  assert.equal(device.code, 40002)
})

test('a push that nobody answers ends after sixty seconds of the World', async (t) => {
  const {world, cloud, call} = await start(t)
  const arrival = cloud.nextPush()
  const begun = await call('POST', '/auth/v2/auth', {username: 'jdoe', factor: 'push', device: 'auto', async: '1'})
  const txid = String(begun.response?.txid)
  assert.equal((await arrival).txid, txid)
  world.advance(59_999)
  assert.equal(cloud.pushes[0]?.outcome, undefined)
  world.advance(1)
  assert.equal(cloud.pushes[0]?.outcome, 'timeout')
  assert.equal(cloud.phone.approve(txid), false)
})

test('a person answers after a while, as the user says', async (t) => {
  const phones = [{number: '5551234'}]
  const {world, cloud, call} = await start(t, {
    users: [{userName: 'slow', phones, answer: 'deny', answerAfterMs: 3_000}],
  })
  await call('POST', '/auth/v2/auth', {username: 'slow', factor: 'push', device: 'auto', async: '1'})
  world.advance(2_999)
  assert.equal(cloud.pushes[0]?.outcome, undefined)
  world.advance(1)
  assert.equal(cloud.pushes[0]?.outcome, 'deny')
})

test('strangers are made on demand; calls and ended pushes are remembered up to a limit, counts are not lost', async (t) => {
  const {cloud, call} = await start(t, {
    remember: 10,
    strangers: (userName) => ({userName, phones: [{number: '5550000'}], answer: 'approve'}),
  })
  for (let at = 0; at < 50; at++) {
    await call('POST', '/auth/v2/auth', {username: `user${at}`, factor: 'push', device: 'auto', async: '1'})
  }
  assert.equal(cloud.count('/auth/v2/auth'), 50)
  assert.equal(cloud.pushesStarted, 50)
  assert.equal(cloud.calls.length <= 20, true)
  assert.equal(cloud.pushes.length, 10)
  assert.equal(cloud.calls.at(-1)?.parameters.username, 'user49')
})

test('faults come in their order, for their path, as often as asked, until healed', async (t) => {
  const {cloud, call} = await start(t)
  cloud.fail('/auth/v2/check', {kind: 'fail', code: 50302}, 2)
  cloud.fail('*', {kind: 'fail', code: 42901}, Number.POSITIVE_INFINITY)
  assert.equal((await call('GET', '/auth/v2/check')).status, 503)
  assert.equal((await call('GET', '/auth/v2/ping')).status, 429)
  assert.equal((await call('GET', '/auth/v2/check')).status, 503)
  assert.equal((await call('GET', '/auth/v2/check')).status, 429)
  cloud.heal()
  assert.equal((await call('GET', '/auth/v2/check')).status, 200)
})

test('close may be called twice and ends what hangs', async (t) => {
  const {cloud, call} = await start(t)
  cloud.fail('*', {kind: 'hang'})
  const hanging = call('GET', '/auth/v2/ping')
  hanging.catch(() => {})
  while (cloud.calls.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await Promise.all([cloud.close(), cloud.close()])
  await assert.rejects(hanging)
})
