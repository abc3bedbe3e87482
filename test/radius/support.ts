import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import fc from 'fast-check'
import {parseNetwork} from '../../src/core/network.ts'
import type {RadiusClient} from '../../src/core/radius/client-table.ts'
import {decodePacket, type EncodedPacket} from '../../src/core/radius/codec.ts'
import type {Attribute, Packet} from '../../src/core/radius/packet.ts'
import {type SharedKey, sharedKey} from '../../src/core/radius/shared-key.ts'
import {Secret} from '../../src/core/secret.ts'

/** A request and its reply as an RFC prints them, in hex. */
export type Exchange = {source: string; secret: string; password?: string; request: string; reply: string}

export const exchanges: readonly Exchange[] = JSON.parse(
  readFileSync(new URL('../../fixtures/packets/rfc-exchanges.json', import.meta.url), 'utf8'),
)

export function exchange(source: string): Exchange {
  const found = exchanges.find((candidate) => candidate.source === source)
  assert.ok(found, source)
  return found
}

export const testKey: SharedKey = sharedKey(new Secret('test-secret-not-real'))
export const otherKey: SharedKey = sharedKey(new Secret('other-secret-not-real'))

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

export function decoded(datagram: Buffer): Packet {
  const result = decodePacket(datagram)
  assert.ok(result.ok, JSON.stringify(result))
  return result.packet
}

export function encoded(result: EncodedPacket): Buffer {
  assert.ok(result.ok, JSON.stringify(result))
  return result.datagram
}

export function attribute(type: number, value: Buffer | string): Attribute {
  return {type, value: Buffer.from(value)}
}

/** Octets as Buffers, since a plain Uint8Array is never deeply equal to one. */
export function octets(limits: {minLength?: number; maxLength: number}): fc.Arbitrary<Buffer> {
  return fc.uint8Array(limits).map((bytes) => Buffer.from(bytes))
}

/** Packets that fit, with attributes of any type and content. */
export const anyPacket: fc.Arbitrary<Packet> = fc
  .tuple(
    fc.nat(255),
    fc.nat(255),
    octets({minLength: 16, maxLength: 16}),
    fc.array(fc.tuple(fc.nat(255), octets({maxLength: 253})), {maxLength: 12}),
  )
  .map(([code, identifier, authenticator, attributes]) => ({
    code,
    identifier,
    authenticator,
    attributes: attributes.map(([type, value]) => ({type, value})),
  }))

/** A client with the test key; `network` is written as in a configuration. */
export function client(options: {network: string} & Partial<Omit<RadiusClient, 'network'>>): RadiusClient {
  const parsed = parseNetwork(options.network)
  assert.ok(parsed.ok, options.network)
  return {
    name: options.network,
    section: 'radius_server_challenge',
    key: testKey,
    requireMessageAuthenticator: 'auto',
    limitProxyState: 'auto',
    loginsPerSecond: 0,
    ...options,
    network: parsed.network,
  }
}
