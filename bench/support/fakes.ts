// The other ends of a login in a process of their own: `node fakes.ts USERS` prints one line of JSON and serves until its
// standard input ends. Each line of that is answered with the service times of the logins since the line before, as one
// line of JSON; until the first one nothing is counted.
import {subscribe} from 'node:diagnostics_channel'
import {IncomingMessage} from 'node:http'
import {findAttribute} from '../../src/core/radius/dictionary-lookup.ts'
import {Secret} from '../../src/core/secret.ts'
import {startDuoCloud} from '../../src/core/simulate/duo-cloud.ts'
import {FakeRadiusPrimary} from '../../src/core/simulate/radius-primary.ts'
import {realWorld} from '../../src/core/world.ts'
import {integration, PASSCODE, PASSWORD, PRIMARY_SECRET, userName} from './names.ts'
import {ServiceTimes} from './service-times.ts'

const users = Number(process.argv[2] ?? 1000)
const answerAfterMs = Number(process.argv[3] ?? 0)
let times: ServiceTimes | undefined
// onArrival would be too late: the body is read and the signature checked by then.
subscribe('http.server.request.start', (message) => {
  if (typeof message !== 'object' || message === null || !('request' in message)) return
  if (message.request instanceof IncomingMessage) times?.seen(message.request.headers.authorization)
})
// onCall is too late as well: the proxy may have read the answer before the write of it returns. The cloud's last look
// at the clock is for the Date of the answer, right before.
let datedMs = 0
const world = {
  ...realWorld,
  wallMs() {
    datedMs = performance.now()
    return realWorld.wallMs()
  },
}
const names = Array.from({length: users}, (_, n) => userName(n))
const cloud = await startDuoCloud({
  world,
  integration,
  remember: 20_000,
  onCall: (call) => times?.cloudAnswered(call, datedMs),
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
  {
    secret: new Secret(PRIMARY_SECRET),
    users: new Map(names.map((name) => [name, {password: PASSWORD, attributes}])),
    onRequest: ({authenticator}) => times?.seen(authenticator.toString('hex')),
    onExchange({authenticator, attributes: asked}) {
      const name = findAttribute(asked, 'User-Name')?.value.toString('utf8') ?? ''
      times?.primaryAnswered(authenticator.toString('hex'), name)
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
