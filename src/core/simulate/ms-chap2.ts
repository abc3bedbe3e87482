import {createCipheriv, createDecipheriv, createHash} from 'node:crypto'
import {desl, ntHash, rc4} from '../ntlm/hashes.ts'
import {md4} from '../ntlm/md4.ts'

/** The two challenges of an MS-CHAPv2 login, 16 octets each: the server's (or its NAS's), and the user's own. */
export type Challenges = {readonly authenticator: Buffer; readonly peer: Buffer}

/** The value of MS-CHAP2-Response (RFC 2548 2.3.2): the peer's challenge and its NT-Response. */
export function msChap2Response(
  identifier: number,
  userName: string,
  password: string,
  authenticatorChallenge: Buffer,
  peerChallenge: Buffer,
): Buffer {
  const response = ntResponse(userName, password, authenticatorChallenge, peerChallenge)
  return Buffer.concat([Buffer.from([identifier, 0]), peerChallenge, Buffer.alloc(8), response])
}

/** GenerateNTResponse (RFC 2759 8.1), 24 octets. */
export function ntResponse(
  userName: string,
  password: string,
  authenticatorChallenge: Buffer,
  peerChallenge: Buffer,
): Buffer {
  return desl(ntHash(password), challengeHash(userName, {authenticator: authenticatorChallenge, peer: peerChallenge}))
}

/** GenerateAuthenticatorResponse (RFC 2759 8.7): the server's proof that it knows the password, "S=" and 40 hex digits. */
export function authenticatorResponse(
  userName: string,
  password: string,
  response: Buffer,
  challenges: Challenges,
): string {
  const digest = sha1(md4(ntHash(password)), response, text('Magic server to client signing constant'))
  const proof = sha1(digest, challengeHash(userName, challenges), text('Pad to make it do more than one iteration'))
  return `S=${proof.toString('hex').toUpperCase()}`
}

/** The keys of a 128-bit link (RFC 3079 3.4), as the server names them: `send` is what the NAS encrypts with. */
export function mppeKeys(password: string, response: Buffer): {readonly send: Buffer; readonly receive: Buffer} {
  const master = sha1(md4(ntHash(password)), response, text('This is the MPPE Master Key')).subarray(0, 16)
  return {send: startKey(master, SERVER_SENDS), receive: startKey(master, CLIENT_SENDS)}
}

/** NewPasswordEncryptedWithOldNtPasswordHash (RFC 2759 8.9), 516 octets. `fill` is 512 octets of chance. */
export function encryptedPassword(newPassword: string, oldPassword: string, fill: Buffer): Buffer {
  const password = Buffer.from(newPassword, 'utf16le')
  const length = Buffer.alloc(4)
  length.writeUInt32LE(password.length)
  const clear = Buffer.concat([fill.subarray(0, PASSWORD_OCTETS - password.length), password, length])
  return rc4(ntHash(oldPassword), clear)
}

/** The reverse, for a server that knows the old password; undefined when it was encrypted with another. */
export function decryptedPassword(encrypted: Buffer, oldPassword: string): string | undefined {
  if (encrypted.length !== PASSWORD_OCTETS + 4) return undefined
  const clear = rc4(ntHash(oldPassword), encrypted)
  const length = clear.readUInt32LE(PASSWORD_OCTETS)
  if (length > PASSWORD_OCTETS || length % 2 !== 0) return undefined
  return clear.toString('utf16le', PASSWORD_OCTETS - length, PASSWORD_OCTETS)
}

/** OldNtPasswordHashEncryptedWithNewNtPasswordHash (RFC 2759 8.12), 16 octets. */
export function encryptedHash(oldPassword: string, newPassword: string): Buffer {
  const old = ntHash(oldPassword)
  const key = ntHash(newPassword)
  return Buffer.concat([0, 1].map((half) => des(key, half, old.subarray(8 * half, 8 * half + 8), createCipheriv)))
}

/** Whether a change came from somebody who knows the old password (RFC 2759 8.12 backwards). */
export function isOldPassword(encrypted: Buffer, oldPassword: string, newPassword: string): boolean {
  const key = ntHash(newPassword)
  const halves = [0, 1].map((half) => des(key, half, encrypted.subarray(8 * half, 8 * half + 8), createDecipheriv))
  return Buffer.concat(halves).equals(ntHash(oldPassword))
}

const PASSWORD_OCTETS = 512

const SERVER_SENDS = 'On the client side, this is the receive key; on the server side, it is the send key.'
const CLIENT_SENDS = 'On the client side, this is the send key; on the server side, it is the receive key.'

/** ChallengeHash (RFC 2759 8.2). Only the name counts, not the domain before it (RFC 2759 4). */
function challengeHash(userName: string, {authenticator, peer}: Challenges): Buffer {
  return sha1(peer, authenticator, text(userName.slice(userName.lastIndexOf('\\') + 1))).subarray(0, 8)
}

/** GetAsymmetricStartKey (RFC 3079 3.4). */
function startKey(master: Buffer, use: string): Buffer {
  return sha1(master, Buffer.alloc(40), text(use), Buffer.alloc(40, 0xf2)).subarray(0, 16)
}

/** One block of DES with seven octets of a key; OpenSSL 3 has single DES only as triple DES with the same key thrice. */
function des(
  key: Buffer,
  half: number,
  block: Buffer,
  create: typeof createCipheriv | typeof createDecipheriv,
): Buffer {
  const bits = BigInt(`0x${key.subarray(7 * half, 7 * half + 7).toString('hex')}`)
  const one = Buffer.from(Array.from({length: 8}, (_, at) => Number((bits >> BigInt(49 - 7 * at)) & 0x7fn) << 1))
  const cipher = create('des-ede3', Buffer.concat([one, one, one]), null).setAutoPadding(false)
  return Buffer.concat([cipher.update(block), cipher.final()])
}

function sha1(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function text(value: string): Buffer {
  return Buffer.from(value, 'utf8')
}
