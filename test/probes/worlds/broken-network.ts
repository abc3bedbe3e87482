import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {connect, createServer} from 'node:net'
import type {TestContext} from 'node:test'

/** A TCP port that refuses connections: it was free a moment ago. */
export async function closedPort(_t: TestContext): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Listens with room for one connection, says its port, and never takes one again. */
const hole = `
const server = require('node:net').createServer()
server.listen({port: 0, host: '127.0.0.1', backlog: 1}, () => {
  require('node:fs').writeSync(1, server.address().port + '\\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

/**
 * A TCP port that swallows connections: a process that does not take them, whose queue is full, so that the kernel drops
 * every further SYN as a firewall would.
 */
export async function blackHole(t: TestContext): Promise<number> {
  const child = spawn(process.execPath, ['-e', hole], {stdio: ['ignore', 'pipe', 'inherit']})
  t.after(() => ended(child))
  const [said] = await once(child.stdout, 'data')
  const port = Number(`${said}`.trim())
  for (let taken = 0; taken < 2; taken++) {
    const socket = connect({host: '127.0.0.1', port})
    t.after(() => socket.destroy())
    socket.on('error', () => {})
    await once(socket, 'connect')
  }
  return port
}

/** Another process that holds a UDP port of all addresses; gives its pid. */
export async function holdPort(t: TestContext, port: number): Promise<number> {
  const program = `
const socket = require('node:dgram').createSocket('udp4')
socket.bind(${port}, '0.0.0.0', () => require('node:fs').writeSync(1, 'bound\\n'))`
  const child = spawn(process.execPath, ['-e', program], {stdio: ['ignore', 'pipe', 'inherit']})
  t.after(() => ended(child))
  await once(child.stdout, 'data')
  return child.pid ?? 0
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
