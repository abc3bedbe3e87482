import {createCipheriv, createDecipheriv, hkdfSync} from 'node:crypto'
import type {World} from '../world.ts'

const NONCE_OCTETS = 12
const TAG_OCTETS = 16

/** Seals values under the name they stand at: a value copied to another name, or made by somebody else, does not open. */
export class SealedValues {
  readonly #keys: readonly Buffer[]
  readonly #world: World

  /** `keys`: the current one first, then those it replaced. */
  constructor(keys: readonly [Buffer, ...Buffer[]], world: World) {
    this.#keys = keys.map((key) => derive(key, 'store'))
    this.#world = world
  }

  seal(name: string, text: string): Buffer {
    const nonce = this.#world.randomBytes(NONCE_OCTETS)
    const cipher = createCipheriv('aes-256-gcm', this.#keys[0] ?? Buffer.alloc(0), nonce).setAAD(Buffer.from(name))
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  }

  open(name: string, sealed: Buffer): string | undefined {
    if (sealed.length < NONCE_OCTETS + TAG_OCTETS) return undefined
    for (const key of this.#keys) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_OCTETS), {
        authTagLength: TAG_OCTETS,
      })
      decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(-TAG_OCTETS))
      try {
        const text = decipher.update(sealed.subarray(NONCE_OCTETS, -TAG_OCTETS))
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch {
        // Another key, or not ours at all.
      }
    }
    return undefined
  }
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `authproxy ${purpose} v1`, 32))
}
