import type {Config} from '../config/schema.ts'
import {createLog, type EventObservers, type Log} from '../log/log.ts'
import type {LogOutput} from '../log/output.ts'
import type {LogOptions} from '../log/sinks.ts'
import {TraceRing} from '../log/trace-ring.ts'
import {createHealth, type Health} from '../service/health.ts'
import type {World} from '../world.ts'

/** What a process of the service tells of its logins: the log, the traces for `explain`, and whether logins can work. */
export type Reporting = {
  readonly log: Log
  readonly trace: TraceRing
  readonly health: Health
  /** More may join. */
  readonly observers: EventObservers[]
  /** The configuration that is served. */
  readonly config: Config
  /** From now on it is this one. */
  readonly serves: (next: Config) => void
}

/** @param optionsOf where a configuration wants its logs; `output` goes there. */
export function createReporting(
  world: World,
  config: Config,
  output: LogOutput,
  optionsOf: (config: Config) => LogOptions,
): Reporting {
  let current = config
  const trace = new TraceRing()
  const health = createHealth(world)
  const observers: EventObservers[] = [health.observers]
  const log = createLog(world, [output], {
    // Asked at each event: a reload may change it.
    get debug() {
      return current.main.debug
    },
    observers,
    trace,
  })
  return {
    log,
    trace,
    health,
    observers,
    get config() {
      return current
    },
    serves(next) {
      current = next
      output.exchange(optionsOf(next))
      health.watch(next)
    },
  }
}
