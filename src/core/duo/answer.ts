/** Why Duo counts as not reached: the fail mode decides at preauth. */
export type UnavailableReason =
  | 'dns'
  | 'network'
  | 'proxy'
  | 'tls'
  | 'timeout'
  | 'stopped'
  | 'server-error'
  | 'malformed'

/** Why nobody gets in whatever the fail mode: Duo said no, or something else answered in its place. */
export type RefusedReason = 'duo' | 'rate-limited' | 'redirect' | 'not-duo' | 'overloaded'

/** What a call came to. `code` is Duo's own, five digits. `cause` is for logs and people and holds no secret. */
export type DuoAnswer =
  | {readonly kind: 'ok'; readonly response: unknown; readonly elapsedMs: number}
  | DuoUnavailable
  | DuoRefused

export type DuoUnavailable = {
  readonly kind: 'unavailable'
  readonly reason: UnavailableReason
  readonly cause: string
  readonly timedOut?: true
}

export type DuoRefused = {
  readonly kind: 'refused'
  readonly reason: RefusedReason
  readonly status: number
  readonly code: number | undefined
  readonly cause: string
}

/** Reads status and body of an HTTP answer that came from where Duo should be (decisions: fail mode). Total. */
export function readAnswer(status: number, body: string, elapsedMs: number): DuoAnswer {
  const json = parseJson(body)
  const envelope = isRecord(json) ? json : undefined
  const failure = envelope?.stat === 'FAIL' ? failureText(envelope) : undefined
  const code = integerField(envelope, 'code')

  if (status >= 500) return unavailable('server-error', `HTTP ${status}${failure === undefined ? '' : `: ${failure}`}`)
  if (status >= 300 && status < 400) return refused('redirect', status, undefined, `HTTP ${status}: a redirect`)
  if (failure !== undefined) {
    // Duo's code begins with its HTTP status; some gateways flatten the latter to 200.
    const family = status >= 400 || code === undefined ? status : Math.floor(code / 100)
    if (family >= 500) return unavailable('server-error', failure)
    return refused(family === 429 ? 'rate-limited' : 'duo', status, code, failure)
  }
  if (status === 429) return refused('rate-limited', status, undefined, 'HTTP 429')
  if (status < 200 || status >= 400) return refused('not-duo', status, undefined, `HTTP ${status} without Duo's JSON`)
  if (json === undefined) return refused('not-duo', status, undefined, `HTTP ${status} without JSON`)
  if (envelope?.stat !== 'OK' || !('response' in envelope)) return malformed('stat or response')
  return {kind: 'ok', response: envelope.response, elapsedMs}
}

/** Duo's JSON, but without something that must be there. */
export function malformed(what: string): DuoUnavailable {
  return unavailable('malformed', `Duo's answer lacks ${what}, or it makes no sense`)
}

export function unavailable(reason: UnavailableReason, cause: string): DuoUnavailable {
  return {kind: 'unavailable', reason, cause, ...(reason === 'timeout' ? {timedOut: true} : {})}
}

export function refused(reason: RefusedReason, status: number, code: number | undefined, cause: string): DuoRefused {
  return {kind: 'refused', reason, status, code, cause}
}

export type JsonRecord = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined when it is not there, is no text, or is empty. */
export function textField(record: JsonRecord | undefined, name: string): string | undefined {
  const value = record?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function integerField(record: JsonRecord | undefined, name: string): number | undefined {
  const value = record?.[name]
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}

export function textsField(record: JsonRecord | undefined, name: string): readonly string[] {
  const value = record?.[name]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

const CAUSE_LIMIT = 200

function failureText(envelope: JsonRecord): string {
  const parts = [integerField(envelope, 'code'), textField(envelope, 'message'), textField(envelope, 'message_detail')]
  const text = parts.filter((part) => part !== undefined).join(' ')
  return text === '' ? 'Duo refused without a reason' : text.slice(0, CAUSE_LIMIT)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
