// Prints how often all objects were collected while 400,000 came and went that outlive small collections, beside so many MB
// that stay: node --max-semi-space-size=16 [--heap-growing-percent=N] count-collections.ts MB [bound]
import {constants, PerformanceObserver} from 'node:perf_hooks'
import {boundHeapGrowth} from '../../src/heap-growth.ts'

const [megabytes = '0', bound] = process.argv.slice(2)
const PIECES_A_MEGABYTE = 500
const AT_ONCE = 1000
const ROUNDS = 400
/** So many are there when the oldest go. */
const MOST = 12_000
const MAJOR = constants.NODE_PERFORMANCE_GC_MAJOR

if (bound === 'bound') boundHeapGrowth()
let collections = 0
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const detail: unknown = 'detail' in entry ? entry.detail : undefined
    if (typeof detail === 'object' && detail !== null && 'kind' in detail && detail.kind === MAJOR) collections++
  }
}).observe({entryTypes: ['gc']})

const stays = pieces(Number(megabytes) * PIECES_A_MEGABYTE)
collections = 0
let passes: unknown[] = []
for (let round = 0; round < ROUNDS; round++) {
  passes.push(...pieces(AT_ONCE))
  if (passes.length > MOST) passes = []
  await new Promise((resolve) => setImmediate(resolve))
}
if (stays.length === 0 && passes.length === 0) throw new Error('nothing was there')
console.log(collections)

/** Of some 2000 octets each. */
function pieces(count: number): unknown[] {
  return Array.from({length: count}, () => new Array(250).fill(0.5))
}
