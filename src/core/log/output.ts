import {isDeepStrictEqual} from 'node:util'
import type {World} from '../world.ts'
import type {LogSink} from './log.ts'
import {createLogSinks, type LogOptions} from './sinks.ts'

/** Where the log of a process goes; a reload may send it elsewhere. */
export type LogOutput = LogSink & {
  /** From the next line on it goes where these options say. What was written before is brought to its end there. */
  readonly exchange: (options: LogOptions) => void
}

export function createLogOutput(world: World, options: LogOptions): LogOutput {
  let current = options
  let sinks = createLogSinks(world, options)
  const closing = new Set<Promise<unknown>>()

  function retire(old: readonly LogSink[]): void {
    const closed = Promise.all(old.map((sink) => sink.close())).finally(() => closing.delete(closed))
    closing.add(closed)
  }

  return {
    write: (record) => {
      for (const sink of sinks) sink.write(record)
    },
    exchange: (next) => {
      if (isDeepStrictEqual(next, current)) return
      retire(sinks)
      current = next
      sinks = createLogSinks(world, next)
    },
    close: async () => {
      await Promise.all([...sinks.map((sink) => sink.close()), ...closing])
    },
  }
}
