// ocserv as the gateway and openconnect as the user's client: a VPN with a text prompt.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {hasOcserv, startOcserv} from '../support/ocserv.ts'
import {NAS_SECRET, password, ServedProxy} from '../support/serve-process.ts'

const phones = [{number: '+15555551234'}]
const users = [
  {userName: 'approves', phones, answer: 'approve' as const},
  {userName: 'denies', phones, answer: 'deny' as const},
  {userName: 'types', phones, passcodes: ['123456']},
]

test('ocserv and openconnect: push, passcode and deny', async (t) => {
  if (!hasOcserv(t)) return
  const proxy = await ServedProxy.start({users})
  t.after(() => proxy.close())
  const vpn = await startOcserv({port: proxy.port, secret: NAS_SECRET, timeoutS: 30})
  t.after(() => vpn.stop())

  const approved = await vpn.login('approves', password, '1')
  assert.ok(approved.isLetIn, `${approved.shown}\n${vpn.output()}`)
  assert.match(approved.shown, /1\. Duo Push to XXX-XXX-1234/)
  assert.deepEqual(
    proxy.cloud.pushes.map(({userName, outcome}) => [userName, outcome]),
    [['approves', 'allow']],
  )

  const denied = await vpn.login('denies', password, 'push')
  assert.ok(!denied.isLetIn, denied.shown)
  assert.equal(proxy.cloud.pushesStarted, 2)

  const typed = await vpn.login('types', password, '123456')
  assert.ok(typed.isLetIn, typed.shown)
  const mistyped = await vpn.login('types', password, '654321')
  assert.ok(!mistyped.isLetIn, mistyped.shown)
  const wrong = await vpn.login('approves', 'wrong-not-real', '1')
  assert.ok(!wrong.isLetIn, wrong.shown)
  assert.equal(proxy.cloud.pushesStarted, 2)
})
