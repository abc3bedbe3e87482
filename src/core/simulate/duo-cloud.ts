import {once} from 'node:events'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import {createServer as createTlsServer, type ServerOptions} from 'node:https'
import type {Socket} from 'node:net'
import type {World} from '../world.ts'
import {createCertificateAuthority, type TlsIdentity} from './certificates.ts'
import {type Answer, type CloudModes, type CloudState, endpoints, failure, usualModes} from './duo-cloud-endpoints.ts'
import {parametersOf, readRequest} from './duo-cloud-requests.ts'
import {checkSignature, type Integration, type SignedRequest} from './duo-cloud-signatures.ts'
import {type CloudPush, createTransactions, type Outcome} from './duo-cloud-transactions.ts'
import {type Account, type CloudUser, openAccount} from './duo-cloud-users.ts'

/** What goes wrong with a call, once it is known to be for this path. */
export type CloudFault =
  /** Duo's own JSON error; `code` is five digits, the HTTP status its first three. */
  | {readonly kind: 'fail'; readonly code: number; readonly retryAfter?: string; readonly header?: string}
  /** Anything at all: HTML, malformed JSON, a redirect, an empty 503. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** No answer until the caller hangs up. */
  | {readonly kind: 'hang'}
  /** The connection breaks before the call is looked at. */
  | {readonly kind: 'reset'}
  /** The call does its work, then the connection breaks. */
  | {readonly kind: 'lost-answer'}
  /** The right answer, cut in the middle. */
  | {readonly kind: 'cut'}

/** One request as the cloud got it and how it answered: status 0 when it broke the connection or never answered. */
export type CloudCall = {
  readonly method: string
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly signatureVersion: 1 | 2 | 5 | undefined
  status: number
  answer: unknown
}

export type DuoCloudOptions = {
  readonly world: World
  readonly users?: readonly CloudUser[]
  /** Makes users nobody has named, for load; otherwise an unknown user must enroll. */
  readonly strangers?: (userName: string) => CloudUser | undefined
  readonly integration?: Integration
  /** Certificate and settings of the TLS server; a good certificate of a new authority when left out. */
  readonly identity?: TlsIdentity
  readonly tls?: ServerOptions
  /** Any free port when left out. */
  readonly port?: number
  /** False: plain HTTP, for a look with curl. */
  readonly https?: boolean
  /** How many calls and ended pushes are remembered; 10,000 when left out. */
  readonly remember?: number
  /** Told of every call when it comes in. */
  readonly onArrival?: (call: CloudCall) => void
  /** Told of every call once it is answered. */
  readonly onCall?: (call: CloudCall) => void
}

/**
 * A Duo cloud on loopback with both APIs: it checks every signature and date, keeps users, devices and pushes, answers as
 * the person with the phone would, and breaks in every way a test asks for.
 */
export type DuoCloud = {
  readonly host: string
  readonly port: number
  /** The certificate a client has to trust, PEM; empty when the identity was given. */
  readonly caCert: string
  readonly integration: Integration
  readonly modes: CloudModes
  /** How far the cloud's clock is ahead of the world's, milliseconds. */
  clockOffsetMs: number
  /** The newest calls, oldest first. */
  readonly calls: readonly CloudCall[]
  /** Calls so far to this path, remembered or not. */
  count(path: string): number
  readonly pushes: readonly CloudPush[]
  readonly pushesStarted: number
  addUser(user: CloudUser): void
  /** What the person does. Without a transaction id it is about the newest pending push; false when there is none. */
  readonly phone: {
    approve(txid?: string): boolean
    deny(txid?: string): boolean
    fraud(txid?: string): boolean
    timeout(txid?: string): boolean
    /** The codes of the last text message to this user. */
    smsCodes(userName: string): readonly string[]
  }
  /** Resolves with the next push or call to start; ask before it can. */
  nextPush(): Promise<CloudPush>
  /** The next `times` calls to `path` (`*` for any) go wrong; Infinity until `heal`. Faults queue up. */
  fail(path: string, fault: CloudFault, times?: number): void
  heal(): void
  close(): Promise<void>
}

const HOST = '127.0.0.1'

export async function startDuoCloud(options: DuoCloudOptions): Promise<DuoCloud> {
  const {world} = options
  const remember = options.remember ?? 10_000
  const integration = options.integration ?? {ikey: 'DISIMULATED000000000', skey: 'test-skey-not-real'.padEnd(40, '0')}
  const accounts = new Map<string, Account>()
  const transactions = createTransactions(world, remember)
  const faults: {path: string; fault: CloudFault; left: number}[] = []
  const calls: CloudCall[] = []
  const counts = new Map<string, number>()
  const connections = new Map<number, Socket>()
  let clockOffsetMs = 0

  const modes: CloudModes = {...usualModes}
  const state: CloudState = {
    world,
    modes,
    transactions,
    nowMs: () => world.wallMs() + clockOffsetMs,
    account(userName) {
      const known = accounts.get(userName.toLowerCase())
      if (known !== undefined) return known
      const user = options.strangers?.(userName)
      if (user !== undefined) addUser(user)
      return accounts.get(userName.toLowerCase())
    },
  }

  function addUser(user: CloudUser): void {
    accounts.set(user.userName.toLowerCase(), openAccount(user))
  }

  function record(call: CloudCall): void {
    counts.set(call.path, (counts.get(call.path) ?? 0) + 1)
    calls.push(call)
    options.onArrival?.(call)
    if (calls.length > remember * 2) calls.splice(0, calls.length - remember)
  }

  /** With a RST, on the TCP connection below TLS. */
  function breakConnection(request: IncomingMessage): void {
    connections.get(request.socket.remotePort ?? 0)?.resetAndDestroy()
  }

  function nextFault(path: string): CloudFault | undefined {
    const found = faults.find((entry) => entry.path === '*' || entry.path === path)
    if (found === undefined) return undefined
    found.left--
    if (found.left <= 0) faults.splice(faults.indexOf(found), 1)
    return found.fault
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const signed = await readRequest(request)
    const parameters = parametersOf(signed)
    const allowUndated = signed.path.startsWith('/rest/v1/')
    const check = checkSignature(signed, integration, state.nowMs(), allowUndated)
    const call: CloudCall = {
      method: signed.method,
      path: signed.path,
      parameters: Object.fromEntries(parameters),
      headers: signed.headers,
      signatureVersion: check.ok ? check.version : undefined,
      status: 0,
      answer: undefined,
    }
    record(call)
    const fault = nextFault(signed.path)
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'reset') return breakConnection(request)
    if (fault?.kind === 'answer') return send(response, call, fault.status, fault.headers ?? {}, fault.body ?? '')
    const answer = fault?.kind === 'fail' ? failure(fault.code) : await answerTo(signed, parameters, check)
    if (fault?.kind === 'lost-answer') return breakConnection(request)
    const text = JSON.stringify(answer)
    call.answer = answer
    if (fault?.kind === 'cut') {
      response.writeHead(200, {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text)})
      response.write(text.slice(0, text.length / 2), () => breakConnection(request))
      return
    }
    const status = answer.stat === 'OK' ? 200 : Math.floor(answer.code / 100)
    const retry = fault?.kind === 'fail' && fault.retryAfter !== undefined ? fault.retryAfter : undefined
    const headers = retry === undefined || fault?.kind !== 'fail' ? {} : {[fault.header ?? 'Retry-After']: retry}
    send(response, call, status, {'Content-Type': 'application/json', ...headers}, text)
  }

  function answerTo(
    request: SignedRequest,
    parameters: ReadonlyMap<string, string>,
    check: ReturnType<typeof checkSignature>,
  ): Answer | Promise<Answer> {
    const isV2 = request.path.startsWith('/auth/v2/')
    if (isV2 && modes.v2 === 'unknown') return failure(40401)
    const endpoint = endpoints.get(`${request.method} ${request.path}`)
    if (endpoint === undefined) return failure(40401)
    const unsigned = request.path === '/auth/v2/ping' || request.path === '/rest/v1/ping'
    if (!unsigned && !check.ok) return {stat: 'FAIL', code: check.code, message: check.message}
    if (isV2 && !unsigned && modes.v2 === 'refused') return failure(40301)
    return endpoint(parameters, state)
  }

  function send(
    response: ServerResponse,
    call: CloudCall,
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): void {
    call.status = status
    const size = Buffer.byteLength(body)
    response.writeHead(status, {Date: new Date(state.nowMs()).toUTCString(), 'Content-Length': size, ...headers})
    response.end(body)
    options.onCall?.(call)
  }

  const authority = options.identity === undefined ? createCertificateAuthority() : undefined
  const identity = options.identity ?? authority?.issue(['localhost', HOST])
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response).catch(() => breakConnection(request))
  }
  // Node's own limits would cut long polls and count by the system's clock.
  const settings = {requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 120_000}
  const server =
    options.https === false
      ? createServer(settings, listener)
      : createTlsServer({...settings, ...identity, ...options.tls}, listener)
  server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0
    connections.set(port, socket)
    socket.once('close', () => connections.delete(port))
  })
  server.listen(options.port ?? 0, HOST)
  await once(server, 'listening')
  const address = server.address()

  let closed: Promise<void> | undefined
  async function shut(): Promise<void> {
    transactions.stop()
    server.close()
    for (const socket of connections.values()) socket.destroy()
    await once(server, 'close')
  }

  const answerPhone = (outcome: Outcome, txid: string | undefined): boolean => {
    const target = txid ?? transactions.newestPending()?.txid
    return target !== undefined && transactions.answer(target, outcome)
  }

  for (const user of options.users ?? []) addUser(user)
  return {
    host: HOST,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    caCert: authority?.cert ?? '',
    integration,
    modes,
    get clockOffsetMs() {
      return clockOffsetMs
    },
    set clockOffsetMs(ms) {
      clockOffsetMs = ms
    },
    calls,
    count: (path) => counts.get(path) ?? 0,
    get pushes() {
      return transactions.list()
    },
    get pushesStarted() {
      return transactions.started
    },
    addUser,
    phone: {
      approve: (txid) => answerPhone('allow', txid),
      deny: (txid) => answerPhone('deny', txid),
      fraud: (txid) => answerPhone('fraud', txid),
      timeout: (txid) => answerPhone('timeout', txid),
      smsCodes: (userName) => accounts.get(userName.toLowerCase())?.smsCodes ?? [],
    },
    nextPush: () => transactions.next(),
    fail(path, fault, times = 1) {
      faults.push({path, fault, left: times})
    },
    heal() {
      faults.length = 0
    },
    close() {
      closed ??= shut()
      return closed
    },
  }
}
