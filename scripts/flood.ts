// Floods from strangers and from a gateway gone wild: what they do to the memory of the process, and to a login whose user
// is at the factor meanwhile. Linux. Run (`npm run build` first): node scripts/flood.ts [--seconds N] [--rate PACKETS_A_SECOND]
import {createSocket, type Socket} from 'node:dgram'
import {setTimeout as sleep} from 'node:timers/promises'
import {parseArgs} from 'node:util'
import {usageOf} from '../bench/support/proxy.ts'
import {attributeType, packetCode} from '../src/core/radius/packet.ts'
import {hidePassword} from '../src/core/radius/password.ts'
import {sharedKey} from '../src/core/radius/shared-key.ts'
import {encodeRequest} from '../src/core/radius/sign.ts'
import {Secret} from '../src/core/secret.ts'
import type {LoginReport} from '../src/core/simulate/nas.ts'
import {realWorld} from '../src/core/world.ts'
import {freeUdpPort, NAS_SECRET, ServedProxy} from '../test/support/serve-process.ts'

const {values} = parseArgs({
  options: {seconds: {type: 'string', default: '20'}, rate: {type: 'string', default: '20000'}},
})
const floodMs = Number(values.seconds) * 1000
const TICK_MS = 10
const perTick = Math.ceil((Number(values.rate) * TICK_MS) / 1000)
/** Source ports, so that Identifiers are not used up: a packet of the same port and Identifier takes the place of the last. */
const SOCKETS = 64
const WARM_UP_LOGINS = 300
/** The answer is sent after this, and the phone is answered after as much again: in the middle of the flood. */
const answerAfterMs = Math.min(floodMs / 4, 10_000)
const SETTLE_MS = 10_000

type Flood = {
  readonly name: string
  /** Where the packets come from: 127.0.0.1 is the one gateway that the proxy knows. */
  readonly source: (socket: number) => string
  readonly packet: (number: number) => Buffer
}

const floods: readonly Flood[] = [
  {
    name: 'packets from 64 unknown sources',
    source: (socket) => `127.0.1.${socket + 1}`,
    packet: (number) => login(number, new Secret('another-secret-not-real')),
  },
  {name: 'bad packets from the gateway', source: () => '127.0.0.1', packet: badPacket},
  {
    name: 'logins with a wrong password from the gateway',
    source: () => '127.0.0.1',
    packet: (number) => login(number, new Secret(NAS_SECRET)),
  },
]

for (const flood of floods) await measure(flood)

async function measure(flood: Flood): Promise<void> {
  const metricsPort = await freeUdpPort()
  const phones = [{number: '+15555551234'}]
  const warm = Array.from({length: WARM_UP_LOGINS}, (_, number) => `warm${number}`)
  const proxy = await ServedProxy.start({
    users: [
      ...[...warm, 'meanwhile', 'afterwards'].map((userName) => ({userName, phones, passcodes: ['123456']})),
      {userName: 'jdoe', phones, answer: 'approve', answerAfterMs},
    ],
    main: [`metrics_listen=127.0.0.1:${metricsPort}`],
    log: 'quiet',
  })
  for (const userName of warm) await proxy.login(userName, '123456')
  const sockets = await Promise.all(Array.from({length: SOCKETS}, (_, at) => openSocket(flood.source(at))))
  const before = usageOf(proxy.pid).rssMiB
  const counted = await received(metricsPort)

  const atFactor = Promise.withResolvers<void>()
  const victim = proxy.login('jdoe', async () => {
    atFactor.resolve()
    await sleep(answerAfterMs)
    return 'push'
  })
  await atFactor.promise
  const meanwhile = sleep(floodMs / 2).then(() => proxy.login('meanwhile', '123456'))
  const peak = watchRss(proxy.pid)
  const sent = await send(flood, sockets, proxy.port)
  const report = await victim
  await sleep(SETTLE_MS)
  const toldOf = ({outcome, rounds}: LoginReport) => `${outcome}, requests sent: ${rounds.map(({sends}) => sends)}`
  const rows = [
    ['packets', `${sent} in ${values.seconds} s; the proxy read ${(await received(metricsPort)) - counted}`],
    [
      'RSS before, at its greatest, 10 s after',
      [before, peak.end(), usageOf(proxy.pid).rssMiB].map(mebibytes).join(', '),
    ],
    ['the login at the factor', toldOf(report)],
    ['a login begun in the middle', toldOf(await meanwhile)],
    ['a login 10 s after', toldOf(await proxy.login('afterwards', '123456'))],
  ] as const
  console.log(flood.name)
  for (const [what, value] of rows) console.log(`  ${what.padEnd(42)}${value}`)
  judge(report)
  for (const socket of sockets) socket.close()
  await proxy.close()
}

/** Paced, so that what the login needs of this process, its phone and its gateway, is not starved by the flood itself. */
async function send(flood: Flood, sockets: readonly Socket[], port: number): Promise<number> {
  const startedMs = performance.now()
  let sent = 0
  for (let tick = 1; performance.now() - startedMs < floodMs; tick++) {
    for (let n = 0; n < perTick; n++, sent++) sockets[sent % SOCKETS]?.send(flood.packet(sent), port, '127.0.0.1')
    await sleep(Math.max(0, startedMs + tick * TICK_MS - performance.now()))
  }
  return sent
}

function login(number: number, secret: Secret): Buffer {
  const key = sharedKey(secret)
  const authenticator = realWorld.randomBytes(16)
  const hidden = hidePassword(Buffer.from('wrong-not-real'), authenticator, key)
  const encoded = encodeRequest(
    {
      code: packetCode.accessRequest,
      identifier: Math.floor(number / SOCKETS) & 0xff,
      authenticator,
      attributes: [
        {type: attributeType.userName, value: Buffer.from(`guess${number}`)},
        {type: attributeType.userPassword, value: hidden ?? Buffer.alloc(16)},
      ],
    },
    key,
    {messageAuthenticator: true},
  )
  if (!encoded.ok) throw new Error(encoded.reason)
  return encoded.datagram
}

/** In turn: a signature by another secret, a length that lies, attributes that overrun, noise. */
function badPacket(number: number): Buffer {
  if (number % 4 === 0) return login(number, new Secret('another-secret-not-real'))
  if (number % 4 === 3) return realWorld.randomBytes(64)
  const packet = login(number, new Secret(NAS_SECRET))
  if (number % 4 === 1) packet.writeUInt16BE(packet.length + 1, 2)
  else packet[21] = 255
  return packet
}

function openSocket(address: string): Promise<Socket> {
  const socket = createSocket('udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, address, () => resolve(socket))
  })
}

function watchRss(pid: number): {end(): number} {
  let peak = 0
  const look = () => {
    peak = Math.max(peak, usageOf(pid).rssMiB)
  }
  const timer = setInterval(look, 100)
  return {
    end() {
      clearInterval(timer)
      return peak
    },
  }
}

/** Datagrams that the proxy has read: what became a login, what was there already, and what it discarded. */
async function received(metricsPort: number): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const lines = page.matchAll(/^authproxy_(?:requests|duplicates|discarded)_total\S* (\d+)$/gm)
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0)
}

function mebibytes(value: number): string {
  return `${value.toFixed(0)} MiB`
}

function judge({outcome}: LoginReport): void {
  if (outcome !== 'accept') process.exitCode = 1
}
