import {BriefMap} from '../brief-map.ts'
import {PENDING_LIMITS} from '../engine/listener.ts'
import {RequestPlaces} from '../radius/request-places.ts'
import type {World} from '../world.ts'
import type {PlaceOf} from './protocol.ts'

/** The places of the service as one worker has them. */
export type WorkerPlaces = {
  take(of: PlaceOf): string | undefined
  free(of: PlaceOf): void
}

type Taken = {readonly place: PlaceOf; count: number}

/** What may be in work, and begin a second, is counted over all workers. One that dies leaves its places to the others. */
export class ServicePlaces {
  readonly #world: World
  readonly #listeners = new Map<string, RequestPlaces>()
  readonly #takenBy = new Map<object, BriefMap<string, Taken>>()

  constructor(world: World) {
    this.#world = world
  }

  of(worker: object): WorkerPlaces {
    const taken = new BriefMap<string, Taken>()
    this.#takenBy.set(worker, taken)
    return {
      take: (place) => {
        const full = this.#placesOf(place).take(place.request)
        if (full === undefined) countIn(taken, place, 1)
        return full
      },
      free: (place) => {
        countIn(taken, place, -1)
        this.#placesOf(place).free(place.request)
      },
    }
  }

  leave(worker: object): void {
    for (const {place, count} of this.#takenBy.get(worker)?.values() ?? []) {
      for (let n = 0; n < count; n++) this.#placesOf(place).free(place.request)
    }
    this.#takenBy.delete(worker)
  }

  #placesOf({listener}: PlaceOf): RequestPlaces {
    const known = this.#listeners.get(listener)
    if (known !== undefined) return known
    const places = new RequestPlaces(this.#world, PENDING_LIMITS)
    this.#listeners.set(listener, places)
    return places
  }
}

function countIn(taken: BriefMap<string, Taken>, place: PlaceOf, change: 1 | -1): void {
  const {listener, request} = place
  const name = `${listener} ${request.address} ${request.isNewLogin}`
  const entry = taken.get(name) ?? {place, count: 0}
  entry.count += change
  if (entry.count === 0) taken.delete(name)
  else taken.set(name, entry)
}
