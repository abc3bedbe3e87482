import {timingSafeEqual} from 'node:crypto'
import {once} from 'node:events'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {World} from '../world.ts'
import type {DuoCloud} from './duo-cloud.ts'
import {pageHtml, pageScript, pageStyle} from './phone-page-files.ts'

/** The fake phone: a web page on loopback where pending pushes appear and are answered. */
export type PhonePage = {
  /** With the token that the page needs; whoever has it holds the phone. */
  readonly url: string
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const TOKEN_OCTETS = 24
const BODY_LIMIT = 1000
const answers = {approve: 'approve', deny: 'deny', fraud: 'fraud'} as const

/**
 * Serves the page. Other pages of the same browser can reach loopback as well: hence the token in the path, the check of
 * the Host header (a name that is made to point here does not pass) and no cross-origin reading.
 */
export async function startPhonePage(cloud: DuoCloud, world: World, port = 0): Promise<PhonePage> {
  const token = world.randomBytes(TOKEN_OCTETS).toString('base64url')
  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy())
  })
  server.listen(port, HOST)
  await once(server, 'listening')
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  const hosts = [`${HOST}:${bound}`, `localhost:${bound}`]

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!hosts.includes(request.headers.host ?? '')) return send(response, 421, 'text/plain', 'not this host\n')
    const [, given = '', ...rest] = (request.url ?? '').split('/')
    if (!sameToken(given, token)) return send(response, 404, 'text/plain', 'not found\n')
    const path = rest.join('/')
    const file = request.method === 'GET' ? files[path] : undefined
    if (file !== undefined) return send(response, 200, file.type, file.content)
    if (request.method === 'GET' && path === 'pushes') return sendJson(response, 200, pending())
    const txid = /^pushes\/([0-9a-z-]+)$/.exec(path)?.[1]
    if (request.method === 'POST' && txid !== undefined) return answer(request, response, txid)
    send(response, 404, 'text/plain', 'not found\n')
  }

  function pending() {
    return cloud.pushes
      .filter(({outcome}) => outcome === undefined)
      .map(({txid, userName, factor, clientAddress, startedMs, verificationCode}) => ({
        txid,
        userName,
        factor,
        clientAddress: clientAddress ?? null,
        secondsLeft: Math.max(0, Math.ceil((startedMs + PUSH_LIFE_MS - world.wallMs()) / 1000)),
        verified: verificationCode !== undefined,
      }))
  }

  async function answer(request: IncomingMessage, response: ServerResponse, txid: string): Promise<void> {
    const {origin} = request.headers
    if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`)) {
      return sendJson(response, 403, {error: 'this comes from another page'})
    }
    const given = await readAnswer(request)
    if (given === undefined)
      return sendJson(response, 400, {error: 'expected {"answer": "approve", "deny" or "fraud"}'})
    const push = cloud.pushes.find((each) => each.txid === txid)
    const wanted = push?.verificationCode
    if (given.answer === 'approve' && wanted !== undefined && given.code !== wanted) {
      return sendJson(response, 409, {error: 'this is not the code that the login shows'})
    }
    const done = cloud.phone[answers[given.answer]](txid)
    if (done) sendJson(response, 200, {answered: given.answer})
    else sendJson(response, 410, {error: 'this request has ended'})
  }

  return {
    url: `http://${HOST}:${bound}/${token}/`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const PUSH_LIFE_MS = 60_000

const files: {readonly [path: string]: {readonly type: string; readonly content: string}} = {
  '': {type: 'text/html; charset=utf-8', content: pageHtml},
  'phone.js': {type: 'text/javascript; charset=utf-8', content: pageScript},
  'phone.css': {type: 'text/css; charset=utf-8', content: pageStyle},
}

function sameToken(given: string, token: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(token)]
  return one.length === other.length && timingSafeEqual(one, other)
}

type Given = {readonly answer: keyof typeof answers; readonly code: string | undefined}

async function readAnswer(request: IncomingMessage): Promise<Given | undefined> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > BODY_LIMIT) return undefined
  }
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null || !('answer' in body)) return undefined
    const {answer} = body
    if (answer !== 'approve' && answer !== 'deny' && answer !== 'fraud') return undefined
    return {answer, code: 'code' in body && typeof body.code === 'string' ? body.code : undefined}
  } catch {
    return undefined
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', JSON.stringify(body))
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  })
  response.end(body)
}
