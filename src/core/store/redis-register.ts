import type {Cluster, Redis} from 'ioredis'
import {Fault} from '../fault.ts'
import type {SharedRegister} from '../login/shared-register.ts'
import type {StoreAddress} from './store-url.ts'

const PREFIX = 'authproxy:'

/** A login waits this long for the register before it goes on without: far below any gateway's patience. */
const COMMAND_MS = 500
const CONNECT_MS = 2000
const LONGEST_RECONNECT_MS = 3000

/**
 * Redis or Valkey, one server, behind sentinels, or a cluster. The client package is loaded only here: whoever shares no
 * state need not have it.
 * @param ca PEM of the authorities that replace the system's.
 */
export async function openRedis(address: StoreAddress, ca: string | undefined): Promise<SharedRegister> {
  const {Redis, Cluster} = await loadClient()
  const common = {
    commandTimeout: COMMAND_MS,
    connectTimeout: CONNECT_MS,
    // A command that cannot go out now is answered by this node's own memory, not kept for later.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    keyPrefix: PREFIX,
    ...(address.userName === undefined ? {} : {username: address.userName}),
    ...(address.password === undefined ? {} : {password: address.password}),
    ...(address.tls ? {tls: {minVersion: 'TLSv1.2', ...(ca === undefined ? {} : {ca})} as const} : {}),
  }
  const retryStrategy = (attempt: number) => Math.min(100 * 2 ** Math.min(attempt, 6), LONGEST_RECONNECT_MS)
  const [first] = address.hosts
  const client: Redis | Cluster =
    address.kind === 'cluster'
      ? new Cluster([...address.hosts], {
          redisOptions: common,
          enableOfflineQueue: false,
          keyPrefix: PREFIX,
          clusterRetryStrategy: retryStrategy,
        })
      : address.kind === 'sentinel'
        ? new Redis({...common, sentinels: [...address.hosts], name: address.master ?? '', retryStrategy})
        : new Redis({...common, host: first?.host ?? '', port: first?.port ?? 0, db: address.database, retryStrategy})
  // Each command says what is wrong itself; without a listener ioredis would write to the console.
  client.on('error', () => {})
  await connected(client)
  return {
    setIfAbsent: async (name, value, lifeMs) => (await client.set(name, value, 'PX', lifeMs, 'NX')) === 'OK',
    set: async (name, value, lifeMs) => {
      await client.set(name, value, 'PX', lifeMs)
    },
    get: async (name) => (await client.getBuffer(name)) ?? undefined,
    remove: async (name) => {
      await client.del(name)
    },
    close: async () => {
      client.disconnect()
    },
  }
}

/** Gives the first connection its time; without one the service starts all the same. */
function connected(client: Redis | Cluster): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['ready', 'error', 'close', 'end', 'node error'] as const) client.once(event, () => resolve())
  })
}

async function loadClient() {
  try {
    return await import('ioredis')
  } catch (cause) {
    throw new Fault('config-invalid', 'state_store needs the package ioredis, which is not installed', {
      hint: 'npm install ioredis, beside authproxy',
      cause,
    })
  }
}
