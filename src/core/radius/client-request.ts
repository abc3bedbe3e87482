import {canonicalAddress} from '../network.ts'
import type {World} from '../world.ts'
import type {UpstreamServer} from './client-servers.ts'
import type {Endpoint, Packet} from './packet.ts'

export type Reply = {readonly packet: Packet; readonly server: UpstreamServer; readonly from: Endpoint}

/** Why a wait ended. */
export type WaitEnd = 'replied' | 'send-failed' | 'elapsed' | 'aborted'

/** One request on its way: whom it was sent to, and the reply once one is accepted. */
export class PendingRequest {
  readonly #askedServers = new Map<string, UpstreamServer>()
  #reply: Reply | undefined
  #onReply: (() => void) | undefined
  #onSendFailed: (() => void) | undefined

  get reply(): Reply | undefined {
    return this.#reply
  }

  /** From now on a reply from there is an answer to this request. */
  sentTo(endpoint: Endpoint, server: UpstreamServer): void {
    this.#askedServers.set(key(endpoint), server)
  }

  askedServer(from: Endpoint): UpstreamServer | undefined {
    return this.#askedServers.get(key(from))
  }

  /** The first accepted reply is the answer; a later one changes nothing. */
  accept(reply: Reply): void {
    if (this.#reply !== undefined) return
    this.#reply = reply
    this.#onReply?.()
  }

  sendFailed(): void {
    this.#onSendFailed?.()
  }

  /** Calls back when the reply is accepted; only the last one that asked is told. */
  onReply(callback: () => void): void {
    this.#onReply = callback
  }

  /** Waits for the reply, for `delayMs` at most. */
  wait(world: World, delayMs: number, signal: AbortSignal): Promise<WaitEnd> {
    if (this.#reply !== undefined) return Promise.resolve('replied')
    if (signal.aborted) return Promise.resolve('aborted')
    return new Promise((resolve) => {
      const onAbort = () => end('aborted')
      const cancel = world.after(delayMs, () => end('elapsed'))
      const end = (how: WaitEnd) => {
        cancel()
        signal.removeEventListener('abort', onAbort)
        this.#onSendFailed = undefined
        resolve(how)
      }
      signal.addEventListener('abort', onAbort, {once: true})
      // Not functions written right into the fields: V8 makes those old at once (docs/decisions/0074-young-logins.md).
      const onReply = () => end('replied')
      const onSendFailed = () => end('send-failed')
      this.#onReply = onReply
      this.#onSendFailed = onSendFailed
    })
  }
}

/** Endpoints are canonical but for the zone of a link-local address. */
function key({address, port}: Endpoint): string {
  return `${address.includes('%') ? (canonicalAddress(address) ?? address) : address} ${port}`
}
