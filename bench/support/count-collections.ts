// Prints how often all objects were collected while 400,000 came and went that outlive small collections, beside so many MB
// that stay: node --max-semi-space-size=16 [--heap-growing-percent=N] count-collections.ts MB [served]
import {releaseStartMemory} from '../../src/release-start-memory.ts'
import {countWholeCollections} from './whole-collections.ts'

const [megabytes = '0', served] = process.argv.slice(2)
const PIECES_A_MEGABYTE = 500
const AT_ONCE = 1000
const ROUNDS = 400
/** So many are there when the oldest go. */
const MOST = 12_000

if (served === 'served') releaseStartMemory()

const stays = pieces(Number(megabytes) * PIECES_A_MEGABYTE)
const collections = countWholeCollections()
let passes: unknown[] = []
for (let round = 0; round < ROUNDS; round++) {
  passes.push(...pieces(AT_ONCE))
  if (passes.length > MOST) passes = []
  await new Promise((resolve) => setImmediate(resolve))
}
if (stays.length === 0 && passes.length === 0) throw new Error('nothing was there')
console.log(collections())

/** Of some 2000 octets each. */
function pieces(count: number): unknown[] {
  return Array.from({length: count}, () => new Array(250).fill(0.5))
}
