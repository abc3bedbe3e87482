import type {IncomingHttpHeaders} from 'node:http'
import type {Dispatcher} from 'undici'
import type {Cancel, World} from '../world.ts'

export type HttpRequest = {
  readonly origin: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Names and values by turns. */
  readonly headers: string[]
  readonly body: string | null
}

export type HttpResponse = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Undefined when it was longer than allowed. */
  readonly body: string | undefined
}

export type ExchangeLimits = {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly bodyOctets: number
}

/**
 * One request and its whole answer; redirects are answers like any other. Rejects with undici's error, the connector's, or
 * the signal's reason; ends when its time is over, at once also while the request still waits for a connection.
 * By the dispatcher's own `dispatch`, not `request`, whose stream for each body and whose listeners cost 20 of 75 us
 * (docs/decisions/0070-cost-of-a-login.md).
 */
export function exchangeOnce(
  dispatcher: Dispatcher,
  request: HttpRequest,
  limits: ExchangeLimits,
  world: World,
): Promise<HttpResponse | 'late'> {
  const {signal, timeoutMs} = limits
  if (signal.aborted) return Promise.reject(signal.reason)
  if (timeoutMs <= 0) return Promise.resolve('late')
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(request, new Exchange(limits, world, resolve, reject))
  })
}

/** What comes of one request. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #limits: ExchangeLimits
  readonly #resolve: (outcome: HttpResponse | 'late') => void
  readonly #reject: (error: unknown) => void
  readonly #cancelTimer: Cancel
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  #endedBy: Error | undefined
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #octets = 0

  constructor(
    limits: ExchangeLimits,
    world: World,
    resolve: (outcome: HttpResponse | 'late') => void,
    reject: (error: unknown) => void,
  ) {
    this.#limits = limits
    this.#resolve = resolve
    this.#reject = reject
    this.#cancelTimer = world.after(limits.timeoutMs, () => {
      resolve('late')
      this.#end(new Error('the time is over'))
    })
    limits.signal.addEventListener('abort', this.#onAbort, {once: true})
  }

  onRequestStart(controller: Dispatcher.DispatchController) {
    this.#controller = controller
    // Whoever asked has gone while it waited for its turn: it must not be sent any more.
    if (this.#endedBy !== undefined) controller.abort(this.#endedBy)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders) {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer) {
    this.#octets += chunk.length
    if (this.#octets <= this.#limits.bodyOctets) {
      this.#chunks.push(chunk)
      return
    }
    this.#resolve({status: this.#status, headers: this.#headers, body: undefined})
    this.#end(new Error('the answer is too long'))
  }

  onResponseEnd() {
    this.#release()
    this.#resolve({status: this.#status, headers: this.#headers, body: textOf(this.#chunks)})
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error) {
    this.#release()
    this.#reject(error)
  }

  readonly #onAbort = () => {
    const {reason} = this.#limits.signal
    this.#reject(reason)
    this.#end(reason instanceof Error ? reason : new Error('the wait was ended'))
  }

  /** The outcome is settled: what undici says of it afterwards is not heard. */
  #end(error: Error) {
    this.#release()
    this.#endedBy = error
    this.#controller?.abort(error)
  }

  #release() {
    this.#cancelTimer()
    this.#limits.signal.removeEventListener('abort', this.#onAbort)
  }
}

/** Nearly always there is one chunk. */
function textOf(chunks: readonly Buffer[]): string {
  const [only] = chunks
  return (chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)).toString('utf8')
}
