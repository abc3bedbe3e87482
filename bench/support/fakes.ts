// The other ends of a login in a process of their own: `node fakes.ts USERS` prints one line of JSON and serves until its
// standard input ends.
import {Secret} from '../../src/core/secret.ts'
import {startDuoCloud} from '../../src/core/simulate/duo-cloud.ts'
import {FakeRadiusPrimary} from '../../src/core/simulate/radius-primary.ts'
import {realWorld} from '../../src/core/world.ts'
import {integration, PASSCODE, PASSWORD, PRIMARY_SECRET, userName} from './names.ts'

const users = Number(process.argv[2] ?? 1000)
const answerAfterMs = Number(process.argv[3] ?? 0)
const names = Array.from({length: users}, (_, n) => userName(n))
const cloud = await startDuoCloud({
  world: realWorld,
  integration,
  remember: 20_000,
  users: names.map((name) => ({
    userName: name,
    phones: [{number: '+15555551234'}],
    answer: 'approve',
    answerAfterMs,
    passcodes: [PASSCODE],
    passcodesLast: true,
  })),
})
const attributes = [{type: 25, value: Buffer.from('OU=vpn-users')}]
const primary = await FakeRadiusPrimary.start(
  {secret: new Secret(PRIMARY_SECRET), users: new Map(names.map((name) => [name, {password: PASSWORD, attributes}]))},
  realWorld,
)
console.log(
  JSON.stringify({host: cloud.host, port: cloud.port, caCert: cloud.caCert, primaryPort: primary.endpoint.port}),
)
process.stdin.on('end', () => process.exit(0)).resume()
