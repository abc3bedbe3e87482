// pam_radius as the gateway: what a Linux server has when it asks RADIUS for a second factor.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {hasPamRadius, PamRadius} from '../support/pam-radius.ts'
import {NAS_SECRET, password, ServedProxy} from '../support/serve-process.ts'

const phones = [{number: '+15555551234'}]
const users = [
  {userName: 'approves', phones, answer: 'approve' as const},
  {userName: 'denies', phones, answer: 'deny' as const},
  {userName: 'types', phones, passcodes: ['123456']},
]

test('pam_radius: push, passcode and deny', async (t) => {
  if (!hasPamRadius(t)) return
  const proxy = await ServedProxy.start({users})
  t.after(() => proxy.close())
  const pam = await PamRadius.make({port: proxy.port, secret: NAS_SECRET, timeoutS: 30})
  t.after(() => pam.remove())

  const approved = await pam.login('approves', password, '1')
  assert.ok(approved.isLetIn, approved.shown)
  assert.match(approved.shown, /1\. Duo Push to XXX-XXX-1234/)
  assert.deepEqual(
    proxy.cloud.pushes.map(({userName, outcome}) => [userName, outcome]),
    [['approves', 'allow']],
  )

  const denied = await pam.login('denies', password, 'push')
  assert.ok(!denied.isLetIn, denied.shown)
  assert.equal(proxy.cloud.pushesStarted, 2)

  const typed = await pam.login('types', password, '123456')
  assert.ok(typed.isLetIn, typed.shown)
  const mistyped = await pam.login('types', password, '654321')
  assert.ok(!mistyped.isLetIn, mistyped.shown)
  const wrong = await pam.login('approves', 'wrong-not-real', '1')
  assert.ok(!wrong.isLetIn, wrong.shown)
  assert.equal(proxy.cloud.pushesStarted, 2)
})
