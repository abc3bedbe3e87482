// Everything that can go wrong with each call to Duo, through the built program, with both fail modes at once.
import assert from 'node:assert/strict'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {after, before, test} from 'node:test'
import {createCertificateAuthority} from '../../src/core/simulate/certificates.ts'
import type {CloudFault} from '../../src/core/simulate/duo-cloud.ts'
import {freeUdpPort, ServedProxy} from '../support/serve-process.ts'
import {assertSound, untilIdle} from '../support/soundness.ts'

const faults: {readonly [Name in string]: CloudFault} = {
  hangs: {kind: 'hang'},
  'is reset': {kind: 'reset'},
  'loses its answer': {kind: 'lost-answer'},
  'has its answer cut': {kind: 'cut'},
  'fails with 503': {kind: 'answer', status: 503},
  'is answered by a page of somebody else': {kind: 'answer', status: 200, body: '<html>welcome</html>'},
  'is refused': {kind: 'fail', code: 40301},
}

/** Whether Duo counts as out of reach, so that at preauth, and there alone, the fail mode decides. */
const outOfReach = new Set(['hangs', 'is reset', 'loses its answer', 'has its answer cut', 'fails with 503'])
const calls = ['preauth', 'auth', 'auth_status'] as const

let users = 0
let safe: ServedProxy
let secure: ServedProxy
let metricsPort = 0

before(async () => {
  metricsPort = await freeUdpPort()
  const strangers = (userName: string) => ({userName, phones: [{number: '+15555551234'}], answer: 'approve' as const})
  const primaryUsers = new Map(
    Array.from({length: 200}, (_, number) => [`user${number}`, {password: 'password-not-real'}] as const),
  )
  // A second is the shortest api_timeout there is.
  secure = await ServedProxy.start({
    users: [],
    primaryUsers,
    cloud: {strangers},
    server: ['api_timeout=1', 'duo_api=v2'],
    main: [`metrics_listen=127.0.0.1:${metricsPort}`],
  })
  safe = await ServedProxy.startBeside(secure, {failMode: 'safe', server: ['api_timeout=1', 'duo_api=v2']})
})
after(async () => {
  await safe.close()
  await secure.close()
})

for (const call of calls) {
  for (const [what, fault] of Object.entries(faults)) {
    test(`${call} ${what}: nobody gets in but by the fail mode at preauth`, async () => {
      secure.cloud.fail(`/auth/v2/${call}`, fault, Number.POSITIVE_INFINITY)
      const bypassed = call === 'preauth' && outOfReach.has(what)
      const names = [`user${users++}`, `user${users++}`] as const
      const [strict, lenient] = await Promise.all([secure.login(names[0], 'push'), safe.login(names[1], 'push')])
      secure.cloud.heal()
      assert.equal(strict.outcome, 'reject')
      assert.equal(lenient.outcome, bypassed ? 'accept' : 'reject')
      await assertSound([secure], names[0], strict)
      await assertSound([safe], names[1], lenient)
    })

    test(`${call} ${what} once: the login ends, and the next one is as ever`, async () => {
      secure.cloud.fail(`/auth/v2/${call}`, fault, 1)
      const name = `user${users++}`
      await assertSound([secure], name, await secure.login(name, 'push'))
      secure.cloud.heal()
      const next = `user${users++}`
      const report = await secure.login(next, 'push')
      assert.equal(report.outcome, 'accept')
      await assertSound([secure], next, report)
    })
  }
}

test('a certificate of another authority, from the start and in mid-login', async () => {
  writeFileSync(join(secure.folder, 'conf', 'other.pem'), createCertificateAuthority().cert)
  const distrust = ['api_timeout=1', 'duo_api=v2', 'http_ca_certs_file=other.pem']
  const name = `user${users++}`
  const report = await secure.login(name, async () => {
    secure.configure({server: distrust, main: [`metrics_listen=127.0.0.1:${metricsPort}`]})
    await secure.reload()
    return 'push'
  })
  assert.equal(report.outcome, 'reject')
  await assertSound([secure], name, report)
  assert.equal(secure.cloud.pushes.filter(({userName}) => userName === name).length, 0)
  assert.equal((await secure.login(`user${users++}`, 'push')).outcome, 'reject')
})

test('after all of it nothing is left in work', async () => {
  const {pendingRequests, pendingPushes} = await untilIdle(metricsPort)
  assert.deepEqual([pendingRequests, pendingPushes], [0, 0])
})
