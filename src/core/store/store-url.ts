/** Where the shared state is: one server, the master that sentinels name, or a cluster. */
export type StoreAddress = {
  readonly kind: 'single' | 'sentinel' | 'cluster'
  readonly tls: boolean
  readonly hosts: readonly {readonly host: string; readonly port: number}[]
  readonly userName: string | undefined
  readonly password: string | undefined
  readonly database: number
  /** The name sentinels know the master by. */
  readonly master: string | undefined
}

export type ParsedStoreUrl =
  | {readonly ok: true; readonly address: StoreAddress}
  /** `reason` is a sentence part for a person; it never holds the password. */
  | {readonly ok: false; readonly reason: string}

const kinds: Readonly<Record<string, {kind: StoreAddress['kind']; tls: boolean}>> = {
  redis: {kind: 'single', tls: false},
  rediss: {kind: 'single', tls: true},
  'redis+sentinel': {kind: 'sentinel', tls: false},
  'rediss+sentinel': {kind: 'sentinel', tls: true},
  'redis+cluster': {kind: 'cluster', tls: false},
  'rediss+cluster': {kind: 'cluster', tls: true},
}

const PORT = 6379
const SENTINEL_PORT = 26_379
const FORM = /^([a-z+]+):\/\/(?:([^@/]*)@)?([^/]+)(?:\/([^/]*))?$/

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`, `rediss://` for TLS, and for several hosts
 * `redis+sentinel://host,host/master` and `redis+cluster://host,host`. User and password are percent-encoded.
 */
export function parseStoreUrl(text: string): ParsedStoreUrl {
  const [, scheme = '', credentials, hostList = '', path = ''] = FORM.exec(text) ?? []
  const known = kinds[scheme]
  if (known === undefined) return {ok: false, reason: `it begins with one of ${Object.keys(kinds).join('://, ')}://`}
  const {kind, tls} = known
  const hosts: {host: string; port: number}[] = []
  for (const part of hostList.split(',')) {
    const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(part.trim()) ?? []
    const host = bracketed ?? plain
    const port = digits === undefined ? (kind === 'sentinel' ? SENTINEL_PORT : PORT) : Number(digits)
    if (host === undefined || port < 1 || port > 65_535) return {ok: false, reason: `${part} is no host[:port]`}
    hosts.push({host, port})
  }
  if (kind === 'single' && hosts.length > 1) {
    return {ok: false, reason: 'several hosts need redis+sentinel:// or redis+cluster://'}
  }
  if (kind === 'sentinel' && path === '')
    return {ok: false, reason: 'sentinels need the master name: redis+sentinel://host/name'}
  if (kind !== 'sentinel' && !/^\d{0,3}$/.test(path)) return {ok: false, reason: `${path} is no database number`}
  const [userName, password] = splitCredentials(credentials)
  const isSentinel = kind === 'sentinel'
  return {
    ok: true,
    address: {
      kind,
      tls,
      hosts,
      userName,
      password,
      database: isSentinel ? 0 : Number(path),
      master: isSentinel ? path : undefined,
    },
  }
}

/** `user:password@`, or `:password@`, or `user@`. */
function splitCredentials(text: string | undefined): [userName: string | undefined, password: string | undefined] {
  if (text === undefined) return [undefined, undefined]
  const colon = text.indexOf(':')
  const [user, password] = colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
  return [user === '' ? undefined : decode(user), password === undefined ? undefined : decode(password)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
