// Spoils inputs for everything that reads octets of strangers, and keeps what comes to something new in fixtures/fuzz.
// Run: node scripts/fuzz.ts [--seconds N] [--target NAME] [--seed N] [--dry]
import {parseArgs} from 'node:util'
import {Dice} from '../test/fuzz/mutate.ts'
import {Broken, fuzz, keep} from '../test/fuzz/target.ts'
import {targets} from '../test/fuzz/targets.ts'

const {values} = parseArgs({
  options: {
    seconds: {type: 'string', default: '60'},
    target: {type: 'string'},
    seed: {type: 'string', default: `${Date.now() % 1_000_000_007}`},
    /** Nothing is kept but what breaks. */
    dry: {type: 'boolean', default: false},
  },
})

const chosen = targets.filter(({name}) => values.target === undefined || name === values.target)
if (chosen.length === 0)
  throw new Error(`there is no such target; there are ${targets.map(({name}) => name).join(', ')}`)
const shareMs = (Number(values.seconds) * 1000) / chosen.length
console.log(`seed ${values.seed}, ${(shareMs / 1000).toFixed(0)} s for each of ${chosen.length} targets`)
for (const target of chosen) {
  const endMs = performance.now() + shareMs
  try {
    const {tries, found, outcomes} = await fuzz(target, new Dice(Number(values.seed)), () => performance.now() > endMs)
    if (!values.dry) for (const input of found) keep(target, input)
    console.log(`${target.name.padEnd(18)}${tries} inputs, ${outcomes} outcomes, ${found.length} of them new`)
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    console.error(`${error.message}\nkept as ${keep(target, error.input)}`)
    process.exitCode = 1
  }
}
