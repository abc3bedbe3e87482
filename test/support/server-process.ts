import assert from 'node:assert/strict'
import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import type {TestContext} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'

/** What to install where files of packages are missing; undefined where none is. */
export function missingPackages(packageOfFile: Readonly<Record<string, string>>): string | undefined {
  const missing = Object.entries(packageOfFile).filter(([file]) => !existsSync(file))
  if (missing.length === 0) return undefined
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ')
  return `install what is missing: apt-get install -y --no-install-recommends ${packages}`
}

/** Skips a test for want of files of packages, and says which; where real servers are required it fails instead. */
export function hasPackages(t: TestContext, packageOfFile: Readonly<Record<string, string>>): boolean {
  const message = missingPackages(packageOfFile)
  if (message === undefined) return true
  assert.notEqual(process.env.AUTHPROXY_REQUIRE_SERVERS, '1', message)
  t.skip(message)
  return false
}

/** As `hasPackages`, for what only root may do; `rootFor` names it. */
export function hasPackagesAndRoot(
  t: TestContext,
  packageOfFile: Readonly<Record<string, string>>,
  rootFor: string,
): boolean {
  if (!hasPackages(t, packageOfFile)) return false
  if (process.getuid?.() === 0) return true
  const message = `${rootFor} needs root`
  assert.notEqual(process.env.AUTHPROXY_REQUIRE_SERVERS, '1', message)
  t.skip(message)
  return false
}

export type ServerProcess = {
  /** What the server has written so far. */
  output(): string
  stop(): Promise<void>
}

/** Starts a server in the foreground and waits until it accepts connections; its output is in the error if it ends. */
export async function startServer(
  command: string,
  args: readonly string[],
  listensOn: {readonly host: string; readonly port: number},
  env: NodeJS.ProcessEnv = {},
): Promise<ServerProcess> {
  const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, ...env}})
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-200_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const deadlineMs = performance.now() + 60_000
  while (!(await accepts(listensOn.host, listensOn.port))) {
    const ended = child.exitCode !== null || child.signalCode !== null
    if (ended || performance.now() > deadlineMs) {
      await stop(child)
      throw new Error(`${command} does not listen on ${listensOn.host}:${listensOn.port}:\n${output.slice(-4000)}`)
    }
    await sleep(50)
  }
  return {output: () => output, stop: () => stop(child)}
}

/** Runs a program to its end and gives its output; throws with it when the program fails. */
export async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, ...env}})
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code] = await once(child, 'close')
  const output = Buffer.concat(chunks).toString('utf8')
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output.slice(-4000)}`)
  return output
}

/** A port that nobody listens on at this moment. */
export async function freePort(host: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({host, port})
    const settle = (isUp: boolean) => {
      socket.destroy()
      resolve(isUp)
    }
    socket.on('connect', () => settle(true))
    socket.on('error', () => settle(false))
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(patience)
}
