import {connect, type Socket} from 'node:net'
import {deadline, type World} from '../world.ts'
import {type ControlRequest, MAX_ANSWER_OCTETS, readAnswer} from './control-protocol.ts'
import {readLine} from './line-socket.ts'

export type ControlReply =
  | {readonly kind: 'answer'; readonly result: unknown}
  | {readonly kind: 'refused'; readonly reason: string}
  /** Nobody listens: the process does not run, or has no control socket. */
  | {readonly kind: 'nobody'}
  /** Somebody else's: run as root or as the service's user. */
  | {readonly kind: 'not-allowed'}
  | {readonly kind: 'no-answer'; readonly reason: string}

/** Asks the running process. Never throws. */
export async function askControl(
  world: World,
  path: string,
  request: ControlRequest,
  timeoutMs: number,
): Promise<ControlReply> {
  const opened = await open(path)
  if (!opened.ok) return refusalOf(opened.code)
  const {socket} = opened
  const {signal, release} = deadline(world, timeoutMs)
  try {
    socket.write(`${JSON.stringify(request)}\n`)
    const read = await readLine(socket, MAX_ANSWER_OCTETS, signal)
    if (!read.ok) return {kind: 'no-answer', reason: noAnswer[read.reason]}
    const answer = readAnswer(read.line)
    if (answer === undefined) return {kind: 'no-answer', reason: 'the answer makes no sense'}
    return answer.ok ? {kind: 'answer', result: answer.result} : {kind: 'refused', reason: answer.reason}
  } finally {
    release()
    socket.destroy()
  }
}

/** Whether some process listens at this place; a socket file that a killed one left is not listening. */
export async function isListening(path: string): Promise<boolean> {
  const opened = await open(path)
  if (opened.ok) opened.socket.destroy()
  return opened.ok
}

const noAnswer = {
  'too-long': 'the answer is too long',
  closed: 'the connection was closed without an answer',
  aborted: 'there was no answer in time',
} as const

type Opened = {readonly ok: true; readonly socket: Socket} | {readonly ok: false; readonly code: string}

/** Local: it connects or fails at once. */
function open(path: string): Promise<Opened> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve({ok: true, socket}))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve({ok: false, code: error.code ?? error.message}))
  })
}

function refusalOf(code: string): ControlReply {
  if (code === 'EACCES' || code === 'EPERM') return {kind: 'not-allowed'}
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return {kind: 'nobody'}
  return {kind: 'no-answer', reason: code}
}
