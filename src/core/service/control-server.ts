import {chmod, mkdir, rm} from 'node:fs/promises'
import {createServer, type Server, type Socket} from 'node:net'
import {dirname} from 'node:path'
import {Fault} from '../fault.ts'
import {deadline, type World} from '../world.ts'
import {isListening} from './control-client.ts'
import {
  type ControlAnswer,
  type ControlRequest,
  MAX_REQUEST_OCTETS,
  type ProxyStatus,
  type ReloadResult,
  readRequest,
} from './control-protocol.ts'
import {readLine} from './line-socket.ts'

/** What the process can be asked; each handler ends by itself. */
export type ControlHandlers = {
  readonly status: () => ProxyStatus | Promise<ProxyStatus>
  readonly reload: () => Promise<ReloadResult>
  /** Decision traces, newest first, as JSON values; without secrets. */
  readonly explain: (query: ExplainQuery) => readonly unknown[] | Promise<readonly unknown[]>
}

export type ExplainQuery = {readonly loginId: string} | {readonly userName: string; readonly last: number}

export type ControlServer = {readonly close: () => Promise<void>}

const MAX_CONNECTIONS = 8
/** A request is one short line: who takes longer is not typing it. */
const REQUEST_MS = 5000
/** And who takes longer than this is not reading the answer. */
const ANSWER_MS = 10_000

/**
 * Listens where only this user and root can speak: a socket of mode 0600 in a folder of mode 0700, or a named pipe.
 * @throws Fault bind-failed when another process listens there already, or the place cannot be used.
 */
export async function listenForControl(world: World, path: string, handlers: ControlHandlers): Promise<ControlServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    void serveOne(world, socket, handlers)
  })
  server.maxConnections = MAX_CONNECTIONS
  const isPipe = path.startsWith('\\\\.\\pipe\\')
  try {
    if (!isPipe) await clearPlace(path)
    await listening(server, path)
    if (!isPipe) await chmod(path, 0o600)
  } catch (error) {
    server.close()
    if (error instanceof Fault) throw error
    throw new Fault('bind-failed', `cannot listen for control at ${path}: ${reason(error)}`, {cause: error})
  }
  server.unref()
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** The folder is made for this alone; a socket that a killed process left is taken away, a live one is not. */
async function clearPlace(path: string): Promise<void> {
  await mkdir(dirname(path), {recursive: true, mode: 0o700})
  await chmod(dirname(path), 0o700)
  if (await isListening(path)) {
    throw new Fault('bind-failed', `another authproxy listens at ${path}`, {hint: 'stop it first: authproxy stop'})
  }
  await rm(path, {force: true})
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      server.on('error', () => {})
      resolve()
    })
  })
}

async function serveOne(world: World, socket: Socket, handlers: ControlHandlers): Promise<void> {
  const {signal, release} = deadline(world, REQUEST_MS)
  const read = await readLine(socket, MAX_REQUEST_OCTETS, signal)
  release()
  if (!read.ok) return void socket.destroy()
  const request = readRequest(read.line)
  socket.end(`${await answerLine(request, handlers)}\n`)
  const cancel = world.after(ANSWER_MS, () => socket.destroy())
  socket.once('close', cancel)
}

async function answerLine(request: ControlRequest | undefined, handlers: ControlHandlers): Promise<string> {
  const refused = (text: string) => JSON.stringify({ok: false, reason: text} satisfies ControlAnswer)
  if (request === undefined) return refused('no such request')
  try {
    return JSON.stringify(await answerTo(request, handlers))
  } catch (error) {
    return refused(`the request failed: ${reason(error)}`)
  }
}

async function answerTo(request: ControlRequest, handlers: ControlHandlers): Promise<ControlAnswer> {
  switch (request.command) {
    case 'status':
      return {ok: true, result: await handlers.status()}
    case 'reload':
      return {ok: true, result: await handlers.reload()}
    case 'explain':
      return {ok: true, result: await handlers.explain(request)}
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`
}
