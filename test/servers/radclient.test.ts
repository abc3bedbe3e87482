// FreeRADIUS' radclient as the NAS: it checks the authenticators of every reply with code that is not ours.
import assert from 'node:assert/strict'
import {type TestContext, test} from 'node:test'
import {createLog, type LogRecord} from '../../src/core/log/log.ts'
import {ClientTable} from '../../src/core/radius/client-table.ts'
import {createRadiusCounters} from '../../src/core/radius/counters.ts'
import {DuplicateCache} from '../../src/core/radius/duplicate-cache.ts'
import {LatchMemory} from '../../src/core/radius/latch.ts'
import {attributeType, firstAttribute, packetCode} from '../../src/core/radius/packet.ts'
import {revealPassword} from '../../src/core/radius/password.ts'
import {Receiver} from '../../src/core/radius/receiver.ts'
import {RequestPlaces} from '../../src/core/radius/request-places.ts'
import type {Service} from '../../src/core/radius/served-request.ts'
import {listenUdp} from '../../src/core/radius/server.ts'
import {realWorld} from '../../src/core/world.ts'
import {attribute, client} from '../radius/support.ts'
import {needsProgram} from '../support/needs-program.ts'
import {radclient} from '../support/radclient.ts'

const secret = 'test-secret-not-real'
const password = 'a password of more than sixteen octets'

test('radclient logs in, and takes the reply for authentic', async (t) => {
  if (!needsProgram(t, 'radclient', 'freeradius-utils')) return
  const server = await serve(t)
  for (const signed of [false, true]) {
    const accepted = await radclient(server.port, 'auth', secret, [
      'User-Name=jdoe',
      `User-Password="${password}"`,
      'Proxy-State=0x686f70',
      ...(signed ? ['Message-Authenticator=0x00'] : []),
    ])
    assert.match(accepted.output, /Received Access-Accept/)
    assert.match(
      accepted.output,
      /Message-Authenticator = 0x[0-9a-f]{32}\s+Reply-Message = "welcome"\s+Class = .*\s+Proxy-State = 0x686f70/,
    )
    assert.equal(accepted.exitCode, 0)
  }
  const rejected = await radclient(server.port, 'auth', secret, [
    'User-Name=jdoe',
    'User-Password=wrong',
    'Message-Authenticator=0x00',
  ])
  assert.match(rejected.output, /Received Access-Reject/)
})

test('radclient gets a Status-Server answered', async (t) => {
  if (!needsProgram(t, 'radclient', 'freeradius-utils')) return
  const server = await serve(t)
  const {output} = await radclient(server.port, 'status', secret, ['Message-Authenticator=0x00'])
  assert.match(output, /Received Access-Accept/)
})

test('radclient with another secret gets no answer, and the log says why', async (t) => {
  if (!needsProgram(t, 'radclient', 'freeradius-utils')) return
  const server = await serve(t)
  const attributes = ['User-Name=jdoe', 'Message-Authenticator=0x00']
  const {output, exitCode} = await radclient(server.port, 'auth', 'other-secret-not-real', attributes, 1)
  assert.doesNotMatch(output, /Received Access/)
  assert.notEqual(exitCode, 0)
  assert.match(server.records.at(-1)?.text ?? '', /bad shared secret or forged/)
})

async function serve(t: TestContext): Promise<{port: number; records: LogRecord[]}> {
  const records: LogRecord[] = []
  const log = createLog(realWorld, [{write: (record) => records.push(record), close: async () => {}}], {debug: false})
  const duplicates = new DuplicateCache(realWorld)
  const receiver = new Receiver({
    log,
    listener: 'test',
    clients: new ClientTable([client({network: '127.0.0.1'})]),
    duplicates,
    latches: new LatchMemory(realWorld),
    counters: createRadiusCounters(),
    service: acceptOnlyTheRightPassword,
    answersStatus: () => true,
    places: new RequestPlaces(realWorld, {all: 10, newLogins: 10, newLoginsOfOne: 10}),
  })
  const receive: Parameters<typeof listenUdp>[0]['receive'] = (datagram, from, send) =>
    receiver.receive(datagram, from, send)
  const server = await listenUdp({log, interface: '127.0.0.1', port: 0, receive})
  t.after(async () => {
    await server.close()
    duplicates.close()
  })
  const [socket] = server.sockets
  assert.ok(socket)
  return {port: socket.port, records}
}

const acceptOnlyTheRightPassword: Service = async ({packet, client}) => {
  const hidden = firstAttribute(packet.attributes, attributeType.userPassword)
  const revealed = hidden && revealPassword(hidden, packet.authenticator, client.key)?.toString()
  if (revealed !== password) return {code: packetCode.accessReject, attributes: []}
  return {code: packetCode.accessAccept, attributes: [attribute(25, 'OU=Staff;'), attribute(18, 'welcome')]}
}
