/** MD5 after some whole blocks of 64 octets: a digest can start here again and again. */
export type Md5Midstate = {readonly words: Int32Array; readonly octets: number}

export const MD5_OCTETS = 16

/**
 * MD5 (RFC 1321), because RADIUS asks for it. Written out since a digest of node:crypto costs ten blocks of this one,
 * and since an HMAC can go on from a midstate of its key (docs/decisions/0002-md5.md).
 */
export class Md5 {
  readonly #words = INITIAL.words.slice()
  readonly #block = new Uint8Array(BLOCK_OCTETS)
  #octets = 0

  /** Starts a digest, forgetting an unfinished one. */
  start(from: Md5Midstate = INITIAL): this {
    this.#words.set(from.words)
    this.#octets = from.octets
    return this
  }

  /** Adds the octets from `start` up to `end`. */
  update(bytes: Uint8Array, start = 0, end: number = bytes.length): this {
    const block = this.#block
    let filled = this.#octets % BLOCK_OCTETS
    let next = start
    while (next < end) {
      if (filled === 0 && end - next >= BLOCK_OCTETS) {
        compress(this.#words, bytes, next)
        next += BLOCK_OCTETS
        continue
      }
      const stop = Math.min(end, next + BLOCK_OCTETS - filled)
      while (next < stop) block[filled++] = bytes[next++] ?? 0
      if (filled < BLOCK_OCTETS) break
      compress(this.#words, block, 0)
      filled = 0
    }
    this.#octets += end - start
    return this
  }

  /** Ends the digest and writes its 16 octets at `offset`. */
  digestInto(target: Uint8Array, offset = 0): void {
    const block = this.#block
    let filled = this.#octets % BLOCK_OCTETS
    block[filled++] = 0x80
    if (filled > LENGTH_OFFSET) {
      block.fill(0, filled)
      compress(this.#words, block, 0)
      filled = 0
    }
    block.fill(0, filled)
    // The length is a 64-bit count of bits; packets stay far below 2^29 octets, so that its upper half is 0.
    writeWord(block, LENGTH_OFFSET, this.#octets << 3)
    compress(this.#words, block, 0)
    for (let i = 0; i < 4; i++) writeWord(target, offset + 4 * i, this.#words[i] ?? 0)
  }

  /** The state after a whole number of blocks. */
  midstate(): Md5Midstate {
    return {words: this.#words.slice(), octets: this.#octets}
  }
}

const BLOCK_OCTETS = 64
/** Where the last block holds the length. */
const LENGTH_OFFSET = 56

const INITIAL: Md5Midstate = {
  words: Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476),
  octets: 0,
}

/** The table T of RFC 1321 3.4. */
const SINES = Int32Array.from({length: 64}, (_, i) => Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1))))
/** Rotations of RFC 1321 3.4, four for each of the four rounds. */
const ROTATIONS = Int32Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21)

const blockWords = new Int32Array(16)

/** Mixes the block at `start` into the four words of the state. The names a, b, c, d, F, G, H, I are the RFC's. */
function compress(state: Int32Array, bytes: Uint8Array, start: number): void {
  for (let i = 0; i < 16; i++) blockWords[i] = readWord(bytes, start + 4 * i)
  let a = state[0] ?? 0
  let b = state[1] ?? 0
  let c = state[2] ?? 0
  let d = state[3] ?? 0
  for (let i = 0; i < 64; i++) {
    let mixed: number
    let word: number
    if (i < 16) {
      mixed = d ^ (b & (c ^ d)) // F
      word = i
    } else if (i < 32) {
      mixed = c ^ (d & (b ^ c)) // G
      word = (5 * i + 1) & 15
    } else if (i < 48) {
      mixed = b ^ c ^ d // H
      word = (3 * i + 5) & 15
    } else {
      mixed = c ^ (b | ~d) // I
      word = (7 * i) & 15
    }
    const sum = (a + mixed + (SINES[i] ?? 0) + (blockWords[word] ?? 0)) | 0
    const rotation = ROTATIONS[((i >> 4) << 2) | (i & 3)] ?? 0
    a = d
    d = c
    c = b
    b = (b + ((sum << rotation) | (sum >>> (32 - rotation)))) | 0
  }
  state[0] = (state[0] ?? 0) + a
  state[1] = (state[1] ?? 0) + b
  state[2] = (state[2] ?? 0) + c
  state[3] = (state[3] ?? 0) + d
}

function readWord(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset] ?? 0) |
    ((bytes[offset + 1] ?? 0) << 8) |
    ((bytes[offset + 2] ?? 0) << 16) |
    ((bytes[offset + 3] ?? 0) << 24)
  )
}

function writeWord(bytes: Uint8Array, offset: number, word: number): void {
  bytes[offset] = word
  bytes[offset + 1] = word >>> 8
  bytes[offset + 2] = word >>> 16
  bytes[offset + 3] = word >>> 24
}
