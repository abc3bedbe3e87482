import assert from 'node:assert/strict'
import {execFile} from 'node:child_process'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {type FakeDirectory, startFakeDirectory} from '../../src/core/simulate/directory.ts'
import {realWorld} from '../../src/core/world.ts'
import {freeUdpPort, password, ServedProxy} from '../support/serve-process.ts'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const run = promisify(execFile)

function startDirectory(port: number, servicePassword: string): Promise<FakeDirectory> {
  const users = [
    {userName: 'svc-mfa', password: servicePassword, unit: 'Services'},
    {userName: 'jdoe', password},
  ]
  return startFakeDirectory(
    {port, content: {baseDn: 'DC=example,DC=com', domain: 'EXAMPLE', groups: [], users}},
    realWorld,
  )
}

/** As Duo's guides have it: nothing said of auth_type, which is ntlm2 then, signed and sealed. */
function clientSection(port: number, servicePassword: string): string[] {
  return [
    '[ad_client]',
    'host=127.0.0.1',
    `port=${port}`,
    'service_account_username=svc-mfa',
    `service_account_password=${servicePassword}`,
    'search_dn=DC=example,DC=com',
  ]
}

test('a rotated service password is picked up by a reload', async (t) => {
  const port = await freeUdpPort()
  let directory = await startDirectory(port, 'service-password-not-real-1')
  t.after(() => directory.close())
  const proxy = await ServedProxy.start({
    users: [{userName: 'jdoe', phones: [{number: '+15555551234'}], passcodes: ['123456'], passcodesLast: true}],
    clientSection: clientSection(port, 'service-password-not-real-1'),
  })
  t.after(() => proxy.close())
  assert.equal((await proxy.login('jdoe', '123456')).outcome, 'accept')

  await directory.close()
  directory = await startDirectory(port, 'service-password-not-real-2')
  assert.equal((await proxy.login('jdoe', '123456')).outcome, 'reject')

  proxy.configure({clientSection: clientSection(port, 'service-password-not-real-2')})
  await run(process.execPath, [program, 'reload', '-c', proxy.configFile])
  assert.equal((await proxy.login('jdoe', '123456')).outcome, 'accept')
})
