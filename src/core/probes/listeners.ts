import type {Section} from '../config/schema.ts'
import {isServedServer} from '../engine/served-sections.ts'
import {Fault} from '../fault.ts'
import {formatEndpoint} from '../network.ts'
import {listenUdp, type UdpServer} from '../radius/server.ts'
import type {PortHolder} from './machine.ts'
import {errorCode} from './network-steps.ts'
import {failed, ok, type ProbeResult, warning} from './probe.ts'
import type {ProbeContext} from './probe-context.ts'
import type {ProbeCollector} from './probe-list.ts'

/** Below this a burst of logins is lost before anybody can read it: Linux counts some 800 octets for a request. */
const WORTHY_BUFFER_OCTETS = 1024 * 1024

/** Every UDP address of the server sections: whether it can be bound, or who holds it. Sections may share one. */
export function addListenerProbes(
  sections: readonly Section[],
  collector: ProbeCollector,
  context: ProbeContext,
): void {
  const seen = new Set<string>()
  for (const {name, options} of sections.filter(isServedServer)) {
    const address = {interface: options.interface, port: options.port}
    const target = formatEndpoint({address: address.interface ?? '*', port: address.port})
    if (seen.has(target)) continue
    seen.add(target)
    collector.add({
      section: name,
      target: `udp ${target}`,
      check: 'listen',
      run: () => probeListener(address, target, context),
    })
  }
}

type Address = {readonly interface: string | undefined; readonly port: number}

async function probeListener(address: Address, target: string, context: ProbeContext): Promise<ProbeResult> {
  let server: UdpServer
  try {
    server = await listenUdp({log: context.log, ...address, receive: () => {}})
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    if (errorCode(error.cause) === 'EADDRINUSE') return whoHolds(address.port, target, context)
    return failed(error.message, error.hint)
  }
  const octets = Math.min(...server.sockets.map(({receiveBufferOctets}) => receiveBufferOctets))
  await server.close()
  const seen = `can be bound; receive buffer ${kib(octets)}`
  if (octets >= WORTHY_BUFFER_OCTETS) return ok(seen)
  return warning(
    `${seen}: in a burst some ${Math.floor(octets / 800)} requests wait, the others are lost`,
    'raise the limit: sysctl -w net.core.rmem_max=8388608, and write it to /etc/sysctl.d/',
  )
}

/** Our own service is asked how it does; anybody else is named. */
async function whoHolds(port: number, target: string, {machine, ownService}: ProbeContext): Promise<ProbeResult> {
  const [holders, own] = await Promise.all([machine.udpPortHolders(port), ownService()])
  const [holder] = holders
  if (own === 'not-allowed' && holder === undefined) {
    return warning(
      `a process of another user holds UDP ${target}, and an authproxy runs with this configuration`,
      "run this as root or as the service's account to be sure that it is the same",
    )
  }
  const running = own === 'not-allowed' ? undefined : own
  const isOurs = ({pid, parentPid}: PortHolder) => pid === running?.pid || parentPid === running?.pid
  if (running !== undefined && (holder === undefined || holders.some(isOurs))) {
    const by = `held by the running authproxy (pid ${running.pid})`
    return running.ready
      ? ok(`${by}, which is ready`)
      : warning(`${by}, which is not ready`, running.reasons.join('; '))
  }
  if (holder === undefined) {
    return failed(
      `another process holds UDP ${target}`,
      `see which one, as root: ss -lunp "sport = :${port}"; then stop it, or change port`,
    )
  }
  return failed(
    `${holder.name} (pid ${holder.pid}) holds UDP ${target}`,
    'stop it, or change port in the configuration and on the gateways',
  )
}

function kib(octets: number): string {
  return `${Math.round(octets / 1024)} KiB`
}
