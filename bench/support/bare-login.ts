// The sockets, packets and requests of a login and nothing else: what Node, TLS and the HTTP client take for it, and what no
// proxy in Node can do without. No login is checked, guarded, told to a log or remembered. Started as
// `node bare-login.ts PORT PRIMARY_PORT ORIGIN CA_FILE`, it prints "ready" and serves until its standard input ends.
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {openConnections} from '../../src/core/duo/connections.ts'
import {exchangeOnce} from '../../src/core/duo/exchange.ts'
import {canonicalParameters, type Parameters, signedDate, signingKey, signV2} from '../../src/core/duo/signature.ts'
import {readCaFile, secureContext} from '../../src/core/duo/trust.ts'
import {decodePacket} from '../../src/core/radius/codec.ts'
import {type Attribute, attributeType, firstAttribute, type Packet, packetCode} from '../../src/core/radius/packet.ts'
import {hidePassword, revealPassword} from '../../src/core/radius/password.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {encodeReply, encodeRequest} from '../../src/core/radius/sign.ts'
import {Secret} from '../../src/core/secret.ts'
import {realWorld as world} from '../../src/core/world.ts'
import {integration, NAS_SECRET, PRIMARY_SECRET} from './names.ts'

const [port = '', primaryPort = '', origin = '', caFile = ''] = process.argv.slice(2)
const nasKey = sharedKey(new Secret(NAS_SECRET))
const primaryKey = sharedKey(new Secret(PRIMARY_SECRET))
const duoKey = signingKey(integration.ikey, new Secret(integration.skey))
const limits = {signal: new AbortController().signal, timeoutMs: 60_000, bodyOctets: 1024 * 1024}
const connections = await openConnections(
  {origin, proxy: undefined, waitingConnections: 64},
  secureContext(readCaFile(caFile)),
  world,
)

const server = createSocket({type: 'udp4', recvBufferSize: 4 * 1024 * 1024})
const primary = createSocket({type: 'udp4', recvBufferSize: 4 * 1024 * 1024})
primary.connect(Number(primaryPort), '127.0.0.1')
await once(primary, 'connect')
const asked = new Map<number, (reply: Packet) => void>()
let lastIdentifier = 0
primary.on('message', (datagram) => {
  const packet = decoded(datagram)
  asked.get(packet.identifier)?.(packet)
  asked.delete(packet.identifier)
})

server.on('message', async (datagram, {address, port: from}) => {
  const request = decoded(datagram)
  const state = firstAttribute(request.attributes, attributeType.state)
  const draft = state === undefined ? await asks(request) : await answers(request)
  const reply = encodeReply(draft, request, nasKey)
  if (reply.ok) server.send(reply.datagram, from, address)
})
server.bind(Number(port), '127.0.0.1')
await once(server, 'listening')
console.log('ready')
process.stdin.on('end', () => process.exit(0)).resume()

/** The password to the primary server, the user to Duo: a challenge. */
async function asks(request: Packet) {
  const authenticator = world.randomBytes(16)
  const password = revealed(request)
  const passed = request.attributes.filter(
    ({type}) => type !== attributeType.userPassword && type !== attributeType.messageAuthenticator,
  )
  const hidden = {
    type: attributeType.userPassword,
    value: hidePassword(password, authenticator, primaryKey) ?? password,
  }
  lastIdentifier = (lastIdentifier + 1) & 255
  const identifier = lastIdentifier
  const attributes = [hidden, ...passed]
  const upstream = encodeRequest({code: packetCode.accessRequest, identifier, authenticator, attributes}, primaryKey, {
    messageAuthenticator: true,
  })
  if (!upstream.ok) throw new Error(upstream.reason)
  await new Promise<Packet>((resolve) => {
    asked.set(identifier, resolve)
    primary.send(upstream.datagram)
  })
  const preauth = await call('POST', '/auth/v2/preauth', {
    username: nameOf(request),
    text_prompt: '1',
    failmode: 'closed',
    client_supports_verified_push: '1',
    ipaddr: '198.51.100.7',
  })
  return draft(packetCode.accessChallenge, preauth.prompt.text, [
    {type: attributeType.state, value: world.randomBytes(16)},
  ])
}

/** What the user has typed, "1", to Duo as what it stands for, and the two looks at what became of it: the login is accepted. */
async function answers(request: Packet) {
  const {txid} = await call('POST', '/auth/v2/auth', {
    username: nameOf(request),
    factor: 'prompt',
    prompt: `push${revealed(request).toString('utf8')}`,
    async: '1',
    ipaddr: '198.51.100.7',
  })
  for (;;) {
    const {result, status_msg: message} = await call('GET', '/auth/v2/auth_status', {txid})
    if (result !== 'waiting')
      return draft(result === 'allow' ? packetCode.accessAccept : packetCode.accessReject, message, [])
  }
}

async function call(method: 'GET' | 'POST', path: string, parameters: Parameters) {
  const text = canonicalParameters(parameters)
  const date = signedDate(world.wallMs())
  const host = new URL(origin).hostname
  const headers = ['accept', 'application/json', 'date', date]
  headers.push('authorization', signV2(duoKey, {method, host, path}, text, date))
  if (method === 'POST') headers.push('content-type', 'application/x-www-form-urlencoded')
  const {brief, waiting} = connections
  const answer = await exchangeOnce(
    method === 'GET' ? waiting : brief,
    {
      origin,
      method,
      path: method === 'GET' ? `${path}?${text}` : path,
      headers,
      body: method === 'POST' ? text : null,
    },
    limits,
    world,
  )
  if (answer === 'late' || answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return JSON.parse(answer.body ?? '').response
}

function draft(code: number, message: string, attributes: readonly Attribute[]) {
  return {code, attributes: [...attributes, {type: attributeType.replyMessage, value: Buffer.from(message)}]}
}

function decoded(datagram: Buffer): Packet {
  const read = decodePacket(datagram)
  if (!read.ok) throw new Error(read.reason)
  return read.packet
}

function revealed({attributes, authenticator}: Packet): Buffer {
  const hidden = firstAttribute(attributes, attributeType.userPassword) ?? Buffer.alloc(0)
  return revealPassword(hidden, authenticator, nasKey) ?? Buffer.alloc(0)
}

function nameOf({attributes}: Packet): string {
  return firstAttribute(attributes, attributeType.userName)?.toString('utf8') ?? ''
}
