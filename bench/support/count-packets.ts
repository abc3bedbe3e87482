// `node --jitless count-packets.ts PACKETS`: so many packets and nothing else, for callgrind.
import {authenticate} from './pap.ts'

for (let left = Number(process.argv[2]); left > 0; left--) authenticate()
