// Loaded into a process by `node --import`: it answers each SIGUSR2 on standard error with what has happened since the one
// before, as one line of JSON.
import {constants, monitorEventLoopDelay, PerformanceObserver} from 'node:perf_hooks'
import {getHeapStatistics} from 'node:v8'

export type LoopReport = {
  /** How much later than it should have a timer of 1 ms came, milliseconds. */
  readonly lateMs: {readonly p50: number; readonly p99: number; readonly most: number}
  /** In V8's heap. */
  readonly allocatedOctets: number
  readonly small: Collections
  /** Of all objects, with the steps that lead to it. */
  readonly whole: Collections
}

/** How often, and for how long the event loop stood still for it in all. */
export type Collections = {readonly count: number; readonly ms: number}

const TICK_MS = 1

const delay = monitorEventLoopDelay({resolution: TICK_MS})
delay.enable()
let [small, whole] = [none(), none()]
let allocatedBefore = getHeapStatistics().total_allocated_bytes

new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const kind = kindOf('detail' in entry ? entry.detail : undefined)
    const collections = kind === constants.NODE_PERFORMANCE_GC_MINOR ? small : whole
    if (kind !== constants.NODE_PERFORMANCE_GC_INCREMENTAL) collections.count++
    collections.ms += entry.duration
  }
}).observe({entryTypes: ['gc']})

process.on('SIGUSR2', () => {
  const allocated = getHeapStatistics().total_allocated_bytes
  const report: LoopReport = {
    lateMs: {p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), most: late(delay.max)},
    allocatedOctets: allocated - allocatedBefore,
    small,
    whole,
  }
  process.stderr.write(`loop ${JSON.stringify(report)}\n`)
  allocatedBefore = allocated
  ;[small, whole] = [none(), none()]
  delay.reset()
})

function none() {
  return {count: 0, ms: 0}
}

function kindOf(detail: unknown): unknown {
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined
}

function late(ns: number): number {
  return Math.max(0, ns / 1e6 - TICK_MS)
}
