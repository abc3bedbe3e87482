import assert from 'node:assert/strict'
import {createLog} from '../../src/core/log/log.ts'
import {ClientTable} from '../../src/core/radius/client-table.ts'
import {createRadiusCounters} from '../../src/core/radius/counters.ts'
import {DuplicateCache} from '../../src/core/radius/duplicate-cache.ts'
import {LatchMemory} from '../../src/core/radius/latch.ts'
import {packetCode} from '../../src/core/radius/packet.ts'
import {Receiver} from '../../src/core/radius/receiver.ts'
import {RequestPlaces} from '../../src/core/radius/request-places.ts'
import {encodeRequest} from '../../src/core/radius/sign.ts'
import {attribute, client, encoded, exchanges, hex, testKey} from '../radius/support.ts'
import {ManualWorld} from '../support/manual-world.ts'
import type {Target} from './target.ts'

const world = new ManualWorld({seed: 'fuzz receiver'})
const from = {address: '192.0.2.1', port: 40_000}
const signed = encoded(
  encodeRequest(
    {
      code: packetCode.accessRequest,
      identifier: 1,
      authenticator: Buffer.alloc(16, 1),
      attributes: [attribute(1, 'jdoe')],
    },
    testKey,
    {messageAuthenticator: true},
  ),
)

/** A receiver with fresh memory for every input, whose service accepts whatever reaches it. */
export const receiverTarget: Target = {
  name: 'radius-receiver',
  seeds: [signed, ...exchanges.map(({request}) => hex(request))],
  async run(input) {
    const counters = createRadiusCounters()
    const sent: Buffer[] = []
    const duplicates = new DuplicateCache(world)
    const receiver = new Receiver({
      log: createLog(world, [], {debug: true}),
      listener: '0.0.0.0:1812',
      clients: new ClientTable([client({network: '192.0.2.0/24', requireMessageAuthenticator: 'yes'})]),
      duplicates,
      latches: new LatchMemory(world),
      counters,
      answersStatus: () => true,
      service: async () => ({code: packetCode.accessAccept, attributes: []}),
      places: new RequestPlaces(world, {all: 10, newLogins: 10, newLoginsOfOne: 10}),
    })
    receiver.receive(input, from, (reply) => sent.push(reply))
    await receiver.idle()
    duplicates.close()
    assert.equal(counters.bugs, 0)
    assert.ok(sent.length <= 1)
    const reached = counters.requests + counters.statusServer
    if (sent.length > 0) assert.equal(reached, 1)
    const reason = Object.entries(counters.discarded).find(([, times]) => times > 0)?.[0]
    // Only what bears a Message-Authenticator made with the secret gets this far.
    if (reached > 0) assert.ok(input.subarray(4, 20).equals(signed.subarray(4, 20)))
    return reason ?? `served ${sent.length}`
  },
}
