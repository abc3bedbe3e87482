import {createHash, timingSafeEqual} from 'node:crypto'
import {inspect} from 'node:util'

const MASK = '*****'

/** A text that will not print: string conversion, JSON and util.inspect all give a mask. `reveal` is the one way out. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself. Call it where the text is used, and keep the result nowhere. */
  reveal(): string {
    return this.#text
  }

  get isEmpty(): boolean {
    return this.#text === ''
  }

  /** Compared in constant time, whatever the lengths. */
  equals(other: Secret): boolean {
    return timingSafeEqual(digest(this.#text), digest(other.#text))
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}
