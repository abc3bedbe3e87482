// radclient as the NAS, the built program, a real FreeRADIUS as the primary: nothing but Duo is ours on either side.
import assert from 'node:assert/strict'
import {type TestContext, test} from 'node:test'
import {type FreeRadius, freeradiusSecret, startFreeRadius} from '../support/freeradius.ts'
import {needsProgram} from '../support/needs-program.ts'
import {radclient} from '../support/radclient.ts'
import {freeUdpPort, NAS_SECRET, ServedProxy} from '../support/serve-process.ts'

const phones = [{number: '+15555551234'}]
const users = ['jdoe', 'otp'].map((userName) => ({userName, phones, answer: 'approve' as const}))

const right = 'right-not-real'

async function chain(t: TestContext): Promise<{proxy: ServedProxy; freeradius: FreeRadius} | undefined> {
  if (!needsProgram(t, 'radclient', 'freeradius-utils') || !needsProgram(t, 'freeradius', 'freeradius'))
    return undefined
  const freeradius = await startFreeRadius()
  t.after(() => freeradius.stop())
  const dead = await freeUdpPort()
  const proxy = await ServedProxy.start({
    users,
    server: ['require_message_authenticator=yes'],
    // The first host is dead: nobody listens there.
    clientSection: [
      '[radius_client]',
      'host=127.0.0.1',
      `port=${dead}`,
      'host_2=127.0.0.1',
      `port_2=${freeradius.strictPort}`,
      'retry_wait=1',
      `secret=${freeradiusSecret}`,
      'require_message_authenticator=yes',
      'pass_through_all=true',
    ],
  })
  t.after(() => proxy.close())
  return {proxy, freeradius}
}

test('accept, reject and challenge through the whole chain, attributes kept, past a dead first host', async (t) => {
  const both = await chain(t)
  if (both === undefined) return
  const {proxy} = both
  const ask = (...attributes: string[]) =>
    radclient(proxy.port, 'auth', NAS_SECRET, [...attributes, 'NAS-Identifier="ivanti"', 'Message-Authenticator=0x00'])

  const prompt = await ask('User-Name="jdoe"', `User-Password="${right}"`)
  assert.match(prompt.output, /Received Access-Challenge/)
  assert.match(prompt.output, /Reply-Message = ".*1\. Duo Push to XXX-XXX-1234/)
  const accepted = await ask('User-Name="jdoe"', 'User-Password="1"', stateOf(prompt.output))
  assert.match(accepted.output, /Received Access-Accept/)
  assert.equal(accepted.exitCode, 0)
  const received = accepted.output.slice(accepted.output.indexOf('Received Access-Accept'))
  const attributes = [...received.matchAll(/^\t(.+)$/gm)].map(([, text]) => text)
  assert.deepEqual(attributes.slice(1), [
    'Reply-Message = "Success. Logging you in..."',
    'Reply-Message = "Welcome"',
    'Class = 0x7374616666',
    'Class = 0x00ff',
    'Filter-Id = "vpn"',
    'Framed-IP-Address = 192.0.2.33',
    'Tunnel-Type:1 = VLAN',
    'Tunnel-Private-Group-Id:1 = "42"',
    'Cisco-AVPair = "shell:priv-lvl=15"',
    'Cisco-AVPair = "ip:addr-pool=vpn"',
    'Juniper-Local-User-Name = "remote"',
    'PaloAlto-User-Group = "staff"',
    'Fortinet-Group-Name = "vpn-users"',
  ])
  assert.equal(proxy.cloud.pushesStarted, 1)

  const closed = await ask('User-Name="refused"', `User-Password="${right}"`)
  assert.match(closed.output, /Received Access-Reject[\s\S]*Your account is closed/)
  const wrong = await ask('User-Name="jdoe"', 'User-Password="wrong-not-real"')
  assert.match(wrong.output, /Received Access-Reject/)

  const again = await ask('User-Name="jdoe"', 'User-Password="1"', stateOf(prompt.output))
  assert.match(again.output, /Received Access-Reject/)
  assert.match(again.output, /Unknown Challenge/)
  assert.equal(proxy.cloud.pushesStarted, 1)
})

test("a question of FreeRADIUS's own is relayed, its answer goes back, then Duo follows", async (t) => {
  const both = await chain(t)
  if (both === undefined) return
  const {proxy} = both
  const ask = (...attributes: string[]) =>
    radclient(proxy.port, 'auth', NAS_SECRET, [...attributes, 'Message-Authenticator=0x00'])
  const question = await ask('User-Name="otp"', `User-Password="${right}"`)
  assert.match(question.output, /Received Access-Challenge/)
  const prompt = await ask('User-Name="otp"', `User-Password="123456"`, stateOf(question.output))
  assert.match(prompt.output, /Duo Push to XXX-XXX-1234/)
  const accepted = await ask('User-Name="otp"', 'User-Password="push"', stateOf(prompt.output))
  assert.match(accepted.output, /Received Access-Accept/)
})

test('without a Message-Authenticator there is no answer, and the log says why', async (t) => {
  const both = await chain(t)
  if (both === undefined) return
  const {proxy} = both
  const {output} = await radclient(proxy.port, 'auth', NAS_SECRET, ['User-Name="jdoe"', 'User-Password="x"'], 1)
  assert.match(output, /No reply from server/)
  assert.match(proxy.log('authproxy.log'), /missing Message-Authenticator/)
})

/** The State of the reply: radclient shows what it sent first. */
function stateOf(output: string): string {
  const state = [...output.matchAll(/State = (0x[0-9a-f]+)/g)].at(-1)?.[1]
  assert.ok(state, output)
  return `State=${state}`
}
