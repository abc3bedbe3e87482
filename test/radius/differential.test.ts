// A second opinion: the radius package, used only where it is right (ASCII passwords without NUL, no faults in framing).
import assert from 'node:assert/strict'
import {createRequire} from 'node:module'
import {test} from 'node:test'
import fc from 'fast-check'
import {encodePacket} from '../../src/core/radius/codec.ts'
import {attributeType, firstAttribute, type Packet, packetCode} from '../../src/core/radius/packet.ts'
import {hidePassword, revealPassword} from '../../src/core/radius/password.ts'
import {encodeReply, encodeRequest} from '../../src/core/radius/sign.ts'
import {checkMessageAuthenticator, verifyReply} from '../../src/core/radius/verify.ts'
import {attribute, decoded, encoded, octets, testKey} from './support.ts'

type Decoded = {code: string; identifier: number; attributes: Record<string, unknown>; raw_attributes: unknown[]}
type RadiusPackage = {
  decode: (args: {packet: Buffer; secret: string}) => Decoded
  encode: (args: {
    code: string
    identifier: number
    secret: string
    attributes: unknown[]
    add_message_authenticator: boolean
  }) => Buffer
  encode_response: (args: {packet: Decoded; code: string; secret: string; attributes: unknown[]}) => Buffer
  verify_response: (args: {response: Buffer; request: Buffer; secret: string}) => boolean
}
const radius: RadiusPackage = createRequire(import.meta.url)('radius')

const secret = 'test-secret-not-real'
const userName = fc.stringMatching(/^[a-z]{1,40}$/)
const password = fc.stringMatching(/^[!-~]{1,60}$/)

test('what the package writes, we read', () => {
  fc.assert(
    fc.property(userName, password, fc.nat(255), (name, word, identifier) => {
      const attributes = [
        ['User-Name', name],
        ['User-Password', word],
        ['NAS-IP-Address', '192.0.2.9'],
      ]
      const datagram = radius.encode({
        code: 'Access-Request',
        identifier,
        secret,
        attributes,
        add_message_authenticator: true,
      })
      const packet = decoded(datagram)
      assert.equal(packet.identifier, identifier)
      assert.equal(packet.code, packetCode.accessRequest)
      assert.equal(firstAttribute(packet.attributes, attributeType.userName)?.toString(), name)
      const hidden = firstAttribute(packet.attributes, attributeType.userPassword)
      assert.ok(hidden)
      assert.equal(revealPassword(hidden, packet.authenticator, testKey)?.toString(), word)
      assert.equal(checkMessageAuthenticator(datagram, packet, testKey), 'valid')
    }),
  )
})

test('what we write, the package reads and accepts', () => {
  fc.assert(
    fc.property(userName, password, octets({minLength: 16, maxLength: 16}), (name, word, authenticator) => {
      const hidden = hidePassword(Buffer.from(word), authenticator, testKey)
      assert.ok(hidden)
      const attributes = [attribute(1, name), {type: 2, value: hidden}]
      const request: Packet = {code: 1, identifier: 3, authenticator, attributes}
      const datagram = encoded(encodeRequest(request, testKey, {messageAuthenticator: true}))
      const read = radius.decode({packet: datagram, secret})
      assert.equal(read.code, 'Access-Request')
      assert.equal(read.attributes['User-Name'], name)
      assert.equal(read.attributes['User-Password'], word)

      const reply = encoded(encodeReply({code: 3, attributes: [attribute(18, 'no')]}, decoded(datagram), testKey))
      assert.ok(radius.verify_response({response: reply, request: datagram, secret}))
    }),
  )
})

test('both write the same reply where the order of attributes is the same', () => {
  fc.assert(
    fc.property(userName, octets({minLength: 1, maxLength: 100}), (name, proxyState) => {
      const request = {code: 1, identifier: 9, authenticator: Buffer.alloc(16, 5), attributes: [attribute(1, name)]}
      const datagram = encoded(
        encodePacket({...request, attributes: [...request.attributes, attribute(33, proxyState)]}),
      )
      const theirs = radius.encode_response({
        packet: radius.decode({packet: datagram, secret}),
        code: 'Access-Accept',
        secret,
        attributes: [['Reply-Message', `hello ${name}`]],
      })
      const draft = {code: packetCode.accessAccept, attributes: [attribute(18, `hello ${name}`)]}
      const ours = encodeReply(draft, decoded(datagram), testKey, {messageAuthenticator: false})
      assert.deepEqual(encoded(ours), theirs)
      assert.ok(verifyReply(theirs, decoded(datagram), testKey).ok)
    }),
  )
})
