// What long runs have kept (`npm run fuzz`) holds for ever, and a few thousand new inputs are tried each time.
import {test} from 'node:test'
import {Dice} from './mutate.ts'
import {fuzz} from './target.ts'
import {targets} from './targets.ts'

/** 2000 of the quick ones; a configuration or a journal costs more. */
const tries: {readonly [Name in string]: number} = {config: 150, journal: 300}

for (const target of targets) {
  test(`${target.name}: what was kept, and inputs that are almost right`, async (t) => {
    const seed = (Date.now() % 1_000_000_007) + 1
    t.diagnostic(`seed ${seed}`)
    await fuzz(target, new Dice(seed), (tried) => tried >= (tries[target.name] ?? 2000))
  })
}
