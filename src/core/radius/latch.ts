/**
 * What an address has shown that it can, and must keep to from then on where the policy is `auto` (CVE-2024-3596):
 * a client to send a Message-Authenticator, or requests without Proxy-State; a server that we ask to sign its replies.
 */
export type Latch = 'message-authenticator' | 'proxy-state' | 'reply-message-authenticator'

export type LatchRecord = {
  readonly address: string
  readonly latch: Latch
  /** Milliseconds since the epoch. */
  readonly sinceMs: number
}

/** `full`: too many addresses are remembered. `unwritten`: remembered until the end of the process only. */
export type LatchSet = 'set' | 'full' | 'unwritten'

export interface LatchStore {
  has(latch: Latch, address: string): boolean
  set(latch: Latch, address: string): LatchSet
  /** Forgets an address, by hand of an administrator. Tells whether there was something to forget. */
  clear(address: string): boolean
  list(): readonly LatchRecord[]
  close(): void
}

/** Addresses that are remembered for each latch. */
export const MAX_LATCHED_ADDRESSES = 4096

/** Latches that a restart forgets. */
export class LatchMemory implements LatchStore {
  readonly #wallMs: () => number
  readonly #since = {
    'message-authenticator': new Map<string, number>(),
    'proxy-state': new Map<string, number>(),
    'reply-message-authenticator': new Map<string, number>(),
  } as const

  constructor(world: {readonly wallMs: () => number}) {
    this.#wallMs = world.wallMs
  }

  has(latch: Latch, address: string): boolean {
    return this.#since[latch].has(address)
  }

  set(latch: Latch, address: string): LatchSet {
    return this.restore({latch, address, sinceMs: this.#wallMs()})
  }

  restore({latch, address, sinceMs}: LatchRecord): 'set' | 'full' {
    const since = this.#since[latch]
    if (since.has(address)) return 'set'
    if (since.size >= MAX_LATCHED_ADDRESSES) return 'full'
    since.set(address, sinceMs)
    return 'set'
  }

  clear(address: string): boolean {
    const removed = Object.values(this.#since).map((since) => since.delete(address))
    return removed.includes(true)
  }

  list(): readonly LatchRecord[] {
    return latchNames.flatMap((latch) =>
      [...this.#since[latch]].map(([address, sinceMs]) => ({address, latch, sinceMs})),
    )
  }

  close(): void {}
}

export const latchNames = [
  'message-authenticator',
  'proxy-state',
  'reply-message-authenticator',
] as const satisfies readonly Latch[]
