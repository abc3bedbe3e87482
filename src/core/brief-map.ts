/** So many entries are taken out before the Map is replaced, beyond twice as many as are in it. */
const RENEW_AFTER = 32

/**
 * A Map for what comes and goes: what is in work, by name.
 *
 * Every few deletions V8 gives a Map a new table, and the table before refers to it, for whoever is just going through it.
 * From a Map as old as the process hangs a chain of all tables it ever had, each with what was in work when it was replaced,
 * and all of that moves to the old heap and stays until everything there is collected
 * (docs/decisions/0074-young-logins.md). A Map that is itself replaced now and then has no such chain.
 */
export class BriefMap<Key, Value> {
  #entries = new Map<Key, Value>()
  #deleted = 0

  get size(): number {
    return this.#entries.size
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  has(key: Key): boolean {
    return this.#entries.has(key)
  }

  set(key: Key, value: Value): void {
    this.#entries.set(key, value)
  }

  delete(key: Key): boolean {
    const wasThere = this.#entries.delete(key)
    if (wasThere && ++this.#deleted > RENEW_AFTER + 2 * this.#entries.size) this.#renew()
    return wasThere
  }

  clear(): void {
    this.#entries.clear()
  }

  /** Oldest first. What is deleted while somebody goes through them may still come. */
  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.#entries[Symbol.iterator]()
  }

  keys(): MapIterator<Key> {
    return this.#entries.keys()
  }

  values(): MapIterator<Value> {
    return this.#entries.values()
  }

  #renew(): void {
    this.#entries = new Map(this.#entries)
    this.#deleted = 0
  }
}
