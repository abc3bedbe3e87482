import assert from 'node:assert/strict'
import {test} from 'node:test'
import {createApiChoices} from '../../src/core/duo/api-choice.ts'
import {never, preauthOf, request, startLab} from './support.ts'

const DAY_MS = 24 * 3_600_000

test('auto: Duo refuses v2, the legacy API serves, with a warning, and v2 is tried again after a day', async (t) => {
  for (const v2 of ['refused', 'unknown'] as const) {
    const {world, cloud, factor, records} = await startLab(t)
    cloud.modes.v2 = v2
    const preauth = await factor.preauth(preauthOf('jdoe'), never)
    assert.equal(preauth.kind, 'choose')
    assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'choose')
    assert.deepEqual([cloud.count('/auth/v2/preauth'), cloud.count('/rest/v1/preauth')], [1, 2])
    assert.deepEqual(
      records.filter((record) => record.name === 'duo.legacy-api').map((r) => r.level),
      ['warn'],
    )

    world.advance(DAY_MS)
    assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'choose')
    assert.deepEqual([cloud.count('/auth/v2/preauth'), cloud.count('/rest/v1/preauth')], [2, 3])

    world.advance(DAY_MS)
    cloud.modes.v2 = 'served'
    assert.equal((await factor.preauth(preauthOf('jdoe'), never)).kind, 'choose')
    assert.deepEqual([cloud.count('/auth/v2/preauth'), cloud.count('/rest/v1/preauth')], [3, 3])
    assert.equal(records.filter((record) => record.name === 'duo.modern-api').length, 1)
  }
})

test('auto: a factor goes through the API its prompt came from, whatever was chosen since', async (t) => {
  const {world, cloud, factor, another} = await startLab(t)
  cloud.modes.v2 = 'refused'
  const legacy = await factor.preauth(preauthOf('jdoe'), never)
  cloud.modes.v2 = 'served'
  world.advance(DAY_MS)
  await factor.preauth(preauthOf('jdoe'), never)
  const start = await factor.begin(request('push1', legacy.kind === 'choose' ? legacy.carry : ''), never)
  assert.equal(cloud.count('/rest/v1/auth'), 1)
  cloud.phone.approve()
  const result = await another({}).result(start.kind === 'pending' ? start.transactionId : '', never)
  assert.equal(result.kind, 'allow')
  assert.equal(cloud.count('/auth/v2/auth_status'), 0)
})

test('auto: once v2 has worked, a refusal is a refusal, for every section with that integration', async (t) => {
  const lab = await startLab(t)
  const apiChoices = createApiChoices(lab.log, lab.world)
  const one = lab.another({apiChoices})
  const two = lab.another({apiChoices})
  assert.equal((await one.preauth(preauthOf('jdoe'), never)).kind, 'choose')
  lab.cloud.modes.v2 = 'refused'
  assert.equal((await one.preauth(preauthOf('jdoe'), never)).kind, 'refused')
  assert.equal((await two.preauth(preauthOf('jdoe'), never)).kind, 'refused')
  assert.equal(lab.cloud.count('/rest/v1/preauth'), 0)
})

test('auto: nothing but a 403 or 404 in the JSON of Duo leads to the legacy API', async (t) => {
  const {cloud, factor} = await startLab(t)
  const html = {'Content-Type': 'text/html'}
  cloud.fail('/auth/v2/preauth', {kind: 'answer', status: 403, headers: html, body: '<html>blocked by the proxy'})
  cloud.fail('/auth/v2/preauth', {kind: 'answer', status: 404, headers: html, body: 'not found'})
  cloud.fail('/auth/v2/preauth', {kind: 'fail', code: 40103})
  cloud.fail('/auth/v2/preauth', {kind: 'fail', code: 40002})
  cloud.fail('/auth/v2/preauth', {kind: 'fail', code: 50302})
  cloud.fail('/auth/v2/preauth', {kind: 'answer', status: 302, headers: {Location: '/rest/v1/preauth'}})
  for (let at = 0; at < 6; at++) {
    const {kind} = await factor.preauth(preauthOf('jdoe'), never)
    assert.equal(kind === 'refused' || kind === 'unavailable', true)
  }
  assert.equal(cloud.count('/rest/v1/preauth'), 0)
})

test('auto: when the legacy API does not serve either, the first refusal counts and nothing is chosen', async (t) => {
  const {cloud, factor, records} = await startLab(t)
  cloud.modes.v2 = 'refused'
  cloud.fail('/rest/v1/preauth', {kind: 'fail', code: 50302})
  const preauth = await factor.preauth(preauthOf('jdoe'), never)
  assert.deepEqual(preauth.kind === 'refused' ? preauth.cause : preauth.kind, '40301 Access forbidden')
  assert.equal(
    records.some((record) => record.name === 'duo.legacy-api'),
    false,
  )
})

test('v2 never falls back; v1 never asks v2', async (t) => {
  const {cloud, another} = await startLab(t)
  cloud.modes.v2 = 'refused'
  assert.equal((await another({duoApi: 'v2'}).preauth(preauthOf('jdoe'), never)).kind, 'refused')
  assert.equal(cloud.count('/rest/v1/preauth'), 0)
  assert.equal((await another({duoApi: 'v1'}).preauth(preauthOf('jdoe'), never)).kind, 'choose')
  assert.equal(cloud.count('/auth/v2/preauth'), 1)
})

test('check tells which API a login would use', async (t) => {
  const {cloud, factor, another} = await startLab(t)
  const apiOf = async (of = factor) => {
    const probe = await of.check(never)
    return probe.kind === 'ok' ? probe.api : probe.kind
  }
  assert.equal(await apiOf(), 'v2')
  cloud.modes.v2 = 'refused'
  assert.equal(await apiOf(), 'v1')
  assert.equal(await apiOf(another({duoApi: 'v2'})), 'refused')
})
