import {createCipheriv, createHash} from 'node:crypto'
import {md4} from './md4.ts'

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
  const hash = Buffer.concat([md4(Buffer.from(password, 'utf16le')), Buffer.alloc(5)])
  return Buffer.concat([0, 7, 14].map((offset) => desBlock(hash.subarray(offset, offset + 7), challenge)))
}

/** One block of DES; OpenSSL 3 has single DES only as triple DES with the same key thrice. */
function desBlock(sevenOctets: Buffer, block: Buffer): Buffer {
  const key = spread(sevenOctets)
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false)
  return cipher.update(block)
}

/** 56 bits of key as eight octets of seven bits and a parity bit that nobody checks. */
function spread(sevenOctets: Buffer): Buffer {
  let bits = 0n
  for (const octet of sevenOctets) bits = (bits << 8n) | BigInt(octet)
  return Buffer.from(Array.from({length: 8}, (_, at) => Number((bits >> BigInt(49 - 7 * at)) & 0x7fn) << 1))
}
