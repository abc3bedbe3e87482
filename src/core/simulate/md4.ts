/** MD4 (RFC 1320), which the NT password hash is made of and no default OpenSSL 3 provider has. */
export function md4(message: Buffer): Buffer {
  const padded = Buffer.alloc(Math.ceil((message.length + 9) / BLOCK_OCTETS) * BLOCK_OCTETS)
  message.copy(padded)
  padded[message.length] = 0x80
  padded.writeBigUInt64LE(BigInt(message.length) * 8n, padded.length - 8)
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  for (let offset = 0; offset < padded.length; offset += BLOCK_OCTETS) compress(state, padded, offset)
  const digest = Buffer.alloc(16)
  for (const [at, word] of state.entries()) digest.writeInt32LE(word, 4 * at)
  return digest
}

const BLOCK_OCTETS = 64

type Round = {
  readonly mix: (x: number, y: number, z: number) => number
  readonly add: number
  /** The order in which the words of the block are used. */
  readonly order: readonly number[]
  readonly shifts: readonly number[]
}

/** The three rounds of RFC 1320 3.4; F, G and H are the RFC's. */
const rounds: readonly Round[] = [
  {
    mix: (x, y, z) => (x & y) | (~x & z),
    add: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (x, y, z) => (x & y) | (x & z) | (y & z),
    add: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (x, y, z) => x ^ y ^ z,
    add: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
]

function compress(state: Int32Array, block: Buffer, offset: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (const {mix, add, order, shifts} of rounds) {
    for (const [step, word] of order.entries()) {
      const sum = (a + mix(b, c, d) + block.readInt32LE(offset + 4 * word) + add) | 0
      const shift = shifts[step % 4] ?? 0
      ;[a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c]
    }
  }
  for (const [at, word] of [a, b, c, d].entries()) state[at] = (state[at] ?? 0) + word
}
