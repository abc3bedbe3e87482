// The other ends of a login in a process of their own: `node fakes.ts USERS` prints one line of JSON and serves until its
// standard input ends. Each line of that is answered with the service times of the logins since the line before, as one
// line of JSON; until the first one nothing is counted.
import {findAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {Secret} from '../../src/core/secret.ts'
import {FakeRadiusPrimary} from '../../src/core/simulate/radius-primary.ts'
import {realWorld} from '../../src/core/world.ts'
import {startLeanCloud} from './lean-cloud.ts'
import {integration, PASSCODE, PASSWORD, PRIMARY_SECRET, userName} from './names.ts'
import {ServiceTimes} from './service-times.ts'

const users = Number(process.argv[2] ?? 1000)
const answerAfterMs = Number(process.argv[3] ?? 0)
let times: ServiceTimes | undefined
const names = Array.from({length: users}, (_, n) => userName(n))
const cloud = await startLeanCloud({
  world: realWorld,
  integration,
  remember: users * 2,
  onAnswer: (name, seenMs, answeredMs) => times?.answered(name, seenMs, answeredMs),
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
let arrivedMs = 0
const primary = await FakeRadiusPrimary.start(
  {
    secret: new Secret(PRIMARY_SECRET),
    users: new Map(names.map((name) => [name, {password: PASSWORD, attributes}])),
    // It answers a request before it looks at the next.
    onRequest() {
      arrivedMs = performance.now()
    },
    onExchange({attributes: asked}) {
      const name = findAttribute(asked, 'User-Name')?.value.toString('utf8') ?? ''
      times?.began(name)
      times?.answered(name, arrivedMs, performance.now())
    },
  },
  realWorld,
)
console.log(
  JSON.stringify({host: cloud.host, port: cloud.port, caCert: cloud.caCert, primaryPort: primary.endpoint.port}),
)
process.stdin.on('data', () => {
  console.log(JSON.stringify([...(times?.byUser ?? [])]))
  times = new ServiceTimes()
})
process.stdin.on('end', () => process.exit(0))
