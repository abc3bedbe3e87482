import type {Cancel, World} from '../world.ts'

/** What happened and was not asked for yet, oldest first. */
export class Journal<Entry> {
  readonly #entries: Entry[] = []
  readonly #waiting = new Set<() => void>()

  add(entry: Entry): void {
    this.#entries.push(entry)
    for (const wake of [...this.#waiting]) wake()
  }

  get entries(): readonly Entry[] {
    return this.#entries
  }

  /** Takes the first entry that fits out, waiting for it at most `limitMs` of that world's time. */
  async take(fits: (entry: Entry) => boolean, world: World, limitMs: number): Promise<Entry | undefined> {
    let over = false
    const cancel: Cancel = world.after(limitMs, () => {
      over = true
      for (const wake of [...this.#waiting]) wake()
    })
    try {
      for (;;) {
        const found = this.#entries.findIndex(fits)
        if (found >= 0) return this.#entries.splice(found, 1)[0]
        if (over) return undefined
        await this.#news()
      }
    } finally {
      cancel()
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.add(wake)
    })
  }
}
