// Prints how many octets of V8's old heap a piece of work under way leaves behind when it has ended, while only small
// collections run and each piece overlaps the next, as logins do: node --expose-gc count-promotions.ts
import {getHeapSpaceStatistics} from 'node:v8'
import {Endings} from '../../src/core/world.ts'

const PIECES = 1000
const HELD_NUMBERS = 1000
const collect = globalThis.gc
if (collect === undefined) throw new Error('it needs --expose-gc')

const endings = new Endings()

/** What a login works on hangs on its signal, by way of what listens to it. */
function begin() {
  const work = endings.begin()
  Object.assign(work.signal, {held: Array.from({length: HELD_NUMBERS}, (_, n) => n)})
  return work.release
}

function oldHeap(): number {
  const space = getHeapSpaceStatistics().find(({space_name}) => space_name === 'old_space')
  return space?.space_used_size ?? 0
}

function overlapping(pieces: number): void {
  let release = begin()
  // The first one is old while the others come and go, each before the one before it is over.
  collect?.()
  for (let piece = 0; piece < pieces; piece++) {
    const next = begin()
    release()
    release = next
    if (piece % 50 === 0) collect?.({type: 'minor'})
  }
  release()
}

overlapping(PIECES)
collect()
const before = oldHeap()
overlapping(PIECES)
console.log(Math.round((oldHeap() - before) / PIECES))
