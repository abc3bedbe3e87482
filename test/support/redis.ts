import type {TestContext} from 'node:test'
import {freePort, hasPackages, missingPackages, type ServerProcess, startServer} from './server-process.ts'

export const redisPackages = {'/usr/bin/redis-server': 'redis-server'}

export type RedisServer = {readonly server: ServerProcess; readonly port: number}

/** A Redis server with a password on a free port of loopback; undefined when the test is skipped for want of it. */
export async function startRedis(
  t: TestContext,
  options: {readonly args?: readonly string[]; readonly port?: number} = {},
): Promise<RedisServer | undefined> {
  if (!hasPackages(t, redisPackages)) return undefined
  return startRedisServer(options)
}

/** The same where no test is running. Rejects when it is not installed. */
export async function startRedisServer(
  options: {readonly args?: readonly string[]; readonly port?: number} = {},
): Promise<RedisServer> {
  const missing = missingPackages(redisPackages)
  if (missing !== undefined) throw new Error(missing)
  const port = options.port ?? (await freePort('127.0.0.1'))
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--requirepass',
    PASSWORD,
  ]
  const server = await startServer('redis-server', [...args, ...(options.args ?? [])], {host: '127.0.0.1', port})
  return {server, port}
}

export const PASSWORD = 'redis-password-not-real'
