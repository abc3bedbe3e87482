import type {IncomingMessage} from 'node:http'
import type {SignedRequest} from './duo-cloud-signatures.ts'

const BODY_LIMIT = 64 * 1024

/** The whole request. Throws when it is too long or breaks off: the caller breaks the connection. */
export async function readRequest(request: IncomingMessage): Promise<SignedRequest> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size > BODY_LIMIT) throw new Error('request body too long')
    chunks.push(chunk)
  }
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  return {
    method: request.method ?? '',
    host: (request.headers.host ?? '').replace(/:\d+$/, ''),
    path,
    query,
    body: Buffer.concat(chunks).toString('utf8'),
    headers,
  }
}

/** Of the query or the body, form or JSON; Node has decoded nothing yet. */
export function parametersOf(request: SignedRequest): Map<string, string> {
  const isJson = (request.headers['content-type'] ?? '').startsWith('application/json')
  if (request.method !== 'POST' || !isJson) {
    return new Map(new URLSearchParams(request.method === 'POST' ? request.body : request.query))
  }
  const parsed: unknown = JSON.parse(request.body)
  if (typeof parsed !== 'object' || parsed === null) return new Map()
  return new Map(Object.entries(parsed).map(([name, value]) => [name, String(value)]))
}
