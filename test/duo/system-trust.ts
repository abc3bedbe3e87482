import {createDuoTransport} from '../../src/core/duo/transport.ts'
import {Secret} from '../../src/core/secret.ts'
import {realWorld} from '../../src/core/world.ts'

// Run by transport.test.ts with a trust store of its own in the environment: prints what a ping without a CA file came to.

const options = {
  apiHost: 'localhost',
  apiPort: Number(process.argv[2]),
  ikey: 'DITEST',
  skey: new Secret('test-skey-not-real'),
  caFile: undefined,
  proxy: undefined,
  userAgent: 'authproxy/test',
  connections: 1,
}
const transport = createDuoTransport(options, {emit() {}}, realWorld)
const answer = await transport.ping(10_000, new AbortController().signal)
console.log(answer.kind === 'ok' ? 'ok' : answer.cause)
await transport.close()
