import assert from 'node:assert/strict'
import {createRequire} from 'node:module'
import {after, before, test} from 'node:test'
import {type DuoCloud, startDuoCloud} from '../../src/core/simulate/duo-cloud.ts'
import {realWorld} from '../../src/core/world.ts'

// Duo's own client decides whether the fake cloud is one. It pins Duo's certificates and knows no port: both are replaced here.

type Reply = {stat: string; code?: number; response?: Record<string, unknown>}
type Client = {
  jsonApiCall(method: string, path: string, parameters: Record<string, string>, callback: (reply: Reply) => void): void
}

const require = createRequire(import.meta.url)
const https: {globalAgent: {options: {port?: number}}; Agent: unknown} = require('node:https')
const constants: {DUO_PINNED_CERT: string} = require('@duosecurity/duo_api/lib/constants.js')
const duo: {
  Client: new (ikey: string, skey: string, host: string, version?: number) => Client
} = require('@duosecurity/duo_api')

let cloud: DuoCloud
const originalPort = https.globalAgent.options.port

before(async () => {
  cloud = await startDuoCloud({
    world: realWorld,
    users: [
      {userName: 'jdoe', phones: [{number: '5551234'}], passcodes: ['123456'], answer: 'approve', answerAfterMs: 1},
    ],
  })
  constants.DUO_PINNED_CERT = cloud.caCert
  https.globalAgent.options.port = cloud.port
})

after(async () => {
  if (originalPort === undefined) delete https.globalAgent.options.port
  else https.globalAgent.options.port = originalPort
  await cloud.close()
})

function call(version: 2 | 5, method: string, path: string, parameters: Record<string, string> = {}, skey?: string) {
  const client = new duo.Client(cloud.integration.ikey, skey ?? cloud.integration.skey, 'localhost', version)
  return new Promise<Reply>((resolve) => client.jsonApiCall(method, path, parameters, resolve))
}

for (const version of [2, 5] as const) {
  test(`the official client, signature version ${version}: ping, check, preauth, auth`, async () => {
    const ping = await call(version, 'GET', '/auth/v2/ping')
    assert.equal(typeof ping.response?.time, 'number')
    assert.equal((await call(version, 'GET', '/auth/v2/check')).stat, 'OK')

    const preauth = await call(version, 'POST', '/auth/v2/preauth', {username: 'jdoe'})
    assert.equal(preauth.response?.result, 'auth')
    assert.equal(Array.isArray(preauth.response?.devices), true)

    const push = await call(version, 'POST', '/auth/v2/auth', {username: 'jdoe', factor: 'push', device: 'auto'})
    assert.equal(push.response?.result, 'allow')

    const wrong = await call(version, 'POST', '/auth/v2/auth', {
      username: 'jdoe',
      factor: 'passcode',
      passcode: "0!'()*~ é",
    })
    assert.equal(wrong.response?.result, 'deny')
  })

  test(`the official client, signature version ${version}: asynchronous auth ends through auth_status`, async () => {
    const start = await call(version, 'POST', '/auth/v2/auth', {
      username: 'jdoe',
      factor: 'push',
      device: 'auto',
      async: '1',
    })
    const txid = String(start.response?.txid)
    const first = await call(version, 'GET', '/auth/v2/auth_status', {txid})
    assert.equal(first.response?.status, 'pushed')
    const last = await call(version, 'GET', '/auth/v2/auth_status', {txid})
    assert.equal(last.response?.result, 'allow')
  })

  test(`the official client, signature version ${version}: a wrong key is refused`, async () => {
    const reply = await call(version, 'GET', '/auth/v2/check', {}, 'another-test-skey')
    assert.equal(reply.stat, 'FAIL')
    assert.equal(reply.code, 40103)
  })
}
