/**
 * Records in a row, each found by a number made of its key (`hashOf`), newest first, until newer ones need their place.
 * They are octets outside V8's heap: what is kept for a while and seldom looked at would be copied twice as objects, and
 * walked through by each collection (docs/decisions/0073-records-outside-the-heap.md).
 */
export class RecordRing {
  /** A multiple of 8. */
  readonly #capacity: number
  readonly #octets: Buffer
  /** The same memory, for what stands in a record's header. */
  readonly #words: Uint32Array
  readonly #numbers: Float64Array
  /** Of each bucket the record that came last. A record names the one before it, so that a bucket is a chain. */
  readonly #newest: Float64Array
  /** Positions count all octets ever written; where one lies is its rest by the capacity. 0 is none. */
  #start: number
  #end: number
  #count = 0

  /** Memory is taken as it is written to. */
  constructor(octets: number) {
    this.#capacity = Math.max(MIN_CAPACITY, Math.ceil(octets / ALIGNMENT) * ALIGNMENT)
    this.#octets = Buffer.allocUnsafeSlow(this.#capacity)
    this.#words = new Uint32Array(this.#octets.buffer)
    this.#numbers = new Float64Array(this.#octets.buffer)
    this.#newest = new Float64Array(2 ** Math.ceil(Math.log2(this.#capacity / OCTETS_FOR_EACH_BUCKET)))
    this.#start = this.#capacity
    this.#end = this.#capacity
  }

  get count(): number {
    return this.#count
  }

  /**
   * Adds a record of at most four parts; the oldest ones give way. Returns its position, or 0 for one of more than half of
   * all there is room for, which is not kept. Texts are written in UTF-8.
   */
  add(hash: number, parts: readonly (string | Buffer)[]): number {
    let most = HEADER_OCTETS
    // A unit of UTF-16 has up to three octets in UTF-8.
    for (const part of parts) most += typeof part === 'string' ? 3 * part.length : part.length
    if (most + ALIGNMENT > this.#capacity / 2) return NONE
    const position = this.#makeRoom(most + ALIGNMENT)
    const header = position % this.#capacity
    let end = header + HEADER_OCTETS
    for (let index = 0; index < MAX_PARTS; index++) {
      const part = parts[index]
      const length = part === undefined ? 0 : this.#write(part, end)
      this.#words[(header + LENGTHS + 4 * index) / 4] = length
      end += length
    }
    const size = Math.ceil((end - header) / ALIGNMENT) * ALIGNMENT
    const bucket = hash & (this.#newest.length - 1)
    this.#words[header / 4] = size
    this.#words[header / 4 + 1] = hash
    this.#numbers[(header + PREVIOUS) / 8] = this.#newest[bucket] ?? NONE
    this.#newest[bucket] = position
    this.#end = position + size
    this.#count++
    return position
  }

  /** The newest record with this number, or 0. */
  newest(hash: number): number {
    return this.#withHash(this.#newest[hash & (this.#newest.length - 1)] ?? NONE, hash)
  }

  /** The one before with the same number, or 0. */
  older(position: number): number {
    const header = position % this.#capacity
    return this.#withHash(this.#numbers[(header + PREVIOUS) / 8] ?? NONE, this.#words[header / 4 + 1] ?? 0)
  }

  /** The oldest record of all, or 0. */
  oldest(): number {
    return this.#atOrAfter(this.#start)
  }

  /** The one that was added after it, or 0. */
  next(position: number): number {
    return this.#atOrAfter(position + (this.#words[(position % this.#capacity) / 4] ?? 0))
  }

  /** Forgets the oldest record, and wipes it. */
  dropOldest(): void {
    const position = this.oldest()
    if (position === NONE) return
    this.#start = position + this.#wipe(position)
    this.#count--
  }

  clear(): void {
    while (this.#count > 0) this.dropOldest()
  }

  text(position: number, part: number): string {
    const [start, end] = this.#bounds(position, part)
    return this.#octets.toString('utf8', start, end)
  }

  /** A copy. */
  copy(position: number, part: number): Buffer {
    const [start, end] = this.#bounds(position, part)
    return Buffer.from(this.#octets.subarray(start, end))
  }

  equals(position: number, part: number, octets: Buffer): boolean {
    const [start, end] = this.#bounds(position, part)
    return end - start === octets.length && this.#octets.compare(octets, 0, octets.length, start, end) === 0
  }

  /** One of four numbers that a record has beside its parts; written before they are read. */
  number(position: number, slot: number): number {
    return this.#numbers[((position % this.#capacity) + SLOTS) / 8 + slot] ?? 0
  }

  setNumber(position: number, slot: number, value: number): void {
    this.#numbers[((position % this.#capacity) + SLOTS) / 8 + slot] = value
  }

  /** Where a record of at most so many octets may begin: none goes across the end of the memory. */
  #makeRoom(octets: number): number {
    const offset = this.#end % this.#capacity
    const left = this.#capacity - offset
    const position = octets <= left ? this.#end : this.#end + left
    while (this.#count > 0 && position + octets - this.#start > this.#capacity) this.dropOldest()
    if (position !== this.#end) this.#words[offset / 4] = SKIPPED
    if (this.#count === 0) this.#start = position
    return position
  }

  #write(part: string | Buffer, at: number): number {
    if (typeof part === 'string') return this.#octets.write(part, at, 'utf8')
    this.#octets.set(part, at)
    return part.length
  }

  #withHash(position: number, hash: number): number {
    let at = position
    while (at >= this.#start) {
      const header = at % this.#capacity
      if (this.#words[header / 4 + 1] === hash >>> 0) return at
      at = this.#numbers[(header + PREVIOUS) / 8] ?? NONE
    }
    return NONE
  }

  #atOrAfter(position: number): number {
    if (this.#count === 0 || position >= this.#end) return NONE
    const offset = position % this.#capacity
    if (this.#words[offset / 4] !== SKIPPED) return position
    const skipped = position + this.#capacity - offset
    return skipped < this.#end ? skipped : NONE
  }

  /** Returns how many octets it had. */
  #wipe(position: number): number {
    const header = position % this.#capacity
    const size = this.#words[header / 4] ?? 0
    this.#octets.fill(0, header, header + size)
    return size
  }

  #bounds(position: number, part: number): readonly [start: number, end: number] {
    const header = position % this.#capacity
    let start = header + HEADER_OCTETS
    for (let index = 0; index < part; index++) start += this.#words[(header + LENGTHS + 4 * index) / 4] ?? 0
    return [start, start + (this.#words[(header + LENGTHS + 4 * part) / 4] ?? 0)]
  }
}

/** FNV-1a, which begins with `seed`: unknown to others, it keeps them from making keys that share a number. */
export function hashOf(key: string | Buffer, seed = 0x811c9dc5): number {
  let hash = seed
  if (typeof key === 'string') {
    for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), FNV_PRIME)
  } else {
    for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ (key[at] ?? 0), FNV_PRIME)
  }
  // The lowest bits choose the bucket, and those of a product know little of the upper ones of its factors.
  return (hash ^ (hash >>> 15)) >>> 0
}

const FNV_PRIME = 0x01000193
const NONE = 0
const MAX_PARTS = 4
const ALIGNMENT = 8
/** The header: size, hash, the record before in the bucket, four numbers, the lengths of the parts. */
const PREVIOUS = 8
const SLOTS = 16
const LENGTHS = 48
const HEADER_OCTETS = 64
/** The size of what is no record: the memory's rest that the next one does not fit in. */
const SKIPPED = 0
const MIN_CAPACITY = 1024
const OCTETS_FOR_EACH_BUCKET = 512
