import {AggregatorRegistry, type Registry} from 'prom-client'

/** The metrics of one process as JSON can carry them. */
export type ProcessMetrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Several processes as one, in the text format of Prometheus: each metric knows whether it is summed. */
export function sumText(processes: readonly ProcessMetrics[]): Promise<string> {
  return AggregatorRegistry.aggregate([...processes]).metrics()
}

/**
 * What stays of processes that have ended: their counts, so that no counter ever falls, and nothing of what they were
 * just holding.
 */
export function countsOf(processes: readonly ProcessMetrics[]): Promise<ProcessMetrics> {
  const counts = processes.map((metrics) => metrics.filter(({type}) => lasting.has(String(type))))
  return AggregatorRegistry.aggregate(counts).getMetricsAsJSON()
}

const lasting: ReadonlySet<string> = new Set(['counter', 'histogram'])
