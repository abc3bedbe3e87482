import type {RadiusClient} from './client-table.ts'
import type {DiscardReason} from './counters.ts'
import type {Latch, LatchStore} from './latch.ts'
import {type Attribute, attributeType, firstAttribute, type Packet, packetCode} from './packet.ts'
import {checkMessageAuthenticator} from './verify.ts'

export type Integrity =
  | {readonly ok: true; readonly messageAuthenticator: 'valid' | 'absent'}
  | {readonly ok: false; readonly reason: DiscardReason; readonly detail: string}

/** Whether a request is as authentic as the protocol and the policy of its client ask. */
export function checkIntegrity(
  datagram: Buffer,
  packet: Packet,
  client: RadiusClient,
  sourceAddress: string,
  latches: LatchStore,
): Integrity {
  const messageAuthenticator = checkMessageAuthenticator(datagram, packet, client.key)
  switch (messageAuthenticator) {
    case 'valid':
      return {ok: true, messageAuthenticator}
    case 'wrong':
      return {ok: false, reason: 'forged', detail: 'bad shared secret or forged: Message-Authenticator does not verify'}
    case 'repeated':
      return {ok: false, reason: 'bad-message-authenticator', detail: 'more than one Message-Authenticator'}
    case 'bad-length':
      return {ok: false, reason: 'bad-message-authenticator', detail: 'Message-Authenticator has not 16 octets'}
    case 'absent':
      return checkUnauthenticated(packet, client, sourceAddress, latches)
  }
}

/** Only an Access-Request without EAP shows that a client adds Message-Authenticator of itself: the others must have it. */
export function showsLatch(packet: Packet): boolean {
  return packet.code === packetCode.accessRequest && !has(packet.attributes, attributeType.eapMessage)
}

export function has(attributes: readonly Attribute[], type: number): boolean {
  return firstAttribute(attributes, type) !== undefined
}

function checkUnauthenticated(
  packet: Packet,
  client: RadiusClient,
  sourceAddress: string,
  latches: LatchStore,
): Integrity {
  const why = whyRequired(packet, client, sourceAddress, latches)
  if (why !== undefined) {
    return {
      ok: false,
      reason: 'missing-message-authenticator',
      detail: `missing Message-Authenticator, which ${why}`,
    }
  }
  if (!has(packet.attributes, attributeType.proxyState)) return {ok: true, messageAuthenticator: 'absent'}
  if (!isAsked(client.limitProxyState, 'proxy-state', sourceAddress, latches)) {
    return {ok: true, messageAuthenticator: 'absent'}
  }
  const shown = client.limitProxyState === 'auto' ? ', and this address sent requests without Proxy-State before' : ''
  return {
    ok: false,
    reason: 'unauthenticated-proxy-state',
    detail: `Proxy-State without Message-Authenticator (limit_proxy_state = ${client.limitProxyState}${shown})`,
  }
}

function whyRequired(
  packet: Packet,
  client: RadiusClient,
  sourceAddress: string,
  latches: LatchStore,
): string | undefined {
  if (packet.code === packetCode.statusServer) return 'every Status-Server has (RFC 5997 3)'
  if (has(packet.attributes, attributeType.eapMessage)) return 'every request with EAP-Message has (RFC 3579 3.1)'
  const policy = client.requireMessageAuthenticator
  if (!isAsked(policy, 'message-authenticator', sourceAddress, latches)) return undefined
  return policy === 'auto'
    ? 'this address has sent before (require_message_authenticator = auto)'
    : 'this client must send (require_message_authenticator = yes)'
}

function isAsked(
  policy: RadiusClient['limitProxyState'],
  latch: Latch,
  sourceAddress: string,
  latches: LatchStore,
): boolean {
  return policy === 'yes' || (policy === 'auto' && latches.has(latch, sourceAddress))
}
