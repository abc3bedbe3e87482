import {PerformanceObserver} from 'node:perf_hooks'
import {getHeapStatistics, setFlagsFromString} from 'node:v8'

/** In use, what nobody needs any more included. */
const SMALL_HEAP_OCTETS = 48 * 1024 * 1024
/** By how much old objects may grow until all of them are collected. */
const GROWTH_PERCENT = {small: 200, large: 40} as const

/**
 * A small heap is collected seldom, which is 5 to 8 % of a login's CPU, a large one early, which keeps thousands of pending
 * pushes in less memory (docs/decisions/0072-memory.md). V8 reads its flag at the end of each collection of all there is;
 * small collections come often, so that the flag is right by then.
 */
export function boundHeapGrowth(): void {
  let percent = 0
  const choose = () => {
    const isSmall = getHeapStatistics().used_heap_size < SMALL_HEAP_OCTETS
    const wanted = isSmall ? GROWTH_PERCENT.small : GROWTH_PERCENT.large
    if (wanted === percent) return
    percent = wanted
    setFlagsFromString(`--heap-growing-percent=${percent}`)
  }
  choose()
  new PerformanceObserver(choose).observe({entryTypes: ['gc']})
}
