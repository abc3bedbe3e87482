// ocserv as the gateway and openconnect as the user's client: a VPN with a text prompt.
import {test} from 'node:test'
import {gatewayUsers, logInEveryWay} from '../support/gateway-logins.ts'
import {hasOcserv, startOcserv} from '../support/ocserv.ts'
import {NAS_SECRET, ServedProxy} from '../support/serve-process.ts'

test('ocserv and openconnect: push, passcode and deny', async (t) => {
  if (!hasOcserv(t)) return
  const proxy = await ServedProxy.start({users: gatewayUsers})
  t.after(() => proxy.close())
  const vpn = await startOcserv({port: proxy.port, secret: NAS_SECRET, timeoutS: 30})
  t.after(() => vpn.stop())

  await logInEveryWay(
    proxy,
    (...typed) => vpn.login(...typed),
    () => vpn.output(),
  )
})
