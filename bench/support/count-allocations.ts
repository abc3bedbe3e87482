// Prints the octets of heap that one packet takes, in a process that does nothing else.
import {getHeapStatistics} from 'node:v8'
import {authenticate} from './pap.ts'

const PACKETS = 100_000

for (let n = 0; n < PACKETS; n++) authenticate()
const before = getHeapStatistics().total_allocated_bytes
for (let n = 0; n < PACKETS; n++) authenticate()
console.log(Math.round((getHeapStatistics().total_allocated_bytes - before) / PACKETS))
