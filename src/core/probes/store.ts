import {readFileSync} from 'node:fs'
import type {Socket} from 'node:net'
import {createSecureContext, connect as openTls, type TLSSocket} from 'node:tls'
import type {MainOptions} from '../config/schema.ts'
import {formatEndpoint} from '../network.ts'
import {parseStoreUrl, type StoreAddress} from '../store/store-url.ts'
import type {TlsPeer} from './certificates.ts'
import {probeHandshake} from './handshake.ts'
import {needsLookup, openTcpStep, probeName, probeTcp} from './network-steps.ts'
import {failed, ok, type ProbeResult} from './probe.ts'
import type {ProbeContext} from './probe-context.ts'
import type {ProbeCollector} from './probe-list.ts'

const SECTION = 'main'
/** A key of the proxy's own name space, gone by itself. */
const KEY = 'authproxy:connectivity-check'
const KEY_LIFE_MS = '1000'

/** The Redis servers of `state_store`: reached, trusted, and willing to keep what the proxies of a pair share. */
export function addStoreProbes(main: MainOptions, collector: ProbeCollector, context: ProbeContext): void {
  const parsed = main.state_store === undefined ? undefined : parseStoreUrl(main.state_store.reveal())
  if (!parsed?.ok) return
  const {address} = parsed
  const caFile = main.state_store_ca_certs_file
  for (const {host, port} of address.hosts) {
    const target = formatEndpoint({address: host, port})
    const at = {section: SECTION, target}
    const dns = needsLookup(host)
      ? collector.add({...at, target: host, check: 'dns', run: (signal) => probeName(host, context.lookup, signal)})
      : undefined
    const tcp = collector.add({...at, check: 'tcp', needs: [dns], run: (signal) => probeTcp(host, port, signal)})
    const tls = address.tls
      ? collector.add({
          ...at,
          check: 'tls',
          needs: [tcp],
          async run(signal) {
            const opened = await openTcpStep(host, port, signal)
            if (!opened.ok) return opened.result
            const look = {port, context: trust(caFile), peer: peerOf(host, caFile), nowMs: context.world.wallMs()}
            return probeHandshake(opened.socket, look, signal)
          },
        })
      : undefined
    // Sentinels have passwords of their own and keep no keys.
    if (address.kind === 'sentinel') continue
    collector.add({
      ...at,
      check: 'store',
      needs: [tcp, tls],
      async run(signal) {
        const opened = await openTcpStep(host, port, signal)
        if (!opened.ok) return opened.result
        const stream = address.tls
          ? openTls({socket: opened.socket, host, secureContext: trust(caFile)})
          : opened.socket
        return storeResult(await converse(stream, commandsFor(address), signal), target)
      },
    })
  }
}

function commandsFor({userName, password, database, kind}: StoreAddress): string[][] {
  const commands: string[][] = []
  if (password !== undefined) commands.push(userName === undefined ? ['AUTH', password] : ['AUTH', userName, password])
  if (kind === 'single' && database !== 0) commands.push(['SELECT', `${database}`])
  commands.push(['PING'])
  // A cluster keeps the key at one of its servers, whichever that is.
  if (kind === 'single') commands.push(['SET', KEY, '1', 'PX', KEY_LIFE_MS], ['DEL', KEY])
  return commands
}

/** One line for each command, the first refusal being the last; undefined when the server fell silent. */
function converse(
  stream: Socket | TLSSocket,
  commands: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    let received = ''
    const settle = (replies: readonly string[] | undefined) => {
      signal.removeEventListener('abort', onAbort)
      stream.destroy()
      resolve(replies)
    }
    const onAbort = () => settle(undefined)
    stream.on('error', () => settle(undefined))
    stream.on('close', () => settle(undefined))
    stream.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
      const replies = received.split('\r\n').slice(0, -1)
      const refused = replies.findIndex((reply) => reply.startsWith('-'))
      if (refused !== -1) settle(replies.slice(0, refused + 1))
      else if (replies.length >= commands.length) settle(replies)
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, {once: true})
    stream.write(commands.map(encoded).join(''))
  })
}

/** The protocol of Redis: an array of bulk strings. */
function encoded(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}

function storeResult(replies: readonly string[] | undefined, target: string): ProbeResult {
  const last = replies?.at(-1)
  if (last === undefined)
    return failed(
      `${target} does not answer as Redis does`,
      'check that Redis or Valkey listens there, with or without TLS as in state_store',
    )
  if (!last.startsWith('-')) return ok('keeps and forgets a key')
  // The server's own words name no password.
  const said = last.slice(1)
  const known = refusals.find(({begins}) => said.startsWith(begins))
  if (known !== undefined) return failed(`${target} ${known.text} (${said})`, known.hint)
  return failed(`${target} refuses: ${said}`, 'see the log of the store')
}

const refusals = [
  {
    begins: 'WRONGPASS',
    text: 'refuses the password',
    hint: 'check user and password in state_store; both are percent-encoded there',
  },
  {
    begins: 'ERR AUTH',
    text: 'has no password, and state_store has one',
    hint: 'take it out of state_store, or set it in the store',
  },
  {begins: 'NOAUTH', text: 'wants a password', hint: 'write it into state_store: redis://:password@host'},
  {
    begins: 'NOPERM',
    text: 'does not let this user write',
    hint: `allow ~authproxy:* +set +get +del +ping in the store's ACL`,
  },
  {begins: 'READONLY', text: 'is a replica', hint: 'name the master, or use redis+sentinel://'},
  {begins: 'MISCONF', text: 'cannot save to its disk and takes no writes', hint: 'make room on the disk of the store'},
  {begins: 'MOVED', text: 'is part of a cluster', hint: 'use redis+cluster://'},
] as const

function trust(caFile: string | undefined) {
  return createSecureContext({
    minVersion: 'TLSv1.2',
    ...(caFile === undefined ? {} : {ca: readFileSync(caFile, 'utf8')}),
  })
}

function peerOf(host: string, caFile: string | undefined): TlsPeer {
  return {
    host,
    trustedBy: caFile === undefined ? 'the trust store of this system' : `the file ${caFile}`,
    hints: {
      untrusted: "put the certificate of the store's certificate authority into state_store_ca_certs_file",
      expired: 'renew the certificate of the store',
      wrongName: 'put one of these names into state_store, or give the store a certificate for this one',
    },
  }
}
