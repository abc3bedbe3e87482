/**
 * What is said over the control socket: one request, one answer, each one line of JSON. Nothing here lowers security:
 * no bypass, no debug, no secret.
 */
export type ControlRequest =
  | {readonly command: 'status'}
  | {readonly command: 'reload'}
  | {readonly command: 'explain'; readonly loginId: string}
  | {readonly command: 'explain'; readonly userName: string; readonly last: number}

export type ControlAnswer =
  | {readonly ok: true; readonly result: unknown}
  | {readonly ok: false; readonly reason: string}

/** Requests are short; answers hold at most the decision ring. */
export const MAX_REQUEST_OCTETS = 4096
export const MAX_ANSWER_OCTETS = 8 * 1024 * 1024
/** Decisions that one `explain` may ask for. */
export const MAX_EXPLAINED = 1000

/** What `status` shows; the names are those of its JSON. */
export type ProxyStatus = {
  readonly running: true
  readonly pid: number
  readonly version: string
  readonly uptimeS: number
  readonly ready: boolean
  /** Why it is not ready, in sentences; empty when it is. */
  readonly reasons: readonly string[]
  readonly sections: readonly string[]
  readonly pendingPushes: number
  readonly logins: {readonly accept: number; readonly reject: number; readonly challenge: number}
}

/** How a reload ended. A refused one changed nothing. */
export type ReloadResult =
  | {readonly kind: 'reloaded'; readonly changes: readonly string[]}
  | {readonly kind: 'refused'; readonly problems: readonly string[]}

export function readRequest(line: string): ControlRequest | undefined {
  const value = parsed(line)
  if (!isObject(value)) return undefined
  const {command, loginId, userName, last} = value
  if (command === 'status' || command === 'reload') return {command}
  if (command !== 'explain') return undefined
  if (typeof loginId === 'string') return {command, loginId}
  if (typeof userName !== 'string' || typeof last !== 'number' || !Number.isInteger(last)) return undefined
  return last >= 1 && last <= MAX_EXPLAINED ? {command, userName, last} : undefined
}

export function readAnswer(line: string): ControlAnswer | undefined {
  const value = parsed(line)
  if (!isObject(value)) return undefined
  if (value.ok === true) return {ok: true, result: value.result}
  return value.ok === false && typeof value.reason === 'string' ? {ok: false, reason: value.reason} : undefined
}

/** The status, if it is one: another version of the program may be answering. */
export function readStatus(value: unknown): ProxyStatus | undefined {
  if (!isObject(value) || !isObject(value.logins)) return undefined
  const {pid, version, uptimeS, ready, reasons, sections, pendingPushes} = value
  const {accept, reject, challenge} = value.logins
  if (typeof version !== 'string' || typeof ready !== 'boolean') return undefined
  if (!isTexts(reasons) || !isTexts(sections)) return undefined
  if (typeof pid !== 'number' || typeof uptimeS !== 'number' || typeof pendingPushes !== 'number') return undefined
  if (typeof accept !== 'number' || typeof reject !== 'number' || typeof challenge !== 'number') return undefined
  const logins = {accept, reject, challenge}
  return {running: true, pid, version, uptimeS, ready, reasons, sections, pendingPushes, logins}
}

export function readReloadResult(value: unknown): ReloadResult | undefined {
  if (!isObject(value)) return undefined
  if (value.kind === 'reloaded' && isTexts(value.changes)) return {kind: 'reloaded', changes: value.changes}
  if (value.kind === 'refused' && isTexts(value.problems)) return {kind: 'refused', problems: value.problems}
  return undefined
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
