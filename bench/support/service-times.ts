import type {CloudCall} from '../../src/core/simulate/duo-cloud.ts'

/** Milliseconds of each user's logins, oldest first. */
export type TimesByUser = ReadonlyMap<string, readonly number[]>

/** More logins than a row measures; whatever comes beyond them is not counted. */
const MOST_LOGINS = 20_000

/**
 * How long the fakes had the requests of each login in hand: from the first sight of a request until its answer goes to
 * the socket. A login of a user begins with the request to the primary server; nobody logs in twice at once. What cannot
 * be seen from here, such as TLS before a request is read or the wait while the fake is busy with another one, is left
 * out, so that what remains of a login's time, the proxy's own part, is an upper bound.
 */
export class ServiceTimes {
  readonly byUser = new Map<string, number[]>()
  #logins = 0
  /** When the requests in hand were first seen, by Authorization header or authenticator. */
  readonly #seenMs = new Map<string, number>()
  /** When the user's last answer went out: of two requests in hand at once no moment counts twice. */
  readonly #answeredMs = new Map<string, number>()
  readonly #userOfPush = new Map<string, string>()

  seen(request: string | undefined): void {
    if (request !== undefined && this.#seenMs.size < MOST_LOGINS) this.#seenMs.set(request, performance.now())
  }

  primaryAnswered(request: string, userName: string): void {
    if (this.#logins >= MOST_LOGINS) return
    this.#logins++
    const logins = this.byUser.get(userName) ?? []
    logins.push(0)
    this.byUser.set(userName, logins)
    this.#answered(request, userName, performance.now())
  }

  /** auth_status names the push only, whose txid the answer to auth has told. */
  cloudAnswered({path, parameters, headers, answer}: CloudCall, answeredMs: number): void {
    const userName = parameters.username ?? this.#userOfPush.get(parameters.txid ?? '')
    if (userName === undefined || headers.authorization === undefined) return
    this.#answered(headers.authorization, userName, answeredMs)
    const txid = path === '/auth/v2/auth' ? /"txid":"(\w+)"/.exec(JSON.stringify(answer))?.[1] : undefined
    if (txid !== undefined && this.#userOfPush.size < MOST_LOGINS) this.#userOfPush.set(txid, userName)
  }

  #answered(request: string, userName: string, answeredMs: number): void {
    const seenMs = Math.max(this.#seenMs.get(request) ?? answeredMs, this.#answeredMs.get(userName) ?? 0)
    this.#seenMs.delete(request)
    this.#answeredMs.set(userName, answeredMs)
    const logins = this.byUser.get(userName)
    const last = logins?.pop()
    if (last !== undefined) logins?.push(last + answeredMs - seenMs)
  }
}
