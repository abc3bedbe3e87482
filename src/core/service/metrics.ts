import {collectDefaultMetrics, Gauge, Registry} from 'prom-client'
import type {EventObservers} from '../log/log.ts'
import type {Readiness} from './health.ts'
import {type ClockSource, countingObservers, primaryObservers} from './metrics-observers.ts'
import {type ProcessMetrics, sumText} from './metrics-sum.ts'

/** What is read when somebody asks, rather than counted when it happens. */
export type MetricSources = ClockSource & {
  readonly version: string
  readonly readiness: () => Readiness | Promise<Readiness>
  readonly pendingPushes: () => number
  readonly pendingRequests: () => number | Promise<number>
  /** Days until each certificate in use ends, by the file or host it comes from. */
  readonly certificates: () => Iterable<readonly [name: string, daysLeft: number]>
  /** What the workers have counted; left out where this process does all the work. */
  readonly workers?: () => Promise<readonly ProcessMetrics[]>
}

export type Metrics = {
  /** Counts events; the log calls them. */
  readonly observers: EventObservers
  readonly contentType: string
  /** All metrics in the text format of Prometheus. */
  readonly text: () => Promise<string>
}

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  const {workers} = sources
  collectDefaultMetrics({register: registry})
  readGauges([registry], sources)
  return {
    observers: countingObservers([registry], sources),
    contentType: registry.contentType,
    text:
      workers === undefined
        ? () => registry.metrics()
        : async () => sumText([await registry.getMetricsAsJSON(), ...(await workers())]),
  }
}

/** A worker counts, and leaves it to the process that started it to show what all have counted. */
export function createWorkerMetrics(clock: ClockSource): WorkerMetrics {
  const registry = new Registry()
  const primary = primaryObservers([registry])
  collectDefaultMetrics({register: registry})
  return {
    observers: countingObservers([registry], clock, primary),
    forgetHosts: primary.forget,
    read: () => registry.getMetricsAsJSON(),
  }
}

export type WorkerMetrics = {
  readonly observers: EventObservers
  /** For a reload, which the worker has no event of. */
  readonly forgetHosts: () => void
  readonly read: () => Promise<ProcessMetrics>
}

function readGauges(registers: Registry[], sources: MetricSources): void {
  new Gauge({
    name: 'authproxy_build_info',
    help: 'Always 1; the version is in the label',
    labelNames: ['version'] as const,
    registers,
  }).set({version: sources.version}, 1)
  gauge('authproxy_ready', 'Whether logins can work (1) or not (0); /readyz has the reasons', async () =>
    (await sources.readiness()).ready ? 1 : 0,
  )
  gauge('authproxy_pending_pushes', 'Pushes and calls that wait for a person', sources.pendingPushes)
  gauge('authproxy_pending_requests', 'Requests that are being worked on', sources.pendingRequests)
  new Gauge({
    name: 'authproxy_certificate_days_left',
    help: 'Days until a certificate in use ends',
    labelNames: ['name'] as const,
    registers,
    collect() {
      this.reset()
      for (const [name, daysLeft] of sources.certificates()) this.set({name}, daysLeft)
    },
  })

  function gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read())
      },
    })
  }
}
