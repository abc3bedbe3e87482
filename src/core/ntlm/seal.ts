import {timingSafeEqual} from 'node:crypto'
import {hmacMd5, md5} from './hashes.ts'
import {Rc4} from './rc4.ts'

/** Octets that sealing puts before the sealed data. */
export const signatureLength = 16

export type Side = 'client' | 'server'

/**
 * Signing and sealing in one direction ([MS-NLMP] 3.4), for extended session security with key exchange and 128 bits.
 * Messages must come in their order: the cipher and the sequence number run on.
 */
export class Seal {
  readonly #signKey: Buffer
  readonly #cipher: Rc4
  #sequence = 0

  constructor(sessionKey: Buffer, from: Side) {
    const direction = from === 'client' ? 'client-to-server' : 'server-to-client'
    const magic = (use: string) => Buffer.from(`session key to ${direction} ${use} key magic constant\0`, 'latin1')
    this.#signKey = md5(sessionKey, magic('signing'))
    this.#cipher = new Rc4(md5(sessionKey, magic('sealing')))
  }

  /** The signature and the sealed data, as GSS_Wrap gives them. */
  wrap(data: Buffer): Buffer {
    const sealed = this.#cipher.apply(data)
    return Buffer.concat([this.#signature(data), sealed])
  }

  /** The data; undefined when the signature is not theirs. */
  unwrap(wrapped: Buffer): Buffer | undefined {
    if (wrapped.length < signatureLength) return undefined
    const data = this.#cipher.apply(wrapped.subarray(signatureLength))
    const expected = this.#signature(data)
    return timingSafeEqual(expected, wrapped.subarray(0, signatureLength)) ? data : undefined
  }

  #signature(data: Buffer): Buffer {
    const sequence = Buffer.alloc(4)
    sequence.writeUInt32LE(this.#sequence)
    this.#sequence = (this.#sequence + 1) >>> 0
    const checksum = this.#cipher.apply(hmacMd5(this.#signKey, sequence, data).subarray(0, 8))
    return Buffer.concat([Buffer.from([1, 0, 0, 0]), checksum, sequence])
  }
}
