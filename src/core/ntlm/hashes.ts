import {createCipheriv, createHash, createHmac} from 'node:crypto'
import {md4} from './md4.ts'
import {Rc4} from './rc4.ts'

export function md5(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export function hmacMd5(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const hmac = createHmac('md5', key)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}

export function rc4(key: Buffer, data: Buffer): Buffer {
  return new Rc4(key).apply(data)
}

/** The secret of NTLMv1, and what NTLMv2 starts from ([MS-NLMP] 3.3.1, NTOWFv1). */
export function ntHash(password: string): Buffer {
  return md4(Buffer.from(password, 'utf16le'))
}

/** The secret of NTLMv2 ([MS-NLMP] 3.3.2, NTOWFv2). */
export function ntlmV2Key(hash: Buffer, userName: string, domain: string): Buffer {
  return hmacMd5(hash, Buffer.from(upperCase(userName) + domain, 'utf16le'))
}

/** Three single DES encryptions with a 16-octet key ([MS-NLMP] 6, DESL). Three-key DES with one key is single DES. */
export function desl(key: Buffer, data: Buffer): Buffer {
  const padded = Buffer.concat([key, Buffer.alloc(5)])
  const parts = [0, 7, 14].map((at) => {
    const one = spreadKey(padded.subarray(at, at + 7))
    const cipher = createCipheriv('des-ede3', Buffer.concat([one, one, one]), null).setAutoPadding(false)
    return Buffer.concat([cipher.update(data), cipher.final()])
  })
  return Buffer.concat(parts)
}

/** Seven octets as the eight of a DES key, seven bits in each; the eighth is parity, which nobody reads. */
function spreadKey(seven: Buffer): Buffer {
  const bits = BigInt(`0x${seven.toString('hex')}`)
  return Buffer.from(Array.from({length: 8}, (_, index) => Number((bits >> BigInt(49 - 7 * index)) & 0x7fn) << 1))
}

/** Windows changes case letter by letter: "ß" stays as it is. */
function upperCase(text: string): string {
  return Array.from(text, (character) => {
    const upper = character.toUpperCase()
    return upper.length === character.length ? upper : character
  }).join('')
}
