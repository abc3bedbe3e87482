import {type Endings, pause, type World} from '../world.ts'
import type {UpstreamServer} from './client-servers.ts'

export type ServerWatchParts = {
  readonly world: World
  /** Asks the server whether it is there; says whether it answered. Rejects for nothing. */
  readonly probe: (server: UpstreamServer, signal: AbortSignal) => Promise<boolean>
  /** Ends all watches. */
  readonly endings: Endings
}

/** How many unanswered probes make a zombie dead, and the pauses between them. */
const PROBES_BEFORE_DEAD = 3
const SHORT_PAUSE_MS = 1_000
const LONG_PAUSE_MS = 30_000

/** Probes each server that stopped answering until it is alive again. */
export class ServerWatches {
  readonly #parts: ServerWatchParts
  readonly #watches = new Map<UpstreamServer, AbortController>()

  constructor(parts: ServerWatchParts) {
    this.#parts = parts
  }

  begin(server: UpstreamServer): void {
    if (this.#watches.has(server)) return
    const watch = new AbortController()
    this.#watches.set(server, watch)
    // It ends with its signal and rejects for nothing, so that nobody need wait for it.
    const {signal, release} = this.#parts.endings.begin(watch.signal)
    void this.#watch(server, signal).finally(release)
  }

  end(server: UpstreamServer): void {
    this.#watches.get(server)?.abort()
    this.#watches.delete(server)
  }

  async #watch(server: UpstreamServer, signal: AbortSignal): Promise<void> {
    for (let unanswered = 0; ; ) {
      const isAnswered = await this.#parts.probe(server, signal)
      if (signal.aborted) return
      unanswered = isAnswered ? 0 : unanswered + 1
      if (unanswered === PROBES_BEFORE_DEAD) server.probesUnanswered()
      if (server.tryAgain()) return
      const hurry = unanswered > 0 && unanswered < PROBES_BEFORE_DEAD
      await pause(this.#parts.world, hurry ? SHORT_PAUSE_MS : LONG_PAUSE_MS, signal)
    }
  }
}
