import {type Network, parseAddress} from '../../network.ts'
import type {Report} from '../diagnostic.ts'
import {
  type Draft,
  type Given,
  givenOf,
  givenSite,
  isRadiusServer,
  type RadiusServerDraft,
  valueSite,
} from '../draft.ts'
import type {Whole} from '../whole.ts'

/** Sockets and the NASes behind them. */
export function checkListeners({main, sections}: Whole, report: Report): void {
  const radiusServers = sections.filter(isRadiusServer)
  checkNetworks(radiusServers, report)
  checkUdpPorts(radiusServers, report)
  checkTcpPorts(main, sections, report)
  checkLoop(radiusServers, sections, report)
}

type NetworkEntry = {readonly draft: RadiusServerDraft; readonly given: Given; readonly network: Network}

function checkNetworks(servers: readonly RadiusServerDraft[], report: Report): void {
  const bySocket = new Map<string, NetworkEntry[]>()
  for (const draft of servers) {
    const socket = `${draft.options.port} ${draft.options.interface ?? '*'}`
    const entries = bySocket.get(socket) ?? []
    bySocket.set(socket, entries)
    for (const given of draft.given) {
      const network = networkOf(given)
      if (network === undefined) continue
      if (isEverybody(network)) {
        report('openToEverybody', givenSite(draft, given.entry), {network: `${given.entry.key}=${network.text}`})
      }
      entries.push({draft, given, network})
    }
  }
  for (const entries of bySocket.values()) compareNetworks(entries, report)
}

/**
 * Sorted by their first address, larger ones first, each network need only be compared with those still open before it,
 * so that thousands of disjoint ones cost nothing. A network is compared with the innermost one that meets it.
 */
function compareNetworks(entries: readonly NetworkEntry[], report: Report): void {
  const sorted = [...entries].sort((a, b) => compareStarts(a.network, b.network))
  const open: NetworkEntry[] = []
  for (const entry of sorted) {
    while (open.length > 0 && !isOpen(open.at(-1), entry.network)) open.pop()
    const other = open.findLast((candidate) => isOpen(candidate, entry.network))
    if (other !== undefined) reportOverlap(entry, other, report)
    open.push(entry)
  }
}

function isOpen(entry: NetworkEntry | undefined, network: Network): boolean {
  return entry !== undefined && entry.network.family === network.family && entry.network.last >= network.first
}

function compareStarts(a: Network, b: Network): number {
  return a.family - b.family || sign(a.first - b.first) || sign(b.last - a.last)
}

function sign(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0
}

/** `inner` begins inside `outer`, or with it. The finding stands at the one that comes later in the file. */
function reportOverlap(inner: NetworkEntry, outer: NetworkEntry, report: Report): void {
  const isSame = inner.network.first === outer.network.first && inner.network.last === outer.network.last
  const isInside = inner.network.last <= outer.network.last
  const [here, there] =
    isInside && !isSame
      ? [inner, outer]
      : inner.given.entry.at.line > outer.given.entry.at.line
        ? [inner, outer]
        : [outer, inner]
  const name = isSame ? 'sameNetworkTwice' : isInside ? 'nestedNetwork' : 'overlappingNetwork'
  report(name, givenSite(here.draft, here.given.entry), {
    network: `${here.given.entry.key}=${here.network.text}`,
    other: `${there.given.entry.key}=${there.network.text}`,
    otherLine: there.given.entry.at.line,
  })
}

function networkOf({option, value}: Given): Network | undefined {
  return option === 'radius_ip' && typeof value === 'object' && 'first' in value ? value : undefined
}

function isEverybody({family, first, last}: Network): boolean {
  return first === 0n && last === (family === 4 ? 0xffff_ffffn : (1n << 128n) - 1n)
}

type Socket = {
  readonly draft: Draft
  readonly option: string
  readonly port: number
  readonly address: string | undefined
}

/** RADIUS sections share a socket when port and interface are the same; all addresses and one address do not go together. */
function checkUdpPorts(servers: readonly RadiusServerDraft[], report: Report): void {
  const sockets = servers.flatMap((draft) => {
    const {port, interface: address} = draft.options
    return port === undefined ? [] : [{draft, option: 'port', port, address}]
  })
  reportClashes(sockets, 'UDP', (a, b) => a.address !== b.address && overlap(a, b), report)
}

function checkTcpPorts(main: Whole['main'], sections: readonly Draft[], report: Report): void {
  const sockets: Socket[] = []
  const metrics = main.options.metrics_listen
  if (metrics !== undefined) {
    sockets.push({draft: main, option: 'metrics_listen', port: metrics.port, address: metrics.host})
  }
  for (const draft of sections) {
    if (draft.kind !== 'http_proxy' && draft.kind !== 'ldap_server_auto') continue
    const {port, interface: address} = draft.options
    if (port !== undefined) sockets.push({draft, option: 'port', port, address})
    if (draft.kind !== 'ldap_server_auto' || givenOf(draft, 'ssl_key_path') === undefined) continue
    const sslPort = draft.options.ssl_port
    if (sslPort !== undefined) sockets.push({draft, option: 'ssl_port', port: sslPort, address})
  }
  reportClashes(sockets, 'TCP', overlap, report)
}

function overlap(a: Socket, b: Socket): boolean {
  return a.address === b.address || takesAll(a.address, b.address) || takesAll(b.address, a.address)
}

/** Whether a socket on `address` gets what is sent to `other`: "::" takes IPv4 as well, 0.0.0.0 that alone. */
function takesAll(address: string | undefined, other: string | undefined): boolean {
  if (address === undefined || address === '::') return true
  return address === '0.0.0.0' && (other === undefined || !other.includes(':'))
}

function reportClashes(
  sockets: readonly Socket[],
  protocol: string,
  clash: (a: Socket, b: Socket) => boolean,
  report: Report,
): void {
  const byPort = new Map<number, Socket[]>()
  for (const socket of sockets) {
    const earlier = byPort.get(socket.port) ?? []
    const other = earlier.find((candidate) => clash(candidate, socket))
    if (other !== undefined) {
      const fields = {port: socket.port, protocol, other: other.draft.name, otherLine: other.draft.at.line}
      report('portClash', valueSite(socket.draft, socket.option), fields)
    } else byPort.set(socket.port, [...earlier, socket])
  }
}

/** A [radius_client] that names a socket of this very process. */
function checkLoop(servers: readonly RadiusServerDraft[], sections: readonly Draft[], report: Report): void {
  for (const draft of sections) {
    if (draft.kind !== 'radius_client') continue
    const {host: hosts = [], port: ports = []} = draft.options
    for (const [index, host] of hosts.entries()) {
      const port = ports[index]
      const server = servers.find((s) => s.options.port === port && reaches(host, s.options.interface))
      if (port === undefined || server === undefined) continue
      report('loop', valueSite(draft, 'host', index + 1), {host, port, server: server.name})
    }
  }
}

function reaches(host: string, listensOn: string | undefined): boolean {
  if (host === listensOn) return true
  const address = parseAddress(host)
  const isLoopback =
    host === 'localhost' || (address?.family === 4 ? address.value >> 24n === 127n : address?.value === 1n)
  return isLoopback && takesAll(listensOn, host === 'localhost' ? '127.0.0.1' : host)
}
