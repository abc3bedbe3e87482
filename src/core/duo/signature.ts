import {hash} from 'node:crypto'
import {HmacKey} from '../hmac.ts'
import type {Secret} from '../secret.ts'

/** What an integration signs with; made once for many calls. */
export type SigningKey = {readonly ikey: string; readonly sha1: HmacKey; readonly sha512: HmacKey}

export type Parameters = Readonly<Record<string, string>>

/** What every version signs: `host` is the API host without a port. */
export type RequestLine = {readonly method: 'GET' | 'POST'; readonly host: string; readonly path: string}

export function signingKey(ikey: string, skey: Secret): SigningKey {
  return {ikey, sha1: new HmacKey('sha1', skey.reveal()), sha512: new HmacKey('sha512', skey.reveal())}
}

/** Authorization header of the legacy API: no date, HMAC-SHA1. `parameters` as `canonicalParameters` makes them. */
export function signV1(key: SigningKey, line: RequestLine, parameters: string): string {
  return authorization(key.ikey, key.sha1, `${requestLines(line)}\n${parameters}`)
}

/** Authorization header, version 2; the date goes into the Date header as it stands here, the canonical parameters into the request. */
export function signV2(
  key: SigningKey,
  line: RequestLine,
  parameters: string,
  date: string,
  digest: 'sha1' | 'sha512' = 'sha512',
): string {
  return authorization(key.ikey, key[digest], `${date}\n${requestLines(line)}\n${parameters}`)
}

/**
 * Authorization header, version 5: a query, a JSON body as it is sent ('' for GET, '{}' for an empty POST), and all
 * x-duo-* headers of the request.
 */
export function signV5(
  key: SigningKey,
  line: RequestLine,
  request: {readonly query: Parameters; readonly body: string; readonly duoHeaders: Parameters},
  date: string,
): string {
  const headers = Object.entries(request.duoHeaders)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .sort(([a], [b]) => compareText(a, b))
    .flat()
    .join('\0')
  const query = canonicalParameters(request.query)
  const lines = [date, requestLines(line), query, hash('sha512', request.body), hash('sha512', headers)]
  return authorization(key.ikey, key.sha512, lines.join('\n'))
}

/** Sorted and percent-encoded; the same text is signed and sent, so that no spelling can differ. */
export function canonicalParameters(parameters: Parameters): string {
  const encoded = Object.entries(parameters)
    .map(([name, value]) => ({name: percentEncode(name), value: percentEncode(value)}))
    .sort((a, b) => compareText(a.name, b.name))
  let text = ''
  for (const {name, value} of encoded) text += `${text === '' ? '' : '&'}${name}=${value}`
  return text
}

/** The calls of one second share their date, and there may be thousands. */
const lastDate = {second: Number.NaN, text: ''}

/** RFC 2822 in UTC, the form Duo's documentation signs. */
export function signedDate(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== lastDate.second) {
    lastDate.text = new Date(ms).toUTCString().replace('GMT', '-0000')
    lastDate.second = second
  }
  return lastDate.text
}

function requestLines({method, host, path}: RequestLine): string {
  return `${method}\n${host.toLowerCase()}\n${path}`
}

function authorization(ikey: string, key: HmacKey, text: string): string {
  return `Basic ${Buffer.from(`${ikey}:${key.digest(text, 'hex')}`, 'utf8').toString('base64')}`
}

/** RFC 3986 unreserved characters stay; encodeURIComponent alone leaves five more. A lone surrogate becomes U+FFFD. */
function percentEncode(text: string): string {
  if (/^[\w.~-]*$/.test(text)) return text
  const encoded = encodeURIComponent(text.toWellFormed())
  return encoded.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** By code unit, not by language. */
function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
