import {Fault} from '../fault.ts'
import type {EventObservers, Log} from '../log/log.ts'
import type {MetricSources} from './metrics.ts'
import type {MetricsServer} from './metrics-server.ts'

/** `metrics_listen`. */
export type Listen = {readonly host: string; readonly port: number}

export type Monitoring = {
  /** Serves metrics there from now on, or nowhere. Never fails: logins do not depend on who watches them. */
  readonly listen: (listen: Listen | undefined) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Metrics and health pages while the configuration asks for them; what they need is loaded then and not before.
 * @param observers those of the log: the counters join them once there is somebody to read them.
 */
export function createMonitoring(observers: EventObservers[], sources: MetricSources, log: Log): Monitoring {
  let served: {listen: Listen; server: MetricsServer} | undefined
  let counting: Promise<Counting> | undefined

  async function startCounting(): Promise<Counting> {
    const [{createMetrics}, {serveMetrics}] = await Promise.all([import('./metrics.ts'), import('./metrics-server.ts')])
    const metrics = createMetrics(sources)
    observers.push(metrics.observers)
    return {serve: (listen) => serveMetrics({listen, metrics, readiness: sources.readiness})}
  }

  async function open(listen: Listen): Promise<void> {
    try {
      counting ??= startCounting()
      const server = await (await counting).serve(listen)
      served = {listen, server}
      const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
      log.emit('metrics.listening', {address: `${host}:${server.port}`})
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      log.emit('metrics.unavailable', {error: error.message})
    }
  }

  async function close(): Promise<void> {
    const old = served
    served = undefined
    await old?.server.close()
  }

  return {
    async listen(listen) {
      if (served?.listen.host === listen?.host && served?.listen.port === listen?.port) return
      await close()
      if (listen !== undefined) await open(listen)
    },
    close,
  }
}

type Counting = {readonly serve: (listen: Listen) => Promise<MetricsServer>}
