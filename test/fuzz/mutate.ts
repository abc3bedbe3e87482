/** Chance that comes again with its seed. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1
  }

  /** A whole number below `limit` (xorshift32: quick, and good enough to spoil octets). */
  below(limit: number): number {
    let state = this.#state
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state >>> 0
    return limit <= 0 ? 0 : this.#state % limit
  }

  of<T>(items: readonly T[], otherwise: T): T {
    return items[this.below(items.length)] ?? otherwise
  }
}

const MAX_OCTETS = 8192
/** Lengths and counts that programs forget. */
const NOTABLE = [0, 1, 2, 18, 20, 127, 128, 129, 253, 254, 255]

type Mutation = (input: Buffer, dice: Dice, corpus: readonly Buffer[], words: readonly string[]) => Buffer

const mutations: readonly Mutation[] = [
  (input, dice) => changed(input, dice, (octet) => octet ^ (1 << dice.below(8))),
  (input, dice) => changed(input, dice, () => dice.below(256)),
  (input, dice) => changed(input, dice, () => dice.of(NOTABLE, 0)),
  (input, dice) => input.subarray(0, dice.below(input.length + 1)),
  (input, dice) => {
    const [from, to] = range(input, dice)
    return Buffer.concat([input.subarray(0, from), input.subarray(to)])
  },
  (input, dice) => {
    const [from, to] = range(input, dice)
    return Buffer.concat([input.subarray(0, to), input.subarray(from)])
  },
  (input, dice) => inserted(input, dice, Buffer.alloc(1 + dice.below(8), dice.below(256))),
  (input, dice, corpus) => {
    const other = dice.of(corpus, input)
    return Buffer.concat([
      input.subarray(0, dice.below(input.length + 1)),
      other.subarray(dice.below(other.length + 1)),
    ])
  },
  (input, dice, _corpus, words) => inserted(input, dice, Buffer.from(dice.of(words, '\0'), 'utf8')),
]

/** An input that is almost one of the corpus: one to eight changes. */
export function mutate(corpus: readonly Buffer[], words: readonly string[], dice: Dice): Buffer {
  let input: Buffer = dice.of(corpus, Buffer.alloc(0))
  for (let left = 1 + dice.below(8); left > 0; left--) {
    const [first] = mutations
    const mutation = first === undefined ? undefined : dice.of(mutations, first)
    if (mutation !== undefined) input = mutation(input, dice, corpus, words)
  }
  return Buffer.from(input.subarray(0, MAX_OCTETS))
}

function changed(input: Buffer, dice: Dice, change: (octet: number) => number): Buffer {
  const copy = Buffer.from(input)
  const at = dice.below(copy.length)
  const octet = copy[at]
  if (octet !== undefined) copy[at] = change(octet)
  return copy
}

function inserted(input: Buffer, dice: Dice, what: Buffer): Buffer {
  const at = dice.below(input.length + 1)
  return Buffer.concat([input.subarray(0, at), what, input.subarray(at)])
}

function range(input: Buffer, dice: Dice): [from: number, to: number] {
  const from = dice.below(input.length + 1)
  return [from, Math.min(input.length, from + 1 + dice.below(64))]
}
