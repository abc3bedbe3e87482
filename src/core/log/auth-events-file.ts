import {open, readdir} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'

/** One line of authevents.log, as far as a login can be explained by it. */
export type WrittenAuthEvent = {
  readonly timeMs: number
  readonly loginId: string
  readonly userName: string
  readonly nas: string
  readonly stage: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly section: string
  readonly factor: string | undefined
  readonly clientIp: string | undefined
}

export type AuthEventQuery = {readonly loginId: string} | {readonly userName: string; readonly last: number}

/**
 * The events of the logins that were asked for, by login, newest login first, from authevents.log and its turned files.
 * Lines that are no events are passed over. Empty when there is no such file.
 */
export async function readAuthEvents(
  path: string,
  query: AuthEventQuery,
): Promise<readonly (readonly WrittenAuthEvent[])[]> {
  const wanted = 'loginId' in query ? 1 : query.last
  const logins = new Map<string, WrittenAuthEvent[]>()
  for (const file of await newestFirst(path)) {
    const found = new Map<string, WrittenAuthEvent[]>()
    for await (const line of linesOf(file)) {
      const event = readAuthEvent(line)
      if (event === undefined || !matches(event, query)) continue
      const events = found.get(event.loginId) ?? []
      // Moved to the end: the login that was touched last is the newest.
      found.delete(event.loginId)
      found.set(event.loginId, [...events, event])
    }
    for (const [loginId, events] of [...found].reverse()) {
      logins.set(loginId, [...events, ...(logins.get(loginId) ?? [])])
    }
    // One file more: a login may have begun in the one before.
    if (logins.size > wanted) break
  }
  return [...logins.values()].slice(0, wanted)
}

function matches(event: WrittenAuthEvent, query: AuthEventQuery): boolean {
  return 'loginId' in query
    ? event.loginId === query.loginId
    : event.userName.toLowerCase() === query.userName.toLowerCase()
}

/** name, name.1, name.2 ... as far as they are there. */
async function newestFirst(path: string): Promise<string[]> {
  const name = basename(path)
  const all = await readdir(dirname(path)).catch((): string[] => [])
  const numbers = all
    .filter((each) => each.startsWith(`${name}.`) && /^[1-9]\d*$/.test(each.slice(name.length + 1)))
    .map((each) => Number(each.slice(name.length + 1)))
    .sort((a, b) => a - b)
  return [...(all.includes(name) ? [path] : []), ...numbers.map((number) => join(dirname(path), `${name}.${number}`))]
}

async function* linesOf(file: string): AsyncIterable<string> {
  const handle = await open(file)
  try {
    yield* handle.readLines({encoding: 'utf8'})
  } finally {
    await handle.close()
  }
}

function readAuthEvent(line: string): WrittenAuthEvent | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fields = new Map(Object.entries(value))
  const text = (key: string) => {
    const found: unknown = fields.get(key)
    return typeof found === 'string' ? found : undefined
  }
  const [loginId, userName, timestamp] = [text('login_id'), text('username'), text('timestamp')]
  if (loginId === undefined || userName === undefined || timestamp === undefined) return undefined
  return {
    timeMs: Date.parse(timestamp),
    loginId,
    userName,
    nas: text('nas') ?? 'unknown',
    stage: text('auth_stage') ?? 'Unknown',
    status: text('status') ?? 'Unknown',
    reason: text('reason') ?? 'unknown',
    message: text('msg') ?? '',
    section: text('server_section') ?? 'unknown',
    factor: text('factor'),
    clientIp: text('client_ip'),
  }
}
