// How many requests a second the fake gateway makes: it must never be the bottleneck of the server it measures.
// The server is another process that accepts everything at the least cost, so that the figure is the generator's.
//   node bench/simulate.ts [logins]     with radclient in the path it is measured against the same server
import {spawn, spawnSync} from 'node:child_process'
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {availableParallelism, cpus, tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {decodePacket} from '../src/core/radius/codec.ts'
import {packetCode} from '../src/core/radius/packet.ts'
import {sharedKey} from '../src/core/radius/shared-key.ts'
import {encodeReply} from '../src/core/radius/sign.ts'
import {Secret} from '../src/core/secret.ts'
import {runLoad} from '../src/core/simulate/load.ts'
import {Nas} from '../src/core/simulate/nas.ts'
import {profiles} from '../src/core/simulate/profiles.ts'
import {openUdpTransport} from '../src/core/simulate/transport.ts'
import {realWorld} from '../src/core/world.ts'

const secretText = 'bench-secret-not-real'
const secret = new Secret(secretText)

if (process.argv[2] === 'server') serve()
else await measure(Number(process.argv[2] ?? 100_000))

function serve(): void {
  const key = sharedKey(secret)
  const socket = createSocket({type: 'udp4', recvBufferSize: 8 * 1024 * 1024})
  socket.on('message', (datagram, {port, address}) => {
    const decoded = decodePacket(datagram)
    if (!decoded.ok) return
    const reply = encodeReply({code: packetCode.accessAccept, attributes: []}, decoded.packet, key)
    if (reply.ok) socket.send(reply.datagram, port, address)
  })
  socket.bind(0, '127.0.0.1', () => process.stdout.write(`${socket.address().port}\n`))
}

async function measure(count: number): Promise<void> {
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), 'server'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = await once(server.stdout, 'data')
    const port = Number(String(line))
    console.log(`${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}`)
    for (const concurrency of [32, 256]) await ownGenerator(port, count, concurrency)
    radclient(port, count)
  } finally {
    server.kill()
  }
}

async function ownGenerator(port: number, count: number, concurrency: number): Promise<void> {
  const nas = new Nas({
    world: realWorld,
    profile: profiles.ivanti,
    method: 'pap',
    secret,
    address: '127.0.0.1',
    policy: {timeoutMs: 2000, retries: 2},
    servers: [() => openUdpTransport({address: '127.0.0.1', port})],
  })
  const login = {
    userName: 'jdoe',
    password: new Secret('bench-password'),
    clientAddress: '198.51.100.7',
    extra: [],
    answer: async () => undefined,
  }
  const plan = {count, concurrency, rate: undefined, attempt: () => login}
  await runLoad(realWorld, nas, {...plan, count: 5000}, () => {}, new AbortController().signal)
  const before = process.cpuUsage()
  const report = await runLoad(realWorld, nas, plan, () => {}, new AbortController().signal)
  const {user, system} = process.cpuUsage(before)
  await nas.close()
  const cpuMicros = ((user + system) / report.requests).toFixed(1)
  console.log(
    `simulate, ${concurrency} at a time: ${Math.round(report.requestsPerSecond)} requests/s, ` +
      `${cpuMicros} us of its CPU each, ${report.retransmissions} sent again, ${report.outcomes.accept} accepted`,
  )
}

function radclient(port: number, count: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-bench-'))
  try {
    const file = join(folder, 'request')
    writeFileSync(file, 'User-Name=jdoe\nUser-Password=bench-password\nNAS-Port=0\nMessage-Authenticator=0x00\n')
    const start = performance.now()
    const args = ['-q', '-p', '256', '-c', `${count}`, '-f', file, `127.0.0.1:${port}`, 'auth', secretText]
    const {error, status} = spawnSync('radclient', args, {stdio: 'ignore'})
    if (error !== undefined) console.log('radclient: not installed (apt-get install freeradius-utils)')
    else
      console.log(
        `radclient, 256 at a time: ${Math.round((count * 1000) / (performance.now() - start))} requests/s, exit ${status}`,
      )
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}
