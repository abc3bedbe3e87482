// Complete PAP authentications for a second of CPU, codec alone: decode, client's Message-Authenticator, password, signed
// reply. And the digests they are made of, ours beside node:crypto's. Run: node bench/codec.ts [ROUNDS]
import {createHmac, hash} from 'node:crypto'
import {machine, spread} from './support/machine.ts'
import {authenticate, key, request, secretText} from './support/pap.ts'

const rounds = Number(process.argv[2] ?? 11)
const ROUND_MS = 300

const secret = Buffer.from(secretText)
const reply = Buffer.alloc(20 + 18 + 28)
const scratch = Buffer.alloc(16)

console.log(machine())
console.log(`request of ${request.length} octets; median of ${rounds} rounds of ${ROUND_MS} ms [slowest, fastest]`)
report('PAP authentications', authenticate)
report('their digests, ours', digestsOfOurs)
report('their digests, node:crypto', digestsOfNode)

function digestsOfOurs(): void {
  const authenticator = request.subarray(4, 20)
  key.messageAuthenticator(request, request.length, authenticator, 22, scratch)
  key.pad(authenticator, 0, 16, scratch)
  key.pad(authenticator, 0, 16, scratch)
  key.messageAuthenticator(reply, reply.length, authenticator, 22, scratch)
  key.responseAuthenticator(reply, reply.length, authenticator, scratch)
}

function digestsOfNode(): void {
  const authenticator = request.subarray(4, 20)
  createHmac('md5', secret).update(request).digest()
  hash('md5', Buffer.concat([secret, authenticator]), 'buffer')
  hash('md5', Buffer.concat([secret, authenticator]), 'buffer')
  createHmac('md5', secret).update(reply).digest()
  hash('md5', Buffer.concat([reply, secret]), 'buffer')
}

function report(name: string, once: () => void): void {
  const rates: number[] = []
  for (let round = -2; round < rounds; round++) {
    const rate = perCpuSecond(once)
    if (round >= 0) rates.push(rate)
  }
  console.log(`${name}: ${spread(rates, 0)} a second`)
}

/** By CPU time, so that others on the machine change little. */
function perCpuSecond(once: () => void): number {
  const startMs = performance.now()
  const before = process.cpuUsage()
  let done = 0
  for (; performance.now() - startMs < ROUND_MS; done += 500) for (let i = 0; i < 500; i++) once()
  const {user, system} = process.cpuUsage(before)
  return (done * 1e6) / (user + system)
}
