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
  /** When the user's last answer went out: of two requests in hand at once no moment counts twice. */
  readonly #answeredMs = new Map<string, number>()

  began(userName: string): void {
    if (this.#logins >= MOST_LOGINS) return
    this.#logins++
    const logins = this.byUser.get(userName) ?? []
    logins.push(0)
    this.byUser.set(userName, logins)
  }

  answered(userName: string, seenMs: number, answeredMs: number): void {
    const logins = this.byUser.get(userName)
    const last = logins?.pop()
    if (logins === undefined || last === undefined) return
    const sinceMs = Math.max(seenMs, this.#answeredMs.get(userName) ?? 0)
    logins.push(last + answeredMs - sinceMs)
    this.#answeredMs.set(userName, answeredMs)
  }
}
