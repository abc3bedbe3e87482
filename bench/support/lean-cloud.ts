// The simulator's Duo cloud behind a server that does no more than it has to: what the fakes take of the machine's cores the
// proxy cannot have. With the simulator's own server, which keeps its calls and can break in every way, they took twice as much.
import {once} from 'node:events'
import {createServer, type TLSSocket} from 'node:tls'
import {type RequestLine, type SigningKey, signingKey, signV2} from '../../src/core/duo/signature.ts'
import {Secret} from '../../src/core/secret.ts'
import {createCertificateAuthority} from '../../src/core/simulate/certificates.ts'
import {
  type Answer,
  type CloudState,
  endpoints,
  failure,
  usualModes,
} from '../../src/core/simulate/duo-cloud-endpoints.ts'
import type {Integration} from '../../src/core/simulate/duo-cloud-signatures.ts'
import {createTransactions} from '../../src/core/simulate/duo-cloud-transactions.ts'
import {type CloudUser, openAccount} from '../../src/core/simulate/duo-cloud-users.ts'
import type {World} from '../../src/core/world.ts'

const HOST = '127.0.0.1'

export type LeanCloudOptions = {
  readonly world: World
  readonly integration: Integration
  readonly users: readonly CloudUser[]
  /** How many ended pushes are remembered. */
  readonly remember: number
  /** A call of this user's has been answered: seen first, and the answer with the socket, in the milliseconds of `performance`. */
  readonly onAnswer: (userName: string, seenMs: number, answeredMs: number) => void
}

/**
 * TLS, signatures and the simulator's own answers, for clients that are known: every request is HTTP/1.1 with a
 * Content-Length, the next one comes once it is answered, and its parameters are written as they were signed.
 */
export async function startLeanCloud(
  options: LeanCloudOptions,
): Promise<{readonly host: string; readonly port: number; readonly caCert: string}> {
  const {world, users, onAnswer} = options
  const key = signingKey(options.integration.ikey, new Secret(options.integration.skey))
  const accounts = new Map(users.map((user) => [user.userName, openAccount(user)]))
  const transactions = createTransactions(world, options.remember)
  const state: CloudState = {
    world,
    modes: {...usualModes},
    transactions,
    nowMs: world.wallMs,
    account: (userName) => accounts.get(userName),
  }

  async function answer(socket: TLSSocket, request: Request, seenMs: number): Promise<void> {
    const parameters = new Map(new URLSearchParams(request.parameters))
    const txid = parameters.get('txid')
    const userName = parameters.get('username') ?? (txid && transactions.find(txid)?.userName)
    const text = responseText(await answerTo(request, parameters), state.nowMs())
    const answeredMs = performance.now()
    socket.write(text, 'latin1')
    if (userName !== undefined) onAnswer(userName, seenMs, answeredMs)
  }

  function answerTo(request: Request, parameters: ReadonlyMap<string, string>): Answer | Promise<Answer> {
    const endpoint = endpoints.get(`${request.method} ${request.path}`)
    if (endpoint === undefined) return failure(40401)
    const isSigned = request.path !== '/auth/v2/ping'
    return isSigned && !signatureFits(request, key) ? failure(40103) : endpoint(parameters, state)
  }

  const authority = createCertificateAuthority()
  const server = createServer(authority.issue(['localhost', HOST]), (socket) => {
    let [waiting, seenMs] = ['', 0]
    // A proxy that ends breaks its connections.
    socket.on('error', () => {})
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      if (waiting === '') seenMs = performance.now()
      waiting += chunk
      const request = readRequest(waiting)
      if (request === undefined) return
      waiting = ''
      answer(socket, request, seenMs).catch((error) => socket.destroy(error))
    })
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  return {host: HOST, port: typeof address === 'object' && address !== null ? address.port : 0, caCert: authority.cert}
}

type Request = RequestLine & {
  /** The query or the body, as it came. */
  readonly parameters: string
  readonly date: string
  readonly authorization: string
}

/** Undefined while some of it is to come. */
function readRequest(text: string): Request | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [, method, path = '', query = ''] = /^(GET|POST) ([^ ?]+)\??(\S*) HTTP\/1\.1\r\n/.exec(text) ?? []
  if (method !== 'GET' && method !== 'POST') throw new Error(`no request for this cloud: ${text.slice(0, 100)}`)
  const body = text.slice(headEnd + 4)
  if (body.length < Number(header(text, 'content-length') ?? 0)) return undefined
  return {
    method,
    path,
    host: header(text, 'host')?.replace(/:\d+$/, '') ?? '',
    parameters: method === 'GET' ? query : body,
    date: header(text, 'date') ?? '',
    authorization: header(text, 'authorization') ?? '',
  }
}

function header(text: string, name: string): string | undefined {
  const at = text.indexOf(`\r\n${name}: `)
  return at < 0 ? undefined : text.slice(at + name.length + 4, text.indexOf('\r\n', at + 2))
}

function signatureFits({authorization, date, parameters, ...line}: Request, key: SigningKey): boolean {
  return authorization === signV2(key, line, parameters, date)
}

/** With the headers that Node's HTTP server would write. */
function responseText(answer: Answer, nowMs: number): string {
  const status = answer.stat === 'OK' ? '200 OK' : `${Math.floor(answer.code / 100)} Refused`
  const body = JSON.stringify(answer)
  return (
    `HTTP/1.1 ${status}\r\nDate: ${new Date(nowMs).toUTCString()}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
    `Content-Type: application/json\r\nConnection: keep-alive\r\nKeep-Alive: timeout=120\r\n\r\n${body}`
  )
}
