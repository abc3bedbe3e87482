// Prints how many octets of V8's old heap a piece of work under way leaves behind when it has ended, while only small
// collections run and each piece overlaps the next, as logins do: node --expose-gc count-promotions.ts Endings|BriefMap|Map
import {getHeapSpaceStatistics} from 'node:v8'
import {BriefMap} from '../../src/core/brief-map.ts'
import {Endings} from '../../src/core/world.ts'

const PIECES = 1000
const HELD_NUMBERS = 1000
/** Under way at a time. */
const OVERLAP = 3
const collect = globalThis.gc
if (collect === undefined) throw new Error('it needs --expose-gc')

const held = () => Array.from({length: HELD_NUMBERS}, (_, n) => n)

/** What a login works on hangs on its signal, by way of what listens to it. */
function inEndings(): () => () => void {
  const endings = new Endings()
  return () => {
    const work = endings.begin()
    Object.assign(work.signal, {held: held()})
    return work.release
  }
}

/** It is found by its name while it is under way. */
function inMap(map: BriefMap<number, number[]> | Map<number, number[]>): () => () => void {
  let last = 0
  return () => {
    const name = last++
    map.set(name, held())
    return () => map.delete(name)
  }
}

const kinds = new Map([
  ['Endings', inEndings],
  ['BriefMap', () => inMap(new BriefMap())],
  ['Map', () => inMap(new Map())],
])
const begin = kinds.get(process.argv[2] ?? '')?.()
if (begin === undefined) throw new Error('what they are kept in is missing')

function oldHeap(): number {
  const space = getHeapSpaceStatistics().find(({space_name}) => space_name === 'old_space')
  return space?.space_used_size ?? 0
}

function overlapping(pieces: number, start: () => () => void): void {
  const underWay = Array.from({length: OVERLAP}, start)
  // The first ones are old while the others come and go, each before the ones before it are over.
  collect?.()
  for (let piece = 0; piece < pieces; piece++) {
    underWay.push(start())
    underWay.shift()?.()
    if (piece % 50 === 0) collect?.({type: 'minor'})
  }
  for (const release of underWay) release()
}

overlapping(PIECES, begin)
collect()
const before = oldHeap()
overlapping(PIECES, begin)
console.log(Math.round((oldHeap() - before) / PIECES))
