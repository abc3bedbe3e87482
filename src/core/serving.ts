import type {Config} from './config/schema.ts'
import type {Engine, Reloaded} from './engine.ts'
import type {LoginTrace, TraceQuery, TraceRing} from './log/trace-ring.ts'
import type {Health, Readiness} from './service/health.ts'
import type {ProcessMetrics} from './service/metrics-sum.ts'
import type {ConfigSnapshot} from './workers/config-snapshot.ts'

/** A configuration, and what it was made of. */
export type LoadedConfig = {readonly config: Config; readonly snapshot: () => ConfigSnapshot}

export type ServingStatus = {
  readonly sections: readonly string[]
  readonly sockets: readonly string[]
  readonly pendingRequests: number
  readonly logins: {readonly accept: number; readonly reject: number; readonly challenge: number}
  readonly readiness: Readiness
}

/** Whoever serves the logins: this process, or the workers it has started. The service around them is the same. */
export type Serving = {
  /** Binds every UDP address, or none: throws a Fault. Returns their names. */
  start(): Promise<readonly string[]>
  /** All serve the other configuration from now on, or none: throws a Fault. */
  reload(next: LoadedConfig): Promise<Reloaded>
  status(): Promise<ServingStatus>
  pendingPushes(): number
  explain(query: TraceQuery): Promise<readonly LoginTrace[]>
  /** What other processes have counted; left out when there are none. */
  readonly workerMetrics?: () => Promise<readonly ProcessMetrics[]>
  primaryOnlyEnded(): void
  /** Drains and closes; returns how many logins did not end. */
  stop(): Promise<number>
}

/** This process serves the logins itself. */
export function servingHere(engine: Engine, health: Health, trace: TraceRing): Serving {
  return {
    start: () => engine.start(),
    reload: ({config}) => engine.reload(config),
    async status() {
      const {sections, sockets, pendingRequests, logins} = engine.status()
      return {sections, sockets, pendingRequests, logins, readiness: health.readiness()}
    },
    pendingPushes: () => engine.status().pendingPushes,
    explain: async (query) => trace.find(query),
    primaryOnlyEnded: () => {},
    stop: () => engine.stop(),
  }
}
