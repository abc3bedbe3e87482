/** The stream cipher NTLM seals with (RFC 6229 has vectors); it keeps its place from call to call. */
export class Rc4 {
  readonly #state: Uint8Array
  #i = 0
  #j = 0

  constructor(key: Buffer) {
    const state = Uint8Array.from({length: 256}, (_, index) => index)
    for (let i = 0, j = 0; i < 256; i++) {
      const at = state[i] ?? 0
      j = (j + at + (key[i % key.length] ?? 0)) & 0xff
      state[i] = state[j] ?? 0
      state[j] = at
    }
    this.#state = state
  }

  /** Encrypts or decrypts: both are the same. */
  apply(data: Buffer): Buffer {
    const state = this.#state
    const result = Buffer.alloc(data.length)
    for (let at = 0; at < data.length; at++) {
      this.#i = (this.#i + 1) & 0xff
      const x = state[this.#i] ?? 0
      this.#j = (this.#j + x) & 0xff
      const y = state[this.#j] ?? 0
      state[this.#i] = y
      state[this.#j] = x
      result[at] = (data[at] ?? 0) ^ (state[(x + y) & 0xff] ?? 0)
    }
    return result
  }
}
