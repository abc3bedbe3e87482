/** One attribute as it stands in a packet: `value` is without the two octets of type and length (RFC 2865 5). */
export type Attribute = {readonly type: number; readonly value: Buffer}

/** A decoded packet. `authenticator` is the 16 octets of the header, attributes are in wire order (RFC 2865 3). */
export type Packet = {
  readonly code: number
  readonly identifier: number
  readonly authenticator: Buffer
  readonly attributes: readonly Attribute[]
}

/** Where a datagram came from or goes to: an IP address in its canonical text form, and a UDP port. */
export type Endpoint = {readonly address: string; readonly port: number}

/** Packet codes (RFC 2865 3, RFC 5997 4). */
export const packetCode = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  accessChallenge: 11,
  statusServer: 12,
} as const

/** Attribute types that the engine itself reads or writes; the dictionary knows all the others by name. */
export const attributeType = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  nasIpAddress: 4,
  nasPort: 5,
  serviceType: 6,
  replyMessage: 18,
  state: 24,
  class: 25,
  vendorSpecific: 26,
  calledStationId: 30,
  callingStationId: 31,
  nasIdentifier: 32,
  proxyState: 33,
  acctSessionId: 44,
  chapChallenge: 60,
  tunnelClientEndpoint: 66,
  eapMessage: 79,
  messageAuthenticator: 80,
  nasIpv6Address: 95,
} as const

export const MIN_PACKET_OCTETS = 20
export const MAX_PACKET_OCTETS = 4096
export const MAX_ATTRIBUTE_OCTETS = 253

/** The first attribute of a type, or undefined. */
export function firstAttribute(attributes: readonly Attribute[], type: number): Buffer | undefined {
  for (const attribute of attributes) if (attribute.type === type) return attribute.value
  return undefined
}

/** All attributes of a type, in wire order. */
export function allAttributes(attributes: readonly Attribute[], type: number): Buffer[] {
  const values: Buffer[] = []
  for (const attribute of attributes) if (attribute.type === type) values.push(attribute.value)
  return values
}
