import {constants, PerformanceObserver} from 'node:perf_hooks'

/** How often all objects of this process have been collected since the call. */
export function countWholeCollections(): () => number {
  let collections = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const detail: unknown = 'detail' in entry ? entry.detail : undefined
      const kind = typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++
    }
  }).observe({entryTypes: ['gc']})
  return () => collections
}
