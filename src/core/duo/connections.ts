import type {SecureContext} from 'node:tls'
import type {Dispatcher} from 'undici'
import type {World} from '../world.ts'
import {createConnector, type HttpProxy} from './connector.ts'

export type ConnectionOptions = {
  /** https://host:port of the API. */
  readonly origin: string
  readonly proxy: HttpProxy | undefined
  /** Open connections at most for calls that wait for a person; each pending push or call holds one. */
  readonly waitingConnections: number
}

/** Kept-alive connections: calls that wait for a person have their own, so that no new login queues behind pushes. */
export type Connections = {
  readonly brief: Dispatcher
  readonly waiting: Dispatcher
  /** Ends calls in flight with an error. */
  close(): Promise<void>
}

/** Connections for calls that no person has to answer. */
export const BRIEF_CONNECTIONS = 64
const KEEP_ALIVE_MS = 55_000

/** Loads undici on first use, and of it the pool alone (undici-pool.d.ts): a command that does not need it starts sooner. */
export async function openConnections(
  options: ConnectionOptions,
  context: SecureContext,
  world: World,
): Promise<Connections> {
  const {default: Pool} = await import('undici/lib/dispatcher/pool.js')
  const connector = createConnector(options.proxy, context, world)
  const open = (connections: number): Dispatcher =>
    new Pool(options.origin, {
      connections,
      connect: connector.connect,
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      // Every call has a deadline of the World's; undici's own timers are late and know no caller.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  const brief = open(BRIEF_CONNECTIONS)
  const waiting = open(options.waitingConnections)
  return {
    brief,
    waiting,
    async close() {
      connector.close()
      await Promise.all([brief.destroy(), waiting.destroy()])
    },
  }
}
