import type {Secret} from '../secret.ts'
import {MD5_OCTETS, Md5, type Md5Midstate} from './md5.ts'

/** Makes a shared secret ready for use: what depends on the secret alone is computed once. */
export function sharedKey(secret: Secret): SharedKey {
  return new SharedKey(Buffer.from(secret.reveal(), 'utf8'))
}

/** The shared secret of a client or server as the digests of RADIUS need it. It does not print. */
export class SharedKey {
  readonly #secret: Buffer
  readonly #md5 = new Md5()
  readonly #inner: Md5Midstate
  readonly #outer: Md5Midstate

  constructor(secret: Buffer) {
    this.#secret = secret
    const blockKey = this.#blockKey()
    this.#inner = this.#keyed(blockKey, 0x36)
    this.#outer = this.#keyed(blockKey, 0x5c)
  }

  /**
   * Writes MD5(datagram with `authenticator` in its header | secret): the Response Authenticator of RFC 2865 3, when
   * `authenticator` is that of the request. `length` is the packet's, the datagram may be longer.
   */
  responseAuthenticator(datagram: Buffer, length: number, authenticator: Buffer, target: Buffer, offset = 0): void {
    this.#md5
      .start()
      .update(datagram, 0, AUTHENTICATOR_OFFSET)
      .update(authenticator)
      .update(datagram, ATTRIBUTES_OFFSET, length)
      .update(this.#secret)
      .digestInto(target, offset)
  }

  /**
   * Writes HMAC-MD5(secret, datagram with `authenticator` in its header and 16 zero octets at `valueOffset`): the
   * Message-Authenticator of RFC 3579 3.2, whose value starts at `valueOffset`. `authenticator` is that of the request.
   */
  messageAuthenticator(
    datagram: Buffer,
    length: number,
    authenticator: Buffer,
    valueOffset: number,
    target: Buffer,
    offset = 0,
  ): void {
    this.#md5
      .start(this.#inner)
      .update(datagram, 0, AUTHENTICATOR_OFFSET)
      .update(authenticator)
      .update(datagram, ATTRIBUTES_OFFSET, valueOffset)
      .update(ZEROS)
      .update(datagram, valueOffset + MD5_OCTETS, length)
      .digestInto(target, offset)
    this.#md5
      .start(this.#outer)
      .update(target, offset, offset + MD5_OCTETS)
      .digestInto(target, offset)
  }

  /** Writes MD5(secret | the octets of `previous` from `start` to `end`), the pad that hides a password (RFC 2865 5.2). */
  pad(previous: Buffer, start: number, end: number, target: Buffer): void {
    this.#md5.start().update(this.#secret).update(previous, start, end).digestInto(target)
  }

  /** The key of an HMAC is one block: longer keys are digested first (RFC 2104 2). */
  #blockKey(): Buffer {
    const key = Buffer.alloc(HMAC_BLOCK_OCTETS)
    if (this.#secret.length > HMAC_BLOCK_OCTETS) this.#md5.start().update(this.#secret).digestInto(key)
    else this.#secret.copy(key)
    return key
  }

  #keyed(blockKey: Buffer, fill: number): Md5Midstate {
    return this.#md5
      .start()
      .update(blockKey.map((octet) => octet ^ fill))
      .midstate()
  }
}

const HMAC_BLOCK_OCTETS = 64
const AUTHENTICATOR_OFFSET = 4
const ATTRIBUTES_OFFSET = 20
const ZEROS = Buffer.alloc(MD5_OCTETS)
