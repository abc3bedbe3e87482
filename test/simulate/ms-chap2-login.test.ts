import assert from 'node:assert/strict'
import {test} from 'node:test'
import {decodePacket} from '../../src/core/radius/codec.ts'
import {findAttribute, vendorAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {readChapResponse} from '../../src/core/radius/ms-chap.ts'
import {type Packet, packetCode} from '../../src/core/radius/packet.ts'
import {hideForHop} from '../../src/core/radius/pass-through.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeReply, type ReplyDraft} from '../../src/core/radius/sign.ts'
import {Secret} from '../../src/core/secret.ts'
import {checkProof, type KnownUser} from '../../src/core/simulate/check-proof.ts'
import type {LoginMethod} from '../../src/core/simulate/credentials.ts'
import {Nas} from '../../src/core/simulate/nas.ts'
import {profiles} from '../../src/core/simulate/profiles.ts'
import {loopbackServer} from '../support/loopback-transport.ts'
import {ManualWorld} from '../support/manual-world.ts'

const secret = new Secret('test-secret-not-real')
const key = sharedKey(secret)
const world = new ManualWorld({seed: 'ms-chap2-login'})

/** A server that checks what the NAS sends; `spoil` may change what it answers. */
function serverOf(user: {password: string; isExpired: boolean}, spoil: (draft: ReplyDraft) => ReplyDraft = (d) => d) {
  const kinds: (string | undefined)[] = []
  const answer = (request: Packet): ReplyDraft => {
    kinds.push(readChapResponse(request)?.kind)
    const known: KnownUser = {userName: 'jdoe', ...user}
    const proof = checkProof(request, key, known)
    if (proof.kind === 'changed') {
      user.password = proof.newPassword
      user.isExpired = false
    }
    const code = proof.kind === 'wrong' ? packetCode.accessReject : packetCode.accessAccept
    const draft = spoil({code, attributes: proof.attributes})
    return {...draft, attributes: hideForHop(draft.attributes, request.authenticator, key, world.randomBytes)}
  }
  const {transport} = loopbackServer((datagram) => {
    const decoded = decodePacket(datagram)
    assert.ok(decoded.ok)
    const encoded = encodeReply(answer(decoded.packet), decoded.packet, key)
    assert.ok(encoded.ok)
    return encoded.datagram
  })
  return {transport, kinds}
}

async function loginAt(server: ReturnType<typeof serverOf>, method: LoginMethod, passwords: string[]) {
  const [password = '', newPassword] = passwords
  const nas = new Nas({
    world,
    profile: profiles.ivanti,
    secret,
    method,
    address: '192.0.2.10',
    policy: {timeoutMs: 1000, retries: 0},
    servers: [async () => server.transport],
  })
  const report = await nas.login({
    userName: 'jdoe',
    password: new Secret(password),
    ...(newPassword === undefined ? {} : {newPassword: new Secret(newPassword)}),
    clientAddress: undefined,
    extra: [],
    answer: async () => undefined,
  })
  return [report.outcome, report.problem]
}

for (const method of ['pap', 'chap', 'mschapv2'] as const) {
  test(`${method}: the right password and a wrong one`, async () => {
    const server = serverOf({password: 'right-not-real', isExpired: false})
    assert.deepEqual(await loginAt(server, method, ['right-not-real']), ['accept', undefined])
    assert.deepEqual(await loginAt(server, method, ['wrong']), ['reject', undefined])
    assert.deepEqual(
      server.kinds,
      [method, method].map((kind) => (kind === 'pap' ? undefined : kind)),
    )
  })
}

test('an expired password is changed, and the new one is the password from then on', async () => {
  const server = serverOf({password: 'old-not-real', isExpired: true})
  assert.deepEqual(await loginAt(server, 'mschapv2', ['old-not-real']), ['reject', undefined])
  assert.deepEqual(await loginAt(server, 'mschapv2', ['wrong', 'new-not-real']), ['reject', undefined])
  assert.deepEqual(await loginAt(server, 'mschapv2', ['old-not-real', 'neu-ä€-not-real']), ['accept', undefined])
  assert.deepEqual(await loginAt(server, 'mschapv2', ['neu-ä€-not-real']), ['accept', undefined])
  assert.deepEqual(await loginAt(server, 'mschapv2', ['old-not-real']), ['reject', undefined])
  assert.deepEqual(server.kinds, ['mschapv2', 'mschapv2', 'mschapv2', 'mschapv2-change', 'mschapv2', 'mschapv2'])
})

const without = (name: string) => (draft: ReplyDraft) => {
  const found = findAttribute(draft.attributes, name)
  return {...draft, attributes: draft.attributes.filter((a) => !found || !a.value.subarray(6).equals(found.value))}
}
const withOther = (name: string, type: number) => (draft: ReplyDraft) => {
  const value = Buffer.from(findAttribute(draft.attributes, name)?.value ?? '')
  value[value.length - 1] = (value.at(-1) ?? 0) ^ 1
  return {...without(name)(draft), attributes: [...without(name)(draft).attributes, vendorAttribute(311, type, value)]}
}

for (const [what, spoil, problem] of [
  ['no MS-CHAP2-Success', without('MS-CHAP2-Success'), 'the Accept has no MS-CHAP2-Success'],
  ['another MS-CHAP2-Success', withOther('MS-CHAP2-Success', 26), 'the MS-CHAP2-Success proves nothing'],
  ['another send key', withOther('MS-MPPE-Send-Key', 16), "the MS-MPPE-Send-Key is not the user's"],
  ['another receive key', withOther('MS-MPPE-Recv-Key', 17), "the MS-MPPE-Recv-Key is not the user's"],
] as const) {
  test(`an Accept with ${what} is not believed`, async () => {
    const server = serverOf({password: 'right-not-real', isExpired: false}, spoil)
    assert.deepEqual(await loginAt(server, 'mschapv2', ['right-not-real']), ['error', problem])
  })
}

test('an Accept without keys is believed: not every link is encrypted', async () => {
  const server = serverOf({password: 'right-not-real', isExpired: false}, (draft) =>
    without('MS-MPPE-Recv-Key')(without('MS-MPPE-Send-Key')(draft)),
  )
  assert.deepEqual(await loginAt(server, 'mschapv2', ['right-not-real']), ['accept', undefined])
})
