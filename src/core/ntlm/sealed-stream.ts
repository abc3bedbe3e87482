import {Duplex} from 'node:stream'
import {Seal, type Side, signatureLength} from './seal.ts'

/** Longer buffers are refused; servers send 64 KB at most, small answers far less. */
const MAX_BUFFER = 4 * 1024 * 1024

/**
 * A SASL security layer over a connection: each buffer is a length of four octets, a signature and the sealed data
 * (RFC 4422 3.7). Destroyed with an error by the first buffer that does not verify.
 */
export class SealedStream extends Duplex {
  readonly #below: Duplex
  readonly #outgoing: Seal
  readonly #incoming: Seal
  #received: Buffer = Buffer.alloc(0)

  constructor(below: Duplex, sessionKey: Buffer, side: Side) {
    super()
    this.#below = below
    this.#outgoing = new Seal(sessionKey, side)
    this.#incoming = new Seal(sessionKey, side === 'client' ? 'server' : 'client')
    below.on('data', (chunk: Buffer) => this.#open(chunk))
    below.on('end', () => this.push(null))
    below.on('error', (error) => this.destroy(error))
    below.on('close', () => this.destroy())
    below.resume()
  }

  override _read(): void {
    this.#below.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const wrapped = this.#outgoing.wrap(chunk)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(wrapped.length)
    this.#below.write(Buffer.concat([length, wrapped]), callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#below.end(callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#below.destroy()
    callback(error)
  }

  #open(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 4) {
      const length = this.#received.readUInt32BE(0)
      if (length < signatureLength || length > MAX_BUFFER) {
        this.destroy(new Error('a sealed buffer has no valid length'))
        return
      }
      if (this.#received.length < 4 + length) return
      const data = this.#incoming.unwrap(this.#received.subarray(4, 4 + length))
      this.#received = this.#received.subarray(4 + length)
      if (data === undefined) {
        this.destroy(new Error('the signature of a sealed buffer is wrong'))
        return
      }
      if (!this.push(data)) this.#below.pause()
    }
  }
}
