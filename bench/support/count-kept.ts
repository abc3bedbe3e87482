// Prints how many octets of V8's old heap an answered request leaves behind, with its answer and its trace kept and its log
// lines written: node --expose-gc count-kept.ts
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as pause} from 'node:timers/promises'
import {getHeapSpaceStatistics} from 'node:v8'
import {configContext} from '../../src/config-context.ts'
import {loadConfigText} from '../../src/core/config/load.ts'
import {logOptions} from '../../src/core/engine/log-options.ts'
import {createReporting} from '../../src/core/engine/reporting.ts'
import {createEngine} from '../../src/core/engine.ts'
import {createLogOutput} from '../../src/core/log/output.ts'
import {packetCode} from '../../src/core/radius/packet.ts'
import {hidePassword} from '../../src/core/radius/password.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeRequest} from '../../src/core/radius/sign.ts'
import {Secret} from '../../src/core/secret.ts'
import {realWorld as world} from '../../src/core/world.ts'
import {integration, NAS_SECRET, PASSWORD} from './names.ts'

const REQUESTS = 4000
const IN_A_ROW = 64
/** Longer than log lines are gathered. */
const LINES_WRITTEN_MS = 100
const collect = globalThis.gc
if (collect === undefined) throw new Error('it needs --expose-gc')

const folder = mkdtempSync(join(tmpdir(), 'authproxy-kept-'))
const path = join(folder, 'authproxy.cfg')
const text = `[duo_only_client]
[radius_server_challenge]
client=duo_only_client
client_logins_per_second=0
ikey=${integration.ikey}
skey=${integration.skey}
api_host=api-00000000.duosecurity.com
failmode=secure
exempt_username_1=jdoe
radius_ip_1=192.0.2.1
radius_secret_1=${NAS_SECRET}
`
const {config} = loadConfigText(Buffer.from(text), path, await configContext(path))
if (config === undefined) throw new Error('the configuration is not valid')
const logsOf = () => logOptions(config.main, '0', join(folder, 'log'))
const output = createLogOutput(world, logsOf())
const {log} = createReporting(world, config, output, logsOf)
const engine = await createEngine({config, version: '0', stateDir: undefined, log, world})
const key = sharedKey(new Secret(NAS_SECRET))
let accepts = 0

function ask(number: number): void {
  const authenticator = world.randomBytes(16)
  const request = encodeRequest(
    {
      code: packetCode.accessRequest,
      identifier: number & 255,
      authenticator,
      attributes: [
        {type: 1, value: Buffer.from('jdoe')},
        {type: 2, value: hidePassword(Buffer.from(PASSWORD), authenticator, key) ?? Buffer.alloc(16)},
      ],
    },
    key,
    {messageAuthenticator: true},
  )
  if (!request.ok) throw new Error(request.reason)
  engine.receive(request.datagram, {address: '192.0.2.1', port: 1024 + number}, (reply) => {
    if (reply[0] === packetCode.accessAccept) accepts++
  })
}

/** Small collections alone: twice, and what is kept is in the old heap. */
async function askAll(): Promise<void> {
  for (let number = 0; number < REQUESTS; number++) {
    ask(number)
    if (number % IN_A_ROW > 0) continue
    await new Promise((resolve) => setImmediate(resolve))
    if (number % (IN_A_ROW * 8) === 0) await pause(LINES_WRITTEN_MS)
    for (let time = 0; time < 2; time++) collect?.({type: 'minor'})
  }
  await pause(LINES_WRITTEN_MS)
}

function oldHeap(): number {
  const space = getHeapSpaceStatistics().find(({space_name}) => space_name === 'old_space')
  return space?.space_used_size ?? 0
}

await askAll()
await askAll()
collect()
const before = oldHeap()
await askAll()
collect()
const kept = Math.round((oldHeap() - before) / REQUESTS)
if (accepts !== 3 * REQUESTS) throw new Error(`${accepts} accepts`)
await engine.stop()
await output.close()
rmSync(folder, {recursive: true})
console.log(kept)
process.exit()
