import type {IncomingHttpHeaders} from 'node:http'
import type {Dispatcher} from 'undici'

export type HttpRequest = {
  readonly origin: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export type HttpResponse = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Undefined when it was longer than allowed. */
  readonly body: string | undefined
}

/**
 * One request and its whole answer; redirects are answers like any other. Rejects with undici's error, the connector's, or
 * the signal's reason, at once also while the request still waits for a connection.
 * By the dispatcher's own `dispatch`, not `request`, whose stream for each body and whose listeners cost 20 of 75 us
 * (docs/decisions/0070-cost-of-a-login.md).
 */
export function exchangeOnce(
  dispatcher: Dispatcher,
  request: HttpRequest,
  signal: AbortSignal,
  bodyLimit: number,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    let controller: Dispatcher.DispatchController | undefined
    let status = 0
    let headers: IncomingHttpHeaders = {}
    let size = 0
    const chunks: Buffer[] = []
    const onAbort = () => {
      controller?.abort(abortError(signal))
      reject(signal.reason)
    }
    const release = () => signal.removeEventListener('abort', onAbort)
    signal.addEventListener('abort', onAbort, {once: true})
    dispatcher.dispatch(
      {...request},
      {
        onRequestStart(started) {
          controller = started
          // Whoever asked has gone while it waited for its turn: it must not be sent any more.
          if (signal.aborted) started.abort(abortError(signal))
        },
        onResponseStart(_, code, received) {
          status = code
          headers = received
        },
        onResponseData(started, chunk) {
          size += chunk.length
          if (size <= bodyLimit) {
            chunks.push(chunk)
            return
          }
          release()
          resolve({status, headers, body: undefined})
          started.abort(new Error('the answer is too long'))
        },
        onResponseEnd() {
          release()
          resolve({status, headers, body: textOf(chunks)})
        },
        onResponseError(_, error) {
          release()
          reject(error)
        },
      },
    )
  })
}

/** Nearly always there is one chunk. */
function textOf(chunks: readonly Buffer[]): string {
  const [only] = chunks
  return (chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)).toString('utf8')
}

function abortError({reason}: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('the wait was ended')
}
