// Loaded into a process by `node --expose-gc --import`: at each SIGUSR2 it says on standard error how much is in the old heap,
// and how often all objects have been collected. At the first one it collects them: what is under way is old from then on, and V8
// leaves the old heap alone for long.
import {getHeapSpaceStatistics, setFlagsFromString} from 'node:v8'
import {countWholeCollections} from './whole-collections.ts'

const collect = globalThis.gc
if (collect === undefined) throw new Error('it needs --expose-gc')

const collections = countWholeCollections()

let asked = 0
process.on('SIGUSR2', () => {
  asked++
  if (asked === 1) {
    // Read at the end of a collection.
    setFlagsFromString('--heap-growing-percent=400')
    collect()
  }
  const space = getHeapSpaceStatistics().find(({space_name}) => space_name === 'old_space')
  process.stderr.write(
    `heap ${asked} ${JSON.stringify({oldOctets: space?.space_used_size ?? 0, collections: collections()})}\n`,
  )
})
