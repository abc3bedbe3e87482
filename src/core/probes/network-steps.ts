import {isIP, connect as openTcp, type Socket} from 'node:net'
import {formatEndpoint} from '../network.ts'
import {failed, ok, type ProbeResult} from './probe.ts'

/** All addresses of a name; rejects with the system's error code. */
export type Lookup = (host: string) => Promise<readonly string[]>

/** The step before a connection by name; a literal address has none. */
export function needsLookup(host: string): boolean {
  return isIP(host) === 0
}

/** Resolves a name. The system's resolver cannot be stopped: after its time it is left behind. */
export async function probeName(host: string, lookup: Lookup, signal: AbortSignal): Promise<ProbeResult> {
  const late = new Promise<'late'>((resolve) => {
    if (signal.aborted) resolve('late')
    else signal.addEventListener('abort', () => resolve('late'), {once: true})
  })
  try {
    const addresses = await Promise.race([lookup(host), late])
    if (addresses === 'late') {
      return failed(`no name server has answered for ${host} in time`, NAME_SERVER_HINT)
    }
    if (addresses.length === 0) return failed(`${host} has no address`, UNKNOWN_NAME_HINT)
    return ok(addresses.join(', '))
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOTFOUND' || code === 'ENODATA') {
      return failed(`the name ${host} does not exist (${code})`, UNKNOWN_NAME_HINT)
    }
    return failed(`no name server answers for ${host} (${code || String(error)})`, NAME_SERVER_HINT)
  }
}

const UNKNOWN_NAME_HINT = 'check the spelling in the configuration, and the search domains of this machine'
const NAME_SERVER_HINT = "check this machine's name servers (/etc/resolv.conf) and the way to them"

export type Opened = {readonly ok: true; readonly socket: Socket} | {readonly ok: false; readonly result: ProbeResult}

/** Opens a TCP connection, or says why there is none. */
export function openTcpStep(host: string, port: number, signal: AbortSignal): Promise<Opened> {
  const where = formatEndpoint({address: host, port})
  return new Promise((resolve) => {
    const socket = openTcp({host, port})
    const settle = (opened: Opened) => {
      signal.removeEventListener('abort', onAbort)
      socket.removeListener('connect', onConnect)
      if (!opened.ok) socket.destroy()
      resolve(opened)
    }
    const onConnect = () => settle({ok: true, socket})
    const onAbort = () =>
      settle({
        ok: false,
        result: failed(
          `${where} does not answer: no connection in time`,
          'allow TCP from here to there in the firewalls on the way, and see that the machine is up',
        ),
      })
    socket.on('error', (error) => settle({ok: false, result: connectionFailure(where, error)}))
    socket.once('connect', onConnect)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, {once: true})
  })
}

export async function probeTcp(host: string, port: number, signal: AbortSignal): Promise<ProbeResult> {
  const opened = await openTcpStep(host, port, signal)
  if (!opened.ok) return opened.result
  const {localAddress} = opened.socket
  opened.socket.destroy()
  return ok(`connected${localAddress === undefined ? '' : `, from ${localAddress}`}`)
}

function connectionFailure(where: string, error: Error): ProbeResult {
  const code = errorCode(error)
  const known = connectionHints[code]
  if (known !== undefined) return failed(`${where} ${known.text} (${code})`, known.hint)
  return failed(`no connection to ${where}: ${code || error.message}`, 'check the way from this machine to that one')
}

const noRoute = {
  text: 'cannot be reached: there is no route, or nobody has this address',
  hint: "check the address, and this machine's routes",
}

const connectionHints: Readonly<Record<string, {readonly text: string; readonly hint: string}>> = {
  ECONNREFUSED: {
    text: 'refuses the connection: nobody listens there',
    hint: 'check the port, and that the server runs; a firewall may refuse for it',
  },
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  ENOTFOUND: {text: 'has no address', hint: UNKNOWN_NAME_HINT},
  ECONNRESET: {text: 'cuts the connection', hint: 'a firewall or a full server may do this'},
}

/** Trying both address families gives an AggregateError: its first part says why. */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0])
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
