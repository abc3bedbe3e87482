import assert from 'node:assert/strict'
import type {TestContext} from 'node:test'
import {UpstreamClient, type UpstreamClientOptions, type UpstreamClientParts} from '../../src/core/radius/client.ts'
import {decodePacket} from '../../src/core/radius/codec.ts'
import {type Attribute, type Packet, packetCode} from '../../src/core/radius/packet.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeReply} from '../../src/core/radius/sign.ts'
import {Secret} from '../../src/core/secret.ts'
import {ManualWorld} from './manual-world.ts'
import {RecordingLog} from './recording-log.ts'
import {type Received, UdpPeer} from './udp-peer.ts'

export const upstreamSecret = new Secret('upstream-secret-not-real')
const key = sharedKey(upstreamSecret)

export type Upstream = {
  readonly client: UpstreamClient
  readonly servers: readonly UdpPeer[]
  readonly world: ManualWorld
  readonly log: RecordingLog
}

/** A client and as many servers as asked for, played by the test; all closed at its end. */
export async function openUpstream(
  t: TestContext,
  serverCount: number,
  options: Partial<UpstreamClientOptions> = {},
  parts: Partial<UpstreamClientParts> = {},
): Promise<Upstream> {
  const world = new ManualWorld()
  const log = new RecordingLog()
  const servers = await Promise.all(Array.from({length: serverCount}, () => UdpPeer.open()))
  const client = new UpstreamClient(
    {
      section: 'radius_client',
      servers: servers.map(({endpoint: {address, port}}) => ({host: address, port})),
      secret: upstreamSecret,
      retries: 3,
      retryWaitMs: 2000,
      requireMessageAuthenticator: 'auto',
      ...options,
    },
    {world, log, ...parts},
  )
  t.after(async () => {
    await client.close()
    await Promise.all(servers.map((server) => server.close()))
  })
  return {client, servers, world, log}
}

/** The next Access-Request a server gets; probes in between are for nobody. */
export async function nextLogin(server: UdpPeer): Promise<Received> {
  for (;;) {
    const received = await server.next()
    if (packetOf(received).code === packetCode.accessRequest) return received
  }
}

export function packetOf({datagram}: Received): Packet {
  const decoded = decodePacket(datagram)
  assert.ok(decoded.ok)
  return decoded.packet
}

/** A reply as a server signs it. */
export function replyTo(
  received: Received,
  {
    code = packetCode.accessAccept,
    attributes = [],
    signed = true,
    signer = key,
  }: {
    code?: number
    attributes?: readonly Attribute[]
    signed?: boolean
    signer?: typeof key
  } = {},
): Buffer {
  const encoded = encodeReply({code, attributes}, packetOf(received), signer, {messageAuthenticator: signed})
  assert.ok(encoded.ok)
  return encoded.datagram
}
