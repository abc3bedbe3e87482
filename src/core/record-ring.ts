/** A piece of the memory, as octets and as what stands in a record's header. */
type Segment = {readonly octets: Buffer; readonly words: Uint32Array; readonly numbers: Float64Array}

/**
 * Records in a row, each found by a number made of its key (`hashOf`), newest first, until newer ones need their place.
 * They are octets outside V8's heap: what is kept for a while and seldom looked at would be copied twice as objects, and
 * walked through by each collection (docs/decisions/0073-records-outside-the-heap.md).
 */
export class RecordRing {
  /** A multiple of the segment's size, which is one of 8. No record goes across the end of its segment. */
  readonly #capacity: number
  readonly #segmentOctets: number
  /** The memory of records that are kept, by their place in the capacity. */
  readonly #segments: (Segment | undefined)[]
  /** Segments without a record, to be used again. */
  readonly #free: Segment[] = []
  /** Of each bucket the record that came last. A record names the one before it, so that a bucket is a chain. */
  readonly #newest: Float64Array
  /**
   * Positions count all octets ever written; where one lies is its rest by the capacity. 0 is none. The start is the oldest
   * record's, or with none the end, which then begins a segment.
   */
  #start: number
  #end: number
  #count = 0

  /**
   * Memory is taken segment by segment, and given back when its records are gone.
   * @param segmentOctets a multiple of 8.
   */
  constructor(octets: number, segmentOctets = SEGMENT_OCTETS) {
    const half = Math.ceil(Math.max(MIN_CAPACITY, octets) / 2 / ALIGNMENT) * ALIGNMENT
    this.#segmentOctets = Math.min(segmentOctets, half)
    this.#segments = Array.from({length: Math.max(2, Math.ceil(octets / this.#segmentOctets))})
    this.#capacity = this.#segments.length * this.#segmentOctets
    this.#newest = new Float64Array(2 ** Math.ceil(Math.log2(this.#capacity / OCTETS_FOR_EACH_BUCKET)))
    this.#start = this.#capacity
    this.#end = this.#capacity
  }

  /** Of memory, kept ready included. */
  get octetsHeld(): number {
    const inUse = this.#segments.filter((segment) => segment !== undefined)
    return (inUse.length + this.#free.length) * this.#segmentOctets
  }

  get count(): number {
    return this.#count
  }

  /**
   * Adds a record of at most four parts; the oldest ones give way. Returns its position, or 0 for one that is longer than a
   * segment, which is not kept: 512 KiB, or half of all there is room for. Texts are written in UTF-8.
   */
  add(hash: number, parts: readonly (string | Buffer)[]): number {
    let most = HEADER_OCTETS + ALIGNMENT
    // A unit of UTF-16 has up to three octets in UTF-8.
    for (const part of parts) most += typeof part === 'string' ? 3 * part.length : part.length
    if (most > this.#segmentOctets) return NONE
    const position = this.#makeRoom(most)
    const {octets, words, numbers} = this.#segmentOf(position)
    const header = this.#offsetOf(position)
    let end = header + HEADER_OCTETS
    for (let index = 0; index < MAX_PARTS; index++) {
      const part = parts[index]
      const length = part === undefined ? 0 : write(octets, part, end)
      words[(header + LENGTHS + 4 * index) / 4] = length
      end += length
    }
    const size = Math.ceil((end - header) / ALIGNMENT) * ALIGNMENT
    const bucket = hash & (this.#newest.length - 1)
    words[header / 4] = size
    words[header / 4 + 1] = hash
    numbers[(header + PREVIOUS) / 8] = this.#newest[bucket] ?? NONE
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
    const {words, numbers} = this.#segmentOf(position)
    const header = this.#offsetOf(position)
    return this.#withHash(numbers[(header + PREVIOUS) / 8] ?? NONE, words[header / 4 + 1] ?? 0)
  }

  /** The oldest record of all, or 0. */
  oldest(): number {
    return this.#count === 0 ? NONE : this.#start
  }

  /** The one that was added after it, or 0. */
  next(position: number): number {
    return this.#atOrAfter(position + this.#sizeOf(position))
  }

  /** Forgets the oldest record, and wipes it. */
  dropOldest(): void {
    const position = this.#start
    if (this.#count === 0) return
    const size = this.#sizeOf(position)
    const header = this.#offsetOf(position)
    this.#segmentOf(position).octets.fill(0, header, header + size)
    this.#count--
    const segment = this.#numberOf(position)
    // With nothing left the rest of the segment is left out.
    if (this.#count === 0) this.#end = (segment + 1) * this.#segmentOctets
    this.#start = this.#count === 0 ? this.#end : this.#atOrAfter(position + size)
    if (this.#numberOf(this.#start) !== segment) this.#release(segment)
  }

  clear(): void {
    while (this.#count > 0) this.dropOldest()
  }

  text(position: number, part: number): string {
    const {octets, words} = this.#segmentOf(position)
    const start = this.#startOf(words, position, part)
    return octets.toString('utf8', start, start + this.#lengthOf(words, position, part))
  }

  /** A copy. */
  copy(position: number, part: number): Buffer {
    const {octets, words} = this.#segmentOf(position)
    const start = this.#startOf(words, position, part)
    return Buffer.from(octets.subarray(start, start + this.#lengthOf(words, position, part)))
  }

  equals(position: number, part: number, others: Buffer): boolean {
    const {octets, words} = this.#segmentOf(position)
    const start = this.#startOf(words, position, part)
    const length = this.#lengthOf(words, position, part)
    return length === others.length && octets.compare(others, 0, length, start, start + length) === 0
  }

  /** One of four numbers that a record has beside its parts; written before they are read. */
  number(position: number, slot: number): number {
    return this.#segmentOf(position).numbers[(this.#offsetOf(position) + SLOTS) / 8 + slot] ?? 0
  }

  setNumber(position: number, slot: number, value: number): void {
    this.#segmentOf(position).numbers[(this.#offsetOf(position) + SLOTS) / 8 + slot] = value
  }

  /** Where a record of at most so many octets may begin. */
  #makeRoom(octets: number): number {
    const offset = this.#offsetOf(this.#end)
    const left = this.#segmentOctets - offset
    const position = octets <= left ? this.#end : this.#end + left
    if (position !== this.#end) this.#segmentOf(this.#end).words[offset / 4] = SKIPPED
    // What has its place in the capacity is in the way, to the end of the segment. The newest record never has.
    const segmentEnd = (this.#numberOf(position) + 1) * this.#segmentOctets
    while (segmentEnd - this.#start > this.#capacity) this.dropOldest()
    this.#segments[this.#numberOf(position) % this.#segments.length] ??=
      this.#free.pop() ?? newSegment(this.#segmentOctets)
    return position
  }

  #withHash(position: number, hash: number): number {
    let at = position
    while (at >= this.#start) {
      const {words, numbers} = this.#segmentOf(at)
      const header = this.#offsetOf(at)
      if (words[header / 4 + 1] === hash >>> 0) return at
      at = numbers[(header + PREVIOUS) / 8] ?? NONE
    }
    return NONE
  }

  #atOrAfter(position: number): number {
    if (position >= this.#end) return NONE
    const offset = this.#offsetOf(position)
    // A segment begins with a record.
    if (offset === 0 || this.#sizeOf(position) !== SKIPPED) return position
    const skipped = position + this.#segmentOctets - offset
    return skipped < this.#end ? skipped : NONE
  }

  /** Of a record; of what is skipped 0. */
  #sizeOf(position: number): number {
    return this.#segmentOf(position).words[this.#offsetOf(position) / 4] ?? 0
  }

  #startOf(words: Uint32Array, position: number, part: number): number {
    let start = this.#offsetOf(position) + HEADER_OCTETS
    for (let index = 0; index < part; index++) start += this.#lengthOf(words, position, index)
    return start
  }

  #lengthOf(words: Uint32Array, position: number, part: number): number {
    return words[(this.#offsetOf(position) + LENGTHS + 4 * part) / 4] ?? 0
  }

  /** Which of all segments ever written to. */
  #numberOf(position: number): number {
    return Math.floor(position / this.#segmentOctets)
  }

  /** In its segment. Not by `%`, which is slow for numbers beyond 31 bits. */
  #offsetOf(position: number): number {
    return position - this.#numberOf(position) * this.#segmentOctets
  }

  #segmentOf(position: number): Segment {
    const segment = this.#segments[this.#numberOf(position) % this.#segments.length]
    if (segment === undefined) throw new RangeError('there is no such record any more')
    return segment
  }

  #release(number: number): void {
    const place = number % this.#segments.length
    const segment = this.#segments[place]
    this.#segments[place] = undefined
    if (segment !== undefined && this.#free.length < FREE_SEGMENTS) this.#free.push(segment)
  }
}

function newSegment(octets: number): Segment {
  const memory = Buffer.allocUnsafeSlow(octets)
  return {octets: memory, words: new Uint32Array(memory.buffer), numbers: new Float64Array(memory.buffer)}
}

function write(octets: Buffer, part: string | Buffer, at: number): number {
  if (typeof part === 'string') return octets.write(part, at, 'utf8')
  octets.set(part, at)
  return part.length
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
/** The size of what is no record: a segment's rest that the next one does not fit in. */
const SKIPPED = 0
const MIN_CAPACITY = 1024
const SEGMENT_OCTETS = 512 * 1024
/** One is taken when another is given back; more are left to the garbage collector. */
const FREE_SEGMENTS = 2
const OCTETS_FOR_EACH_BUCKET = 512
