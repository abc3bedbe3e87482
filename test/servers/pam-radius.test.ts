// pam_radius as the gateway: what a Linux server has when it asks RADIUS for a second factor.
import {test} from 'node:test'
import {gatewayUsers, logInEveryWay} from '../support/gateway-logins.ts'
import {hasPamRadius, PamRadius} from '../support/pam-radius.ts'
import {NAS_SECRET, ServedProxy} from '../support/serve-process.ts'

test('pam_radius: push, passcode and deny', async (t) => {
  if (!hasPamRadius(t)) return
  const proxy = await ServedProxy.start({users: gatewayUsers})
  t.after(() => proxy.close())
  const pam = await PamRadius.make({port: proxy.port, secret: NAS_SECRET, timeoutS: 30})
  t.after(() => pam.remove())

  await logInEveryWay(proxy, (...typed) => pam.login(...typed))
})
