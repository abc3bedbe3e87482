import {spawn} from 'node:child_process'
import {extname} from 'node:path'
import {Duplex} from 'node:stream'
import {fileURLToPath} from 'node:url'
import {Fault} from './core/fault.ts'
import type {WorkerProcess} from './core/workers/worker.ts'
import {realWorld, type World} from './core/world.ts'

/** Built or not, the program beside this file. */
const PROGRAM = fileURLToPath(new URL(`worker${extname(import.meta.url)}`, import.meta.url))

/** Starts a worker that shares this process's monotonic clock and is spoken to over its descriptor 3. */
export function startWorkerProcess(): WorkerProcess {
  const child = spawn(process.execPath, [...process.execArgv, PROGRAM, `${clockOriginMs()}`], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  // First of all: an error event that nobody listens to ends this process.
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it cannot be started: ${error.message}`))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  // Left out by Node where no descriptor is to be had.
  const stream = child.stdio?.[3]
  if (!(stream instanceof Duplex)) throw new Fault('no-answer', 'there is no channel to a new worker')
  return {pid: child.pid ?? 0, stream, ended, kill: () => void child.kill('SIGKILL')}
}

/** The world of a worker: its monotonic clock goes on where that of the first process stands. */
export function worldSince(originMs: number): World {
  const offsetMs = clockOriginMs() - originMs
  return {...realWorld, monotonicMs: () => realWorld.monotonicMs() + offsetMs}
}

/** Where the monotonic clock of this process begins, on that of the machine. */
function clockOriginMs(): number {
  return Number(process.hrtime.bigint()) / 1e6 - realWorld.monotonicMs()
}
