// Complete PAP authentications a second, codec alone, one core: decode, client's Message-Authenticator, password, signed
// reply. And the digests they are made of, ours beside node:crypto's. Run: node bench/codec.ts
import {createHmac, hash} from 'node:crypto'
import {cpus} from 'node:os'
import {decodePacket} from '../src/core/radius/codec.ts'
import {attributeType, firstAttribute, type Packet, packetCode} from '../src/core/radius/packet.ts'
import {hidePassword, revealPassword} from '../src/core/radius/password.ts'
import {sharedKey} from '../src/core/radius/shared-key.ts'
import {encodeReply, encodeRequest} from '../src/core/radius/sign.ts'
import {checkMessageAuthenticator} from '../src/core/radius/verify.ts'
import {Secret} from '../src/core/secret.ts'

const ROUNDS = 11
const ROUND_MS = 300

const secretText = 'test-secret-not-real'
const secret = Buffer.from(secretText)
const key = sharedKey(new Secret(secretText))
const request = ivantiRequest()
const replyAttributes = [{type: attributeType.replyMessage, value: Buffer.from('Success. Logging you in...')}]
const reply = Buffer.alloc(20 + 18 + 28)
const scratch = Buffer.alloc(16)

console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}, V8 ${process.versions.v8}`)
console.log(`request of ${request.length} octets; median of ${ROUNDS} rounds of ${ROUND_MS} ms [slowest, fastest]`)
report('PAP authentications, ours', authenticate)
report('their digests, ours', digestsOfOurs)
report('their digests, node:crypto', digestsOfNode)

/** What one request costs between socket and login, and back. */
function authenticate(): void {
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

function digestsOfOurs(): void {
  const authenticator = request.subarray(4, 20)
  key.messageAuthenticator(request, request.length, authenticator, 22, scratch)
  key.pad(authenticator, 0, 16, scratch)
  key.pad(authenticator, 0, 16, scratch)
  key.messageAuthenticator(reply, reply.length, authenticator, 22, scratch)
  key.responseAuthenticator(reply, reply.length, authenticator, scratch)
}

function digestsOfNode(): void {
  const authenticator = request.subarray(4, 20)
  createHmac('md5', secret).update(request).digest()
  hash('md5', Buffer.concat([secret, authenticator]), 'buffer')
  hash('md5', Buffer.concat([secret, authenticator]), 'buffer')
  createHmac('md5', secret).update(reply).digest()
  hash('md5', Buffer.concat([reply, secret]), 'buffer')
}

function report(name: string, once: () => void): void {
  once()
  const rates: number[] = []
  for (let round = -2; round < ROUNDS; round++) {
    const rate = perSecond(once)
    if (round >= 0) rates.push(rate)
  }
  rates.sort((a, b) => a - b)
  const shown = [rates[ROUNDS >> 1], rates[0], rates[ROUNDS - 1]].map((rate) =>
    Math.round(rate ?? 0).toLocaleString('en'),
  )
  console.log(`${name.padEnd(28)} ${shown[0]?.padStart(9)}/s [${shown[1]}, ${shown[2]}]`)
}

function perSecond(once: () => void): number {
  const start = performance.now()
  let done = 0
  while (performance.now() - start < ROUND_MS) {
    for (let i = 0; i < 500; i++) once()
    done += 500
  }
  return (done * 1000) / (performance.now() - start)
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
