import {checkChapPassword} from '../radius/chap.ts'
import {findAttribute, findAttributes, vendorAttribute} from '../radius/dictionary-lookup.ts'
import {type Attribute, attributeType, firstAttribute, type Packet} from '../radius/packet.ts'
import {revealPassword} from '../radius/password.ts'
import type {SharedKey} from '../radius/shared-key.ts'
import {authenticatorResponse, decryptedPassword, isOldPassword, mppeKeys, ntResponse} from './ms-chap2.ts'

/**
 * What a server finds in a request that should prove a password. Keys among the attributes are in the clear.
 * - changed: it was right, and is another one from now on
 */
export type CheckedProof =
  | {readonly kind: 'right' | 'wrong'; readonly attributes: readonly Attribute[]}
  | {readonly kind: 'changed'; readonly newPassword: string; readonly attributes: readonly Attribute[]}

export type KnownUser = {readonly userName: string; readonly password: string; readonly isExpired: boolean}

/** Checks User-Password, CHAP, MS-CHAPv2 or a password change, as a server that keeps clear passwords does. */
export function checkProof(request: Packet, key: SharedKey, user: KnownUser): CheckedProof {
  const {attributes, authenticator} = request
  const hidden = firstAttribute(attributes, attributeType.userPassword)
  if (hidden !== undefined) {
    const password = revealPassword(hidden, authenticator, key)?.toString('utf8')
    return password === user.password && !user.isExpired ? right : wrong
  }
  const challenge = findAttribute(attributes, 'MS-CHAP-Challenge')?.value
  const change = findAttribute(attributes, 'MS-CHAP2-CPW')?.value
  const response = findAttribute(attributes, 'MS-CHAP2-Response')?.value
  if (challenge !== undefined && change !== undefined) return checkChange(attributes, challenge, change, user)
  if (challenge !== undefined && response !== undefined) return checkResponse(challenge, response, user)
  const chap = firstAttribute(attributes, attributeType.chapPassword)
  const chapChallenge = firstAttribute(attributes, attributeType.chapChallenge) ?? authenticator
  if (chap === undefined || user.isExpired) return wrong
  return checkChapPassword(chap, Buffer.from(user.password, 'utf8'), chapChallenge) ? right : wrong
}

const right: CheckedProof = {kind: 'right', attributes: []}
const wrong: CheckedProof = {kind: 'wrong', attributes: []}

const MICROSOFT = 311
const ENCRYPTION_REQUIRED = Buffer.from([0, 0, 0, 2])
const RC4_40_OR_128 = Buffer.from([0, 0, 0, 6])

/** MS-CHAP2-Response: Ident, Flags, Peer-Challenge (16), eight zero octets, Response (24) (RFC 2548 2.3.2). */
function checkResponse(authenticator: Buffer, value: Buffer, {userName, password, isExpired}: KnownUser): CheckedProof {
  const ident = value.readUInt8(0)
  const peer = value.subarray(2, 18)
  const response = value.subarray(26, 50)
  if (!ntResponse(userName, password, authenticator, peer).equals(response)) return refused(ident, 691)
  if (isExpired) return refused(ident, 648)
  return {kind: 'right', attributes: success(ident, userName, password, response, {authenticator, peer})}
}

/** MS-CHAP2-CPW: Code, Ident, Encrypted-Hash (16), Peer-Challenge (16), eight zero octets, NT-Response (24), Flags. */
function checkChange(
  attributes: readonly Attribute[],
  authenticator: Buffer,
  value: Buffer,
  {userName, password}: KnownUser,
): CheckedProof {
  const ident = value.readUInt8(1)
  const peer = value.subarray(18, 34)
  const response = value.subarray(42, 66)
  const pieces = findAttributes(attributes, 'MS-CHAP-NT-Enc-PW').map((piece) => piece.value.subarray(4))
  const newPassword = decryptedPassword(Buffer.concat(pieces), password)
  if (
    newPassword === undefined ||
    !isOldPassword(value.subarray(2, 18), password, newPassword) ||
    !ntResponse(userName, newPassword, authenticator, peer).equals(response)
  ) {
    return refused(ident, 691)
  }
  const proof = success(ident, userName, newPassword, response, {authenticator, peer})
  return {kind: 'changed', newPassword, attributes: proof}
}

/** What an Accept of MS-CHAPv2 holds: the server's own proof, and the keys of the link. */
function success(
  ident: number,
  userName: string,
  password: string,
  response: Buffer,
  challenges: {readonly authenticator: Buffer; readonly peer: Buffer},
): Attribute[] {
  const proof = authenticatorResponse(userName, password, response, challenges)
  const {send, receive} = mppeKeys(password, response)
  return [
    vendorAttribute(MICROSOFT, 26, Buffer.concat([Buffer.of(ident), Buffer.from(proof, 'latin1')])),
    vendorAttribute(MICROSOFT, 7, ENCRYPTION_REQUIRED),
    vendorAttribute(MICROSOFT, 8, RC4_40_OR_128),
    vendorAttribute(MICROSOFT, 16, send),
    vendorAttribute(MICROSOFT, 17, receive),
  ]
}

/** 691: wrong. 648: right, and expired (RFC 2759 6). */
function refused(ident: number, code: 691 | 648): CheckedProof {
  const text = `E=${code} R=0 V=3`
  return {
    kind: 'wrong',
    attributes: [vendorAttribute(MICROSOFT, 2, Buffer.concat([Buffer.of(ident), Buffer.from(text, 'latin1')]))],
  }
}
