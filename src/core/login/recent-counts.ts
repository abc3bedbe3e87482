import {BriefMap} from '../brief-map.ts'
import type {World} from '../world.ts'

/** How often something happened lately, by key. Bounded: beyond `maxKeys`, the keys that were quiet longest are forgotten. */
export class RecentCounts {
  readonly #world: World
  readonly #maxKeys: number
  /** Least recently active first; the moments of a key in their order. */
  readonly #moments = new BriefMap<string, number[]>()

  constructor(world: World, maxKeys: number) {
    this.#world = world
    this.#maxKeys = maxKeys
  }

  /** Notes one more, and returns how many there are within `windowMs`; counts no further than `most`. */
  add(key: string, windowMs: number, most: number): number {
    const moments = [...this.#recent(key, windowMs), this.#world.monotonicMs()].slice(-most)
    this.#moments.delete(key)
    this.#sweep(windowMs)
    this.#moments.set(key, moments)
    return moments.length
  }

  count(key: string, windowMs: number): number {
    return this.#recent(key, windowMs).length
  }

  /** Takes the latest one back. */
  takeBack(key: string): void {
    const moments = this.#moments.get(key)
    moments?.pop()
    if (moments?.length === 0) this.#moments.delete(key)
  }

  forget(key: string): void {
    this.#moments.delete(key)
  }

  get keys(): number {
    return this.#moments.size
  }

  #recent(key: string, windowMs: number): number[] {
    const moments = this.#moments.get(key)
    if (moments === undefined) return []
    const sinceMs = this.#world.monotonicMs() - windowMs
    return moments.filter((momentMs) => momentMs > sinceMs)
  }

  #sweep(windowMs: number): void {
    const sinceMs = this.#world.monotonicMs() - windowMs
    for (const [key, moments] of this.#moments) {
      if (this.#moments.size < this.#maxKeys && (moments.at(-1) ?? 0) > sinceMs) return
      this.#moments.delete(key)
    }
  }
}
