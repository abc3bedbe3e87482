import {type BinaryToTextEncoding, hash} from 'node:crypto'

/** Octets of a block and of a digest. */
const sizes = {
  sha1: {block: 64, digest: 20},
  sha256: {block: 64, digest: 32},
  sha512: {block: 128, digest: 64},
} as const

/** Longest message, in UTF-16 units, that is written into the buffer kept for it. */
const USUAL_LENGTH = 512

/**
 * HMAC (RFC 2104) with one key for many messages. The key is laid out once and each digest is two calls of `crypto.hash`
 * over buffers that are kept: two thirds of what `createHmac` costs (docs/decisions/0070-cost-of-a-login.md).
 * It does not print its key.
 */
export class HmacKey {
  readonly #algorithm: keyof typeof sizes
  readonly #blockOctets: number
  /** The key in the inner pad, then room for the message. */
  readonly #inner: Buffer
  /** The key in the outer pad, then the inner digest. */
  readonly #outer: Buffer

  constructor(algorithm: keyof typeof sizes, key: string | Buffer) {
    const {block, digest} = sizes[algorithm]
    const octets = Buffer.from(key)
    const fitting = octets.length > block ? hash(algorithm, octets, 'buffer') : octets
    this.#algorithm = algorithm
    this.#blockOctets = block
    this.#inner = Buffer.alloc(block + 3 * USUAL_LENGTH)
    this.#outer = Buffer.alloc(block + digest)
    for (let at = 0; at < block; at++) {
      const octet = fitting[at] ?? 0
      this.#inner[at] = octet ^ 0x36
      this.#outer[at] = octet ^ 0x5c
    }
  }

  /** A text counts in UTF-8. */
  digest(message: string | Buffer, encoding: BinaryToTextEncoding): string {
    const keyed = this.#keyed(message)
    // Text in latin1 (`binary`) is the quick way to have the octets of a digest.
    this.#outer.write(hash(this.#algorithm, keyed, 'binary'), this.#blockOctets, 'binary')
    // A message may hold a password, which must not outlive it here.
    keyed.fill(0, this.#blockOctets)
    return hash(this.#algorithm, this.#outer, encoding)
  }

  /** The inner pad with the message behind. A unit of UTF-16 has up to three octets in UTF-8. */
  #keyed(message: string | Buffer): Buffer {
    if (typeof message === 'string' && message.length <= USUAL_LENGTH) {
      return this.#inner.subarray(0, this.#blockOctets + this.#inner.write(message, this.#blockOctets, 'utf8'))
    }
    return Buffer.concat([this.#inner.subarray(0, this.#blockOctets), Buffer.from(message)])
  }
}
