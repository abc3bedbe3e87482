import {encodePacket} from '../../src/core/radius/codec.ts'
import {vendorAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {type Attribute, attributeType, packetCode} from '../../src/core/radius/packet.ts'
import {hidePassword} from '../../src/core/radius/password.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeRequest} from '../../src/core/radius/sign.ts'
import {Secret} from '../../src/core/secret.ts'
import type {LoginMethod} from '../../src/core/simulate/credentials.ts'
import {Nas} from '../../src/core/simulate/nas.ts'
import {profiles} from '../../src/core/simulate/profiles.ts'
import {openUdpTransport} from '../../src/core/simulate/transport.ts'
import {realWorld} from '../../src/core/world.ts'
import {markOfOption} from './marked-config.ts'
import type {asked, MarkedStage, Person} from './marked-stage.ts'
import {digitsOf, type Mark, markOf} from './marks.ts'

/** What may be secret in a packet, a mark for each. */
const secret = {
  password: markOf('password'),
  wrongPassword: markOf('wrong password'),
  chapPassword: markOf('wrong password of CHAP'),
  expired: markOf('expired password'),
  changed: markOf('password it is changed to'),
  typed: markOf('answer to a challenge that is no passcode'),
  eap: markOf('EAP-Message'),
  unknownAttribute: markOf('attribute that no dictionary has'),
  unknownVendor: markOf('attribute of a vendor that no dictionary has'),
  unknownOfVendor: markOf('attribute that the dictionary of its vendor does not have'),
  pair: markOf('Cisco-AVPair psk'),
  brokenVendor: markOf('vendor attribute that cannot be read'),
  garbage: markOf('password that is no text'),
  clearPassword: markOf('User-Password that is not hidden'),
  unsigned: markOf('packet whose Message-Authenticator is wrong'),
  cut: markOf('attribute past the end of the packet'),
  notRadius: markOf('datagram that is no packet'),
  accounting: markOf('packet with a code that is not served'),
  state: markOf('State of somebody else'),
  sessionKey: markOf('MS-MPPE-Send-Key of the primary server'),
  tunnel: markOf('Tunnel-Password of the primary server'),
  replied: markOf('attribute of the primary server that no dictionary has'),
} as const

const passcode = digitsOf('passcode')
const wrongPasscode = digitsOf('wrong passcode')
const concatenated = digitsOf('wrong passcode behind the password')

const authenticator = Buffer.alloc(16, 7)

export const people: readonly Person[] = [
  {userName: 'jdoe', password: secret.password.text, passcodes: [passcode.text]},
  {userName: 'expired', password: secret.expired.text, isExpired: true, passcodes: []},
]

/** What the primary server adds to its Accept. */
export const primaryReply: readonly Attribute[] = [
  {type: 25, value: Buffer.from('OU=vpn-users')},
  {type: 69, value: Buffer.concat([Buffer.of(0), Buffer.from(secret.tunnel.text)])},
  vendorAttribute(311, 16, Buffer.from(secret.sessionKey.text)),
  {type: 250, value: Buffer.from(secret.replied.text)},
]

export const packetMarks: readonly Mark[] = [...Object.values(secret), passcode, wrongPasscode, concatenated]

/** Sends logins by every method and in every mode, and everything a stranger or a broken NAS may send. */
export async function everyPacket(stage: MarkedStage): Promise<void> {
  const {password, wrongPassword, chapPassword, expired, changed, typed} = secret
  await login(stage, 'radius_server_challenge', 'pap', 'jdoe', {password}, passcode)
  await login(stage, 'radius_server_challenge', 'pap', 'jdoe', {password}, wrongPasscode)
  await login(stage, 'radius_server_challenge', 'pap', 'jdoe', {password}, typed)
  await login(stage, 'radius_server_challenge', 'pap', 'jdoe', {password}, {name: 'push', text: 'push'})
  await login(stage, 'radius_server_challenge', 'pap', 'jdoe', {password: wrongPassword})
  await login(stage, 'radius_server_challenge', 'chap', 'jdoe', {password}, passcode)
  await login(stage, 'radius_server_challenge', 'chap', 'jdoe', {password: chapPassword})
  await login(stage, 'radius_server_challenge', 'mschapv2', 'jdoe', {password}, passcode)
  await login(stage, 'radius_server_challenge', 'mschapv2', 'expired', {password: expired, newPassword: changed})
  await login(stage, 'radius_server_auto', 'pap', 'jdoe', {password})
  await login(stage, 'radius_server_auto', 'pap', 'jdoe', {password: wrongPassword})
  for (const kind of ['radius_server_auto', 'radius_server_concat'] as const) {
    for (const factor of [passcode, concatenated]) {
      const both = {name: '', text: `${password.text},${factor.text}`}
      await login(stage, kind, 'pap', 'jdoe', {password: both})
    }
  }
  await login(stage, 'radius_server_duo_only', 'pap', 'jdoe', {password: passcode})
  await login(stage, 'radius_server_duo_only', 'pap', 'jdoe', {password: wrongPasscode})
  await login(stage, 'radius_server_duo_only', 'pap', 'jdoe', {password: typed})
  await stage.send('radius_server_challenge', ...oddDatagrams())
  // Answered after all that came before it, so that everything above has been written when this comes back.
  await login(stage, 'radius_server_challenge', 'pap', 'jdoe', {password}, passcode)
}

async function login(
  stage: MarkedStage,
  kind: (typeof asked)[number],
  method: LoginMethod,
  userName: string,
  {password, newPassword}: {password: Mark; newPassword?: Mark},
  answer?: Mark,
): Promise<void> {
  const nas = new Nas({
    world: realWorld,
    profile: profiles.ivanti,
    secret: new Secret(markOfOption(kind, 'radius_secret').text),
    address: '192.0.2.1',
    policy: {timeoutMs: 10_000, retries: 0},
    servers: [() => openUdpTransport(stage.endpointOf(kind))],
    method,
  })
  try {
    await nas.login({
      userName,
      password: new Secret(password.text),
      ...(newPassword === undefined ? {} : {newPassword: new Secret(newPassword.text)}),
      clientAddress: '198.51.100.7',
      extra: [],
      answer: async ({round}) => (round === 1 && answer !== undefined ? new Secret(answer.text) : undefined),
    })
  } finally {
    await nas.close()
  }
}

/** Requests to [radius_server_challenge] that no login is made of; each with an Identifier of its own. */
function oddDatagrams(): Buffer[] {
  const key = sharedKey(new Secret(markOfOption('radius_server_challenge', 'radius_secret').text))
  let identifier = 0
  const request = (attributes: readonly Attribute[], code: number = packetCode.accessRequest) => {
    identifier++
    return {code, identifier, authenticator, attributes: [{type: 1, value: Buffer.from('jdoe')}, ...attributes]}
  }
  const octets = (mark: Mark) => Buffer.from(mark.text)
  const signed = (...attributes: readonly Attribute[]) =>
    datagramOf(encodeRequest(request(attributes), key, {messageAuthenticator: true}))
  const unsigned = (attributes: readonly Attribute[], code?: number) =>
    datagramOf(encodePacket(request(attributes, code)))
  // What comes out with a shared secret that differs is no text in any encoding.
  const noText = Buffer.concat([octets(secret.garbage), Buffer.of(0xff, 0xfe)])
  const hidden = {type: attributeType.userPassword, value: hidePassword(noText, authenticator, key) ?? noText}
  const cut = unsigned([{type: 18, value: octets(secret.cut)}])
  return [
    signed({type: attributeType.eapMessage, value: Buffer.concat([Buffer.of(2, 1, 0, 45, 6), octets(secret.eap)])}),
    signed(
      {type: 250, value: octets(secret.unknownAttribute)},
      vendorAttribute(4_000_000, 1, octets(secret.unknownVendor)),
      vendorAttribute(9, 213, octets(secret.unknownOfVendor)),
      vendorAttribute(9, 1, Buffer.from(`shell:psk=${secret.pair.text}`)),
      {type: attributeType.vendorSpecific, value: octets(secret.brokenVendor)},
    ),
    signed({type: attributeType.userPassword, value: octets(secret.clearPassword)}),
    signed({type: attributeType.userPassword, value: octets(secret.password)}, {type: 24, value: octets(secret.state)}),
    signed(hidden),
    unsigned([hidden, {type: attributeType.messageAuthenticator, value: octets(secret.unsigned).subarray(0, 16)}]),
    unsigned([{type: 18, value: octets(secret.accounting)}], packetCode.accountingRequest),
    cut.subarray(0, cut.length - 4),
    octets(secret.notRadius),
    octets(secret.notRadius).subarray(0, 16),
  ]
}

function datagramOf(encoded: ReturnType<typeof encodePacket>): Buffer {
  if (!encoded.ok) throw new Error(encoded.reason)
  return encoded.datagram
}
