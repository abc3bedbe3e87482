import {openVendorAttributes, vendorAttribute} from './dictionary-lookup.ts'
import {type Attribute, attributeType, firstAttribute, type Packet, packetCode} from './packet.ts'

/**
 * A password proved without being sent: the attributes that prove it, as the server that can check them needs them.
 * - chap: CHAP-Password and CHAP-Challenge (RFC 2865 5.3, 5.40)
 * - mschapv2: MS-CHAP-Challenge and MS-CHAP2-Response (RFC 2548 2.1.2, 2.3.2)
 * - mschapv2-change: MS-CHAP-Challenge, MS-CHAP2-CPW and the new password in MS-CHAP-NT-Enc-PW (RFC 2548 2.3.4, 2.1.7)
 */
export type ChapResponse = {
  readonly kind: 'chap' | 'mschapv2' | 'mschapv2-change'
  /** The response's Ident, which an MS-CHAP-Error repeats. */
  readonly identifier: number
  readonly attributes: readonly Attribute[]
}

/**
 * The CHAP, MS-CHAPv2 or password change of a request; undefined when there is none, or one of lengths that cannot be
 * right. A change counts before a response: a NAS that sends both repeats the response that failed.
 */
export function readChapResponse({attributes, authenticator}: Packet): ChapResponse | undefined {
  return readMsChap2(attributes) ?? readChap(attributes, authenticator)
}

/**
 * The attributes of the reply to such a request. A NAS that speaks MS-CHAPv2 wants an MS-CHAP-Error in a Reject: wrong
 * name or password and no retry (RFC 2548 2.1.5, RFC 2759 6), where the primary server's own does not stand already.
 */
export function withMsChapError(
  {code, attributes}: {readonly code: number; readonly attributes: readonly Attribute[]},
  {kind, identifier}: ChapResponse,
): readonly Attribute[] {
  if (code !== packetCode.accessReject || kind === 'chap') return attributes
  if (microsoftValues(attributes, MS_CHAP_ERROR).length > 0) return attributes
  const value = Buffer.concat([Buffer.of(identifier), Buffer.from('E=691 R=0 V=3', 'latin1')])
  return [...attributes, microsoft(MS_CHAP_ERROR, value)]
}

/** The number of an MS-CHAP-Error, "\0E=648 R=0 V=3": why an MS-CHAPv2 response was refused (RFC 2759 6). */
export function msChapErrorCode(attributes: readonly Attribute[]): number | undefined {
  const [value] = microsoftValues(attributes, MS_CHAP_ERROR)
  const [, code] = /^.?E=(\d{1,9})(?: |$)/s.exec(value?.toString('latin1') ?? '') ?? []
  return code === undefined ? undefined : Number(code)
}

const MICROSOFT = 311
const MS_CHAP_ERROR = 2
const MS_CHAP_NT_ENC_PW = 6
const MS_CHAP_CHALLENGE = 11
const MS_CHAP2_RESPONSE = 25
const MS_CHAP2_CPW = 27

const CHAP_PASSWORD_OCTETS = 17
const MIN_CHAP_CHALLENGE_OCTETS = 5
const MS_CHAP_CHALLENGE_OCTETS = 16
const MS_CHAP2_RESPONSE_OCTETS = 50
const MS_CHAP2_CPW_OCTETS = 68
/** Code, Ident and Sequence-Number stand before each piece; the pieces make up 516 octets (RFC 2548 2.1.7). */
const ENC_PW_HEADER_OCTETS = 4
const ENC_PW_OCTETS = 516

function readChap(attributes: readonly Attribute[], authenticator: Buffer): ChapResponse | undefined {
  const password = firstAttribute(attributes, attributeType.chapPassword)
  if (password?.length !== CHAP_PASSWORD_OCTETS) return undefined
  // Without a challenge of its own the authenticator is the challenge (RFC 2865 5.3); the next hop has another one.
  const challenge = firstAttribute(attributes, attributeType.chapChallenge) ?? authenticator
  if (challenge.length < MIN_CHAP_CHALLENGE_OCTETS) return undefined
  return {
    kind: 'chap',
    identifier: password.readUInt8(0),
    attributes: [
      {type: attributeType.chapPassword, value: password},
      {type: attributeType.chapChallenge, value: challenge},
    ],
  }
}

function readMsChap2(attributes: readonly Attribute[]): ChapResponse | undefined {
  const [challenge] = microsoftValues(attributes, MS_CHAP_CHALLENGE)
  if (challenge?.length !== MS_CHAP_CHALLENGE_OCTETS) return undefined
  const challengeAttribute = microsoft(MS_CHAP_CHALLENGE, challenge)
  const [change] = microsoftValues(attributes, MS_CHAP2_CPW)
  if (change !== undefined)
    return readChange(challengeAttribute, change, microsoftValues(attributes, MS_CHAP_NT_ENC_PW))
  const [response] = microsoftValues(attributes, MS_CHAP2_RESPONSE)
  if (response?.length !== MS_CHAP2_RESPONSE_OCTETS) return undefined
  return {
    kind: 'mschapv2',
    identifier: response.readUInt8(0),
    attributes: [challengeAttribute, microsoft(MS_CHAP2_RESPONSE, response)],
  }
}

/** MS-CHAP2-CPW has a Code before its Ident. */
function readChange(challenge: Attribute, change: Buffer, newPassword: readonly Buffer[]): ChapResponse | undefined {
  const octets = newPassword.reduce((sum, {length}) => sum + length - ENC_PW_HEADER_OCTETS, 0)
  if (change.length !== MS_CHAP2_CPW_OCTETS || octets !== ENC_PW_OCTETS) return undefined
  return {
    kind: 'mschapv2-change',
    identifier: change.readUInt8(1),
    attributes: [
      challenge,
      microsoft(MS_CHAP2_CPW, change),
      ...newPassword.map((piece) => microsoft(MS_CHAP_NT_ENC_PW, piece)),
    ],
  }
}

function microsoftValues(attributes: readonly Attribute[], type: number): Buffer[] {
  return openVendorAttributes(attributes)
    .filter((attribute) => attribute.vendor === MICROSOFT && attribute.type === type)
    .map(({value}) => value)
}

function microsoft(type: number, value: Buffer): Attribute {
  return vendorAttribute(MICROSOFT, type, value)
}
