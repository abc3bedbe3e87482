import {deadline, type World} from '../world.ts'
import type {Ticket} from './client-lanes.ts'
import type {PendingRequest} from './client-request.ts'
import type {UpstreamServer} from './client-servers.ts'
import type {Endpoint} from './packet.ts'

export type WalkEnd = 'replied' | 'timeout' | 'aborted' | 'unresolved'

export type Walk = {
  /** The servers in the order they are asked. */
  readonly order: readonly UpstreamServer[]
  /** How many datagrams may be sent, and how long each waits for its reply. */
  readonly sends: number
  readonly waitMs: number
  /** Of the server's addresses the one to use; undefined leaves it to the server. */
  readonly address: string | undefined
  readonly datagram: Buffer
  readonly ticket: Ticket
  readonly pending: PendingRequest
  readonly onSend: (endpoint: Endpoint) => void
}

/** Sends one datagram to server after server, around in a circle, until a reply is accepted or its turns are used up. */
export async function walkServers(walk: Walk, world: World, signal: AbortSignal): Promise<WalkEnd> {
  const {pending, ticket, datagram, waitMs} = walk
  const left = [...walk.order]
  const unreachable = new Set<UpstreamServer>()
  let position = 0
  for (let sent = 0; sent < walk.sends; ) {
    const server = left[position % left.length]
    if (server === undefined) return sent === 0 ? 'unresolved' : 'timeout'
    const now = server.endpointNow(walk.address)
    const endpoint = now === 'asking' ? await resolved(server, walk, world, signal) : now
    if (signal.aborted) return 'aborted'
    if (pending.reply !== undefined) return 'replied'
    if (endpoint === undefined) {
      left.splice(left.indexOf(server), 1)
      continue
    }
    position = left.indexOf(server) + 1
    pending.sentTo(endpoint, server)
    walk.onSend(endpoint)
    const sentMs = world.monotonicMs()
    const end = pending.wait(world, waitMs, signal)
    ticket.send(datagram, endpoint, () => pending.sendFailed())
    sent++
    switch (await end) {
      case 'replied':
        return 'replied'
      case 'aborted':
        return 'aborted'
      case 'elapsed':
        server.loginUnanswered(sentMs)
        break
      case 'send-failed':
        server.loginUnanswered(sentMs)
        unreachable.add(server)
        // The next server need not wait for one that was not even asked; when none is left, the network may come back.
        if (unreachable.size < left.length) break
        if ((await pending.wait(world, waitMs, signal)) === 'replied') return 'replied'
        if (signal.aborted) return 'aborted'
    }
  }
  return 'timeout'
}

/** What the promise gives, or undefined when the signal or `waitMs` comes before it. */
export async function within<Value>(
  promise: Promise<Value>,
  waitMs: number,
  world: World,
  signal: AbortSignal,
): Promise<Value | undefined> {
  const limit = deadline(world, waitMs, signal)
  const aborted = new Promise<undefined>((resolve) => {
    if (limit.signal.aborted) resolve(undefined)
    limit.signal.addEventListener('abort', () => resolve(undefined), {once: true})
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    limit.release()
  }
}

/** A name server that does not answer must not hold up the walk longer than a RADIUS server would. */
function resolved(
  server: UpstreamServer,
  {address, waitMs, pending}: Walk,
  world: World,
  signal: AbortSignal,
): Promise<Endpoint | undefined> {
  const asked = address === undefined ? server.endpoint() : server.endpointAt(address)
  const replied = new Promise<undefined>((resolve) => pending.onReply(() => resolve(undefined)))
  return within(Promise.race([asked, replied]), waitMs, world, signal)
}
