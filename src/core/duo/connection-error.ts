import {type DuoUnavailable, unavailable} from './answer.ts'
import {ConnectError} from './connector.ts'

/** What a failed exchange was; `lost` when an open connection broke, which a kept-alive one may do at any time. */
export function readConnectionError(error: unknown): {readonly answer: DuoUnavailable; readonly lost: boolean} {
  if (error instanceof ConnectError) return {answer: unavailable(error.reason, error.message), lost: false}
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const message = error instanceof Error ? error.message.slice(0, 200) : 'the connection failed'
  const closed = code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED'
  return {
    answer: unavailable(closed ? 'stopped' : 'network', code === '' ? message : `${code}: ${message}`),
    lost: lostCodes.has(code),
  }
}

const lostCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
