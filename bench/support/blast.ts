// Access-Requests as fast as they are answered, in a process of its own:
// `node blast.ts PORT SECRET USER PASSWORD SECONDS OUTSTANDING` prints one line of JSON.
// With SECONDS 0 it sends OUTSTANDING requests at once and waits for what comes back.
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'
import {type Packet, packetCode} from '../../src/core/radius/packet.ts'
import {hidePassword} from '../../src/core/radius/password.ts'
import {type SharedKey, sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeRequest} from '../../src/core/radius/sign.ts'
import {Secret} from '../../src/core/secret.ts'
import {realWorld} from '../../src/core/world.ts'

export type Blast = {
  readonly sent: number
  readonly replies: number
  readonly accepts: number
  readonly perSecond: number
}

const [port = '0', secret = '', user = '', password = '', seconds = '0', outstanding = '64'] = process.argv.slice(2)
const IDENTIFIERS = 256
const LAST_REPLIES_MS = 6000
const key = sharedKey(new Secret(secret))
const atOnce = Number(outstanding)
const endMs = performance.now() + Number(seconds) * 1000
let [sent, replies, accepts] = [0, 0, 0]

/**
 * Never asleep: to wake it for every reply would be the work of whoever replies, on a virtual machine 10 us and more, and
 * the slower a server is, the more often its generator would sleep.
 */
function stayAwake(): void {
  if (performance.now() < endMs) setImmediate(stayAwake)
}

const sockets = await Promise.all(Array.from({length: Math.ceil(atOnce / IDENTIFIERS)}, openSocket))
const startMs = performance.now()
stayAwake()
for (let n = 0; n < atOnce; n++) ask(n)
if (Number(seconds) === 0) {
  for (const lastMs = startMs + LAST_REPLIES_MS; replies < atOnce && performance.now() < lastMs; ) await sleep(10)
} else await sleep(endMs - performance.now())
const elapsedMs = performance.now() - startMs
const blast: Blast = {sent, replies, accepts, perSecond: (replies * 1000) / elapsedMs}
console.log(JSON.stringify(blast))
process.exit()

async function openSocket(_: unknown, socketNumber: number) {
  const socket = createSocket({type: 'udp4', recvBufferSize: 4 * 1024 * 1024})
  socket.on('message', (reply) => {
    replies++
    if (reply[0] === packetCode.accessAccept) accepts++
    if (performance.now() < endMs) ask(socketNumber * IDENTIFIERS + (reply[1] ?? 0))
  })
  socket.on('error', () => {})
  socket.connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** A new request each time: the same octets would be a duplicate, which servers answer from memory. */
function ask(number: number): void {
  sent++
  sockets[Math.floor(number / IDENTIFIERS)]?.send(requestOf(number % IDENTIFIERS, key))
}

function requestOf(identifier: number, key: SharedKey): Buffer {
  const authenticator = realWorld.randomBytes(16)
  const packet: Packet = {
    code: packetCode.accessRequest,
    identifier,
    authenticator,
    attributes: [
      {type: 1, value: Buffer.from(user)},
      {type: 2, value: hidePassword(Buffer.from(password), authenticator, key) ?? Buffer.alloc(16)},
      {type: 4, value: Buffer.of(192, 0, 2, 1)},
    ],
  }
  const encoded = encodeRequest(packet, key, {messageAuthenticator: true})
  if (!encoded.ok) throw new Error(encoded.reason)
  return encoded.datagram
}
