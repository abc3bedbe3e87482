import {decodePacket} from '../../src/core/radius/codec.ts'
import {attributeType, firstAttribute, type Packet, packetCode} from '../../src/core/radius/packet.ts'
import {hidePassword, revealPassword} from '../../src/core/radius/password.ts'
import {type SharedKey, sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeReply, encodeRequest} from '../../src/core/radius/sign.ts'
import {checkMessageAuthenticator} from '../../src/core/radius/verify.ts'
import {Secret} from '../../src/core/secret.ts'

export const secretText = 'test-secret-not-real'
export const key: SharedKey = sharedKey(new Secret(secretText))
export const request = ivantiRequest()
const replyAttributes = [{type: attributeType.replyMessage, value: Buffer.from('Success. Logging you in...')}]

/** What one request costs between socket and login, and back: decode, check, reveal, sign the reply. */
export function authenticate(): void {
  const decoded = decodePacket(request)
  if (!decoded.ok) throw new Error(decoded.reason)
  const {packet} = decoded
  if (checkMessageAuthenticator(request, packet, key) !== 'valid') throw new Error('Message-Authenticator')
  const hidden = firstAttribute(packet.attributes, attributeType.userPassword)
  const password = hidden && revealPassword(hidden, packet.authenticator, key)
  if (password?.length !== 28) throw new Error('User-Password')
  const reply = encodeReply({code: packetCode.accessAccept, attributes: replyAttributes}, packet, key)
  if (!reply.ok) throw new Error(reply.reason)
}

/** What an Ivanti gateway sends, with the Message-Authenticator of its newer firmware. */
function ivantiRequest(): Buffer {
  const authenticator = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
  const hidden = hidePassword(Buffer.from('correct horse battery staple'), authenticator, key)
  if (hidden === undefined) throw new Error('password too long')
  const text = (type: number, value: string) => ({type, value: Buffer.from(value)})
  const packet: Packet = {
    code: packetCode.accessRequest,
    identifier: 1,
    authenticator,
    attributes: [
      text(attributeType.nasIdentifier, 'Ivanti Connect Secure'),
      text(attributeType.userName, 'jdoe'),
      {type: attributeType.userPassword, value: hidden},
      text(attributeType.tunnelClientEndpoint, '\x00198.51.100.7'),
      {type: attributeType.nasIpAddress, value: Buffer.of(192, 0, 2, 1)},
      {type: attributeType.nasPort, value: Buffer.alloc(4)},
      text(attributeType.acctSessionId, 'jdoe(Users)"Mon Jan  5 09:00:00 2026"/l0aCMuI'),
    ],
  }
  const encoded = encodeRequest(packet, key, {messageAuthenticator: true})
  if (!encoded.ok) throw new Error(encoded.reason)
  return encoded.datagram
}
