// CPU of a login in this build beside that of another checkout (built as well), both under the same load in the same minute,
// A B A B: what it says does not depend on who else uses the machine. Run: node bench/compare.ts /path/to/other [LOGINS]
// and once more from the other checkout: the process that is started last has been up to 8 % cheaper whatever it ran.
import {resolve} from 'node:path'
import {logIn, openGateway} from './support/load.ts'
import {startStack, usageOf} from './support/proxy.ts'

const [other, logins = '1000'] = process.argv.slice(2)
if (other === undefined) throw new Error('the path of the checkout to compare with is missing')
const USERS = 1000
const WARM_UP = 2000
const ROUNDS = 5

const sides = await Promise.all(
  [undefined, resolve(other, 'bin/run.js')].map(async (program, n) => {
    const port = 28_130 + n
    const stack = await startStack({port, users: USERS, ...(program === undefined ? {} : {program})})
    return {
      name: program === undefined ? 'this build' : 'the other',
      stack,
      nas: openGateway(port),
      cpuMs: [0].slice(1),
    }
  }),
)
for (const {nas} of sides) await logIn(nas, USERS, {count: WARM_UP, concurrency: 32})
for (let round = 0; round < ROUNDS; round++) {
  for (const {stack, nas, cpuMs} of sides) {
    const before = usageOf(stack.proxyPid).cpuMs
    await logIn(nas, USERS, {count: Number(logins), concurrency: 32})
    cpuMs.push((usageOf(stack.proxyPid).cpuMs - before) / Number(logins))
  }
}
for (const {name, stack, nas, cpuMs} of sides) {
  cpuMs.sort((a, b) => a - b)
  const shown = cpuMs.map((ms) => ms.toFixed(3))
  const {rssMiB} = usageOf(stack.proxyPid)
  console.log(`${name}: ${shown[ROUNDS >> 1]} ms CPU a login [${shown.join(' ')}], RSS ${rssMiB.toFixed(0)} MiB`)
  await nas.close()
  await stack.close()
}
