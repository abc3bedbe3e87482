import {createHash, createHmac, timingSafeEqual} from 'node:crypto'

// Written apart from the client's signing on purpose: a mistake that both shared would go unseen.

export type Integration = {readonly ikey: string; readonly skey: string}

export type SignedRequest = {
  readonly method: string
  /** The Host header without its port, as clients sign it. */
  readonly host: string
  readonly path: string
  readonly query: string
  readonly body: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

export type SignatureCheck =
  | {readonly ok: true; readonly version: 1 | 2 | 5}
  | {readonly ok: false; readonly code: number; readonly message: string}

const WINDOW_MS = 5 * 60_000

/** Checks key, date and signature as Duo does; `allowUndated` for the legacy calls, which sign no date (version 1). */
export function checkSignature(
  request: SignedRequest,
  integration: Integration,
  nowMs: number,
  allowUndated: boolean,
): SignatureCheck {
  const credentials = basicCredentials(request.headers.authorization)
  if (credentials === undefined) return refusal(40101, 'Missing request credentials')
  if (credentials.ikey !== integration.ikey) return refusal(40102, 'Invalid integration key in request credentials')
  const isJson = (request.headers['content-type'] ?? '').startsWith('application/json')
  if (request.method === 'POST' && !isJson && !isForm(request)) return refusal(40106, 'Invalid content type')

  const date = request.headers['x-duo-date'] ?? request.headers.date
  if (date === undefined && !allowUndated) return refusal(40104, 'Missing or bad date header')
  if (date !== undefined) {
    const dateMs = Date.parse(date)
    if (Number.isNaN(dateMs)) return refusal(40104, 'Missing or bad date header')
    if (Math.abs(dateMs - nowMs) > WINDOW_MS) return refusal(40105, 'Bad request timestamp')
  }

  for (const version of candidates(date, isJson, request.method)) {
    const text = version === 5 ? linesV5(request, date ?? '') : linesV2(request, date)
    if (signatureFits(text, integration.skey, credentials.signature, version)) return {ok: true, version}
  }
  return refusal(40103, 'Invalid signature in request credentials')
}

function candidates(date: string | undefined, isJson: boolean, method: string): readonly (1 | 2 | 5)[] {
  if (date === undefined) return [1]
  if (isJson) return [5]
  return method === 'GET' ? [2, 5] : [2]
}

function signatureFits(text: string, skey: string, signature: string, version: 1 | 2 | 5): boolean {
  const digest = signature.length === 40 && version !== 5 ? 'sha1' : 'sha512'
  const expected = Buffer.from(createHmac(digest, skey).update(text).digest('hex'))
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function linesV2(request: SignedRequest, date: string | undefined): string {
  const parameters = canonical(request.method === 'POST' ? request.body : request.query)
  const lines = [request.method.toUpperCase(), request.host.toLowerCase(), request.path, parameters]
  return (date === undefined ? lines : [date, ...lines]).join('\n')
}

function linesV5(request: SignedRequest, date: string): string {
  const duoHeaders = Object.entries(request.headers)
    .filter(([name]) => name.startsWith('x-duo-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => [name, value ?? ''])
    .join('\0')
  return [
    date,
    request.method.toUpperCase(),
    request.host.toLowerCase(),
    request.path,
    canonical(request.query),
    sha512(request.body),
    sha512(duoHeaders),
  ].join('\n')
}

/** Decodes and encodes again, so that every spelling of the same parameters gives one text. */
function canonical(encoded: string): string {
  return [...new URLSearchParams(encoded)]
    .map(([name, value]) => [percent(name), percent(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function order(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function percent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha512(text: string): string {
  return createHash('sha512').update(text).digest('hex')
}

function isForm(request: SignedRequest): boolean {
  return (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
}

function basicCredentials(header: string | undefined): {ikey: string; signature: string} | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const [ikey = '', signature, ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return signature === undefined || rest.length > 0 ? undefined : {ikey, signature}
}

function refusal(code: number, message: string): SignatureCheck {
  return {ok: false, code, message}
}
