/** The longest wait that is worth it (Duo's own clients). */
export const LONGEST_WAIT_MS = 32_000

/** How long a 429 asks to wait: seconds or a date (RFC 9110 10.2.3), in either header; undefined when neither makes sense. */
export function readRetryAfter(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  nowMs: number,
): number | undefined {
  for (const name of ['retry-after', 'x-retry-after']) {
    const value = headers[name]
    const waitMs = typeof value === 'string' ? readWait(value.trim(), nowMs) : undefined
    if (waitMs !== undefined) return waitMs
  }
  return undefined
}

/** Duo's own clients wait 1, 2, 4 ... 32 s and up to a second more, so that they do not come back all at once. */
export function backOffMs(attempt: number, chance: number): number {
  return Math.min(1000 * 2 ** attempt, LONGEST_WAIT_MS) + Math.floor(chance * 1000)
}

function readWait(value: string, nowMs: number): number | undefined {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const atMs = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}
