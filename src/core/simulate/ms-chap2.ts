import {createHash} from 'node:crypto'
import {desl, ntHash} from '../ntlm/hashes.ts'

/**
 * The value of MS-CHAP2-Response (RFC 2548 2.3.2): the peer's challenge and its NT-Response. Challenges are 16 octets.
 */
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
  // Only the name counts, not the domain before it (RFC 2759 4).
  const name = userName.slice(userName.lastIndexOf('\\') + 1)
  const challenge = createHash('sha1')
    .update(peerChallenge)
    .update(authenticatorChallenge)
    .update(name, 'utf8')
    .digest()
    .subarray(0, 8)
  return desl(ntHash(password), challenge)
}
