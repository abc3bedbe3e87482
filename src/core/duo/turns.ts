import {BriefMap} from '../brief-map.ts'

/** So many at a time; who comes on top waits, first come, first served. */
export class Turns {
  readonly #places: number
  readonly #waiting = new BriefMap<() => void, true>()
  #taken = 0

  constructor(places: number) {
    this.#places = places
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Resolves with true once there is a place, which must be given back; with false when the signal came first. */
  take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false)
    if (this.#taken < this.#places) {
      this.#taken++
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const end = (hasPlace: boolean) => {
        this.#waiting.delete(onTurn)
        signal.removeEventListener('abort', onAbort)
        resolve(hasPlace)
      }
      const onTurn = () => end(true)
      const onAbort = () => end(false)
      this.#waiting.set(onTurn, true)
      signal.addEventListener('abort', onAbort, {once: true})
    })
  }

  /** The place goes to the one who has waited longest, or is free. */
  give(): void {
    const [next] = this.#waiting.keys()
    if (next === undefined) this.#taken--
    else next()
  }
}
