import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {ChapResponse} from '../../src/core/login/primary-authenticator.ts'
import {createNoPrimary} from '../../src/core/primary/none.ts'
import {RadiusPrimary} from '../../src/core/primary/radius.ts'
import {openVendorAttributes, vendorAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {type Attribute, attributeType, firstAttribute, packetCode} from '../../src/core/radius/packet.ts'
import {nextLogin, openUpstream, packetOf, replyTo} from '../support/radius-upstream.ts'

const never = new AbortController().signal
const chap: ChapResponse = {
  kind: 'chap',
  attributes: [
    {type: attributeType.chapPassword, value: Buffer.alloc(17, 7)},
    {type: attributeType.chapChallenge, value: Buffer.alloc(16, 3)},
  ],
}
const mschapv2: ChapResponse = {
  kind: 'mschapv2',
  attributes: [vendorAttribute(311, 11, Buffer.alloc(16, 1)), vendorAttribute(311, 25, Buffer.alloc(50, 2))],
}
const change: ChapResponse = {
  kind: 'mschapv2-change',
  attributes: [
    vendorAttribute(311, 11, Buffer.alloc(16, 1)),
    vendorAttribute(311, 27, Buffer.alloc(68, 2)),
    ...[247, 247, 34].map((octets, at) => vendorAttribute(311, 6, Buffer.alloc(octets, at))),
  ],
}

const request = (credentials: ChapResponse, forwarded: readonly Attribute[] = []) => ({
  userName: 'jdoe',
  credentials,
  clientAddress: undefined,
  forwarded,
  resume: undefined,
})

async function open(t: Parameters<typeof openUpstream>[0]) {
  const {client, servers, log} = await openUpstream(t, 1)
  const [server] = servers
  assert.ok(server)
  const radius = new RadiusPrimary(client, {nasIp: '192.0.2.1', passwordCodec: 'utf-8', passThrough: []}, log)
  return {radius, server, log}
}

for (const credentials of [chap, mschapv2, change]) {
  test(`${credentials.kind} goes on as it is, in place of a User-Password`, async (t) => {
    const {radius, server} = await open(t)
    const result = radius.authenticate(request(credentials), never)
    const received = await nextLogin(server)
    const {attributes} = packetOf(received)
    assert.equal(firstAttribute(attributes, attributeType.userPassword), undefined)
    for (const {value} of openVendorAttributes(credentials.attributes)) {
      assert.equal(openVendorAttributes(attributes).filter((found) => found.value.equals(value)).length, 1)
    }
    await server.send(replyTo(received), received.from)
    assert.equal((await result).kind, 'accept')
  })
}

for (const [code, reason] of [
  [646, 'logon-hours'],
  [647, 'account-disabled'],
  [648, 'password-expired'],
  [649, 'rejected'],
  [691, 'wrong-password'],
  [undefined, 'rejected'],
] as const) {
  test(`a refusal with MS-CHAP-Error ${code ?? 'left out'} is ${reason}, and the attribute goes to the NAS`, async (t) => {
    const {radius, server} = await open(t)
    const result = radius.authenticate(request(mschapv2), never)
    const received = await nextLogin(server)
    const error = code === undefined ? [] : [vendorAttribute(311, 2, Buffer.from(`\x01E=${code} R=0 V=3`))]
    await server.send(replyTo(received, {code: packetCode.accessReject, attributes: error}), received.from)
    const refused = await result
    assert.ok(refused.kind === 'reject')
    assert.deepEqual([refused.reason, refused.attributes], [reason, error])
  })
}

test('attributes that find no room beside a password change are left out, not the change', async (t) => {
  const {radius, server, log} = await open(t)
  const forwarded = Array.from({length: 20}, () => ({type: 32, value: Buffer.alloc(253, 1)}))
  const result = radius.authenticate(request(change, forwarded), never)
  const received = await nextLogin(server)
  assert.ok(received.datagram.length <= 4096)
  const octets = openVendorAttributes(packetOf(received).attributes).filter(({vendor}) => vendor === 311)
  assert.equal(octets.length, change.attributes.length)
  assert.equal(log.of('upstream.attributes_left_out').length, 1)
  await server.send(replyTo(received), received.from)
  await result
})

test('where nobody checks passwords, nobody can check a response', async () => {
  for (const credentials of [chap, mschapv2, change]) {
    const result = await createNoPrimary('duo_only_client').authenticate(request(credentials), never)
    assert.ok(result.kind === 'reject')
    assert.equal(result.reason, 'method-not-supported')
    assert.match(result.detail ?? '', /\[duo_only_client\].*radius_client/)
  }
})
