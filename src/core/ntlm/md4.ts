/**
 * MD4 (RFC 1320), which NTLM hashes passwords with and OpenSSL 3 no longer offers by default. Broken as a hash: it is
 * used for nothing else.
 */
export function md4(data: Buffer): Buffer {
  const padded = Buffer.alloc((((data.length + 8) >>> 6) + 1) << 6)
  data.copy(padded)
  padded[data.length] = 0x80
  padded.writeUInt32LE((data.length << 3) >>> 0, padded.length - 8)
  padded.writeUInt32LE(data.length >>> 29, padded.length - 4)
  let [a, b, c, d] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let block = 0; block < padded.length; block += 64) {
    const [aa, bb, cc, dd] = [a, b, c, d]
    for (const {mix, constant, order, shifts} of rounds) {
      for (const [step, word] of order.entries()) {
        const sum = (a + mix(b, c, d) + padded.readUInt32LE(block + 4 * word) + constant) | 0
        const shift = shifts[step & 3] ?? 0
        const next = (sum << shift) | (sum >>> (32 - shift))
        ;[a, b, c, d] = [d, next, b, c]
      }
    }
    a = (a + aa) | 0
    b = (b + bb) | 0
    c = (c + cc) | 0
    d = (d + dd) | 0
  }
  const digest = Buffer.alloc(16)
  for (const [index, word] of [a, b, c, d].entries()) digest.writeInt32LE(word | 0, 4 * index)
  return digest
}

/** RFC 1320 3.4: the auxiliary functions F, G and H with the order of the words and the shifts of each round. */
const rounds = [
  {
    mix: (x: number, y: number, z: number) => (x & y) | (~x & z),
    constant: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
    constant: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (x: number, y: number, z: number) => x ^ y ^ z,
    constant: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
] as const
