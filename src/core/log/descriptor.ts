import {write} from 'node:fs'
import {pause, type World} from '../world.ts'
import type {LinesWritten, LineTarget} from './line-queue.ts'

/** A reader that does not read makes a non-blocking pipe say EAGAIN: so long until the next try, so often. */
const AGAIN_MS = 20
const AGAIN_TRIES = 250

/**
 * Standard output or error as a place for lines. process.stdout writes to a pipe synchronously: a reader that stops
 * reading would stop every login. These writes wait in a thread of their own.
 */
export function descriptorTarget(world: World, descriptor: number, name: string): LineTarget {
  const closing = new AbortController()

  async function writeAll(octets: Buffer): Promise<string | undefined> {
    let rest = octets
    for (let tries = 0; rest.length > 0; ) {
      const result = await writeOnce(descriptor, rest)
      if (typeof result === 'number') {
        rest = rest.subarray(result)
        tries = 0
      } else if (result.code !== 'EAGAIN' || ++tries > AGAIN_TRIES) {
        return result.message
      } else if ((await pause(world, AGAIN_MS, closing.signal)) === 'aborted') {
        return 'closed before everything was written'
      }
    }
    return undefined
  }

  return {
    name,
    write: async (lines): Promise<LinesWritten> => {
      const problem = await writeAll(Buffer.from(`${lines.join('\n')}\n`, 'utf8'))
      return problem === undefined ? {ok: true} : {ok: false, written: lines.length, problem}
    },
    close: async () => closing.abort(),
  }
}

function writeOnce(descriptor: number, octets: Buffer): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => write(descriptor, octets, (error, written) => resolve(error ?? written)))
}
