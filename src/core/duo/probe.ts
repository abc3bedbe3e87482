import type {DuoRefused, DuoUnavailable} from './answer.ts'
import type {DuoTransport} from './transport.ts'

/** One look at Duo from here. `offsetMs`: how far Duo's clock is ahead of this machine's. */
export type DuoProbe =
  | {readonly kind: 'ok'; readonly api: 'v1' | 'v2'; readonly latencyMs: number; readonly offsetMs: number}
  | DuoUnavailable
  | DuoRefused

/** GET /auth/v2/ping, unsigned: network, proxy, TLS and clock. */
export async function pingDuo(transport: DuoTransport, timeoutMs: number, signal: AbortSignal): Promise<DuoProbe> {
  const answer = await transport.ping(timeoutMs, signal)
  if (answer.kind !== 'ok') return answer
  return {kind: 'ok', api: 'v2', latencyMs: answer.elapsedMs, offsetMs: Math.round(transport.offsetMs())}
}

/** GET check, signed: integration key, secret key and clock. */
export async function checkCredentials(
  transport: DuoTransport,
  api: 'v1' | 'v2',
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DuoProbe> {
  const path = api === 'v1' ? '/rest/v1/check' : '/auth/v2/check'
  const answer = await transport.call(
    {method: 'GET', path, parameters: {}, signature: api, timeoutMs, waits: false, repeatable: true},
    signal,
  )
  if (answer.kind !== 'ok') return answer
  return {kind: 'ok', api, latencyMs: answer.elapsedMs, offsetMs: Math.round(transport.offsetMs())}
}
