import type {Log} from '../../log/log.ts'
import {type Cancel, deadline, type World} from '../../world.ts'
import type {DirectoryHost} from './directory-host.ts'

const FIRST_PROBE_MS = 1000
const LONGEST_PROBE_MS = 30_000

type Down = {readonly sinceMs: number; readonly detail: string; probeMs: number; cancel: Cancel; abort: AbortController}

export type HostState = {readonly host: string; readonly up: boolean; readonly detail: string}

/**
 * The servers in the administrator's order, and the memory of which of them are down: those are skipped, probed in
 * the background, and taken back when they serve again.
 */
export class Hosts {
  readonly #hosts: readonly DirectoryHost[]
  readonly #down = new Map<DirectoryHost, Down>()
  readonly #options: {readonly section: string; readonly timeoutMs: number}
  readonly #log: Log
  readonly #world: World
  #closed = false

  constructor(
    hosts: readonly DirectoryHost[],
    options: {readonly section: string; readonly timeoutMs: number},
    log: Log,
    world: World,
  ) {
    this.#hosts = hosts
    this.#options = options
    this.#log = log
    this.#world = world
  }

  /** Whom to ask, in order. With every host down all are asked: one of them may be back before its next probe. */
  candidates(): readonly DirectoryHost[] {
    const up = this.#hosts.filter((host) => !this.#down.has(host))
    return up.length > 0 ? up : this.#hosts
  }

  states(): readonly HostState[] {
    return this.#hosts.map((host) => {
      const down = this.#down.get(host)
      return {host: host.name, up: down === undefined, detail: down?.detail ?? ''}
    })
  }

  failed(host: DirectoryHost, detail: string): void {
    if (this.#closed || this.#down.has(host)) return
    this.#log.emit('ldap.host_down', {section: this.#options.section, host: host.name, detail})
    const down: Down = {
      sinceMs: this.#world.monotonicMs(),
      detail,
      probeMs: FIRST_PROBE_MS,
      cancel: () => {},
      abort: new AbortController(),
    }
    this.#down.set(host, down)
    this.#schedule(host, down)
  }

  worked(host: DirectoryHost): void {
    const down = this.#down.get(host)
    if (down === undefined) return
    this.#down.delete(host)
    down.cancel()
    down.abort.abort(new Error('the host is back'))
    const downMs = this.#world.monotonicMs() - down.sinceMs
    this.#log.emit('ldap.host_up', {section: this.#options.section, host: host.name, downMs})
  }

  close(): void {
    this.#closed = true
    for (const down of this.#down.values()) {
      down.cancel()
      down.abort.abort(new Error('closed'))
    }
    for (const host of this.#hosts) host.close()
  }

  #schedule(host: DirectoryHost, down: Down): void {
    down.cancel = this.#world.after(down.probeMs, () => void this.#probe(host, down))
    down.probeMs = Math.min(down.probeMs * 2, LONGEST_PROBE_MS)
  }

  async #probe(host: DirectoryHost, down: Down): Promise<void> {
    const limit = deadline(this.#world, this.#options.timeoutMs, down.abort.signal)
    const failure = await host.probe(limit.signal).finally(limit.release)
    if (this.#closed || this.#down.get(host) !== down) return
    // a host that refuses the service account serves: the trouble is the account, and no host is better
    if (failure === undefined || failure.reason === 'service-account') this.worked(host)
    else this.#schedule(host, down)
  }
}
