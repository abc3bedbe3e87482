import {isDeepStrictEqual} from 'node:util'
import type {World} from '../world.ts'
import type {LogSink} from './log.ts'
import {createLogSinks, type LogEdge, type LogOptions, type Relay} from './sinks.ts'

/** Where the log of a process goes; a reload may send it elsewhere. */
export type LogOutput = LogSink & {
  /** Lines that a worker has made ready. A place that is no more gives them to one that is: none is lost. */
  readonly writeLines: (place: string, lines: readonly string[]) => void
  /** From the next line on it goes where these options say. What was written before is brought to its end there. */
  readonly exchange: (options: LogOptions) => void
}

/** @param relay stands for all places in a worker. */
export function createLogOutput(world: World, options: LogOptions, edge?: LogEdge, relay?: Relay): LogOutput {
  let current = options
  let sinks = createLogSinks(world, options, edge, relay)
  const closing = new Set<Promise<unknown>>()

  function retire(old: readonly LogSink[]): void {
    const closed = Promise.all(old.map((sink) => sink.close())).finally(() => closing.delete(closed))
    closing.add(closed)
  }

  return {
    write: (record) => {
      for (const sink of sinks) sink.write(record)
    },
    writeLines: (place, lines) => {
      const sink = sinks.find((each) => each.place === place) ?? sinks[0]
      sink?.writeLines(lines)
    },
    exchange: (next) => {
      if (isDeepStrictEqual(next, current)) return
      retire(sinks)
      current = next
      sinks = createLogSinks(world, next, edge, relay)
    },
    close: async () => {
      await Promise.all([...sinks.map((sink) => sink.close()), ...closing])
    },
  }
}
