import {ConnectError, tunnel} from '../duo/connector.ts'
import {checkCredentials, type DuoProbe, pingDuo} from '../duo/probe.ts'
import {createDuoTransport, type DuoTransport} from '../duo/transport.ts'
import {readCaFile, secureContext} from '../duo/trust.ts'
import {duoOptions} from '../engine/second-factors.ts'
import type {ServerSection} from '../engine/served-sections.ts'
import {formatEndpoint} from '../network.ts'
import {probePemFile, type TlsPeer} from './certificates.ts'
import {refusal, refusesApi} from './duo-answers.ts'
import {probeHandshake} from './handshake.ts'
import {needsLookup, openTcpStep, probeName, probeTcp} from './network-steps.ts'
import {failed, ok, type ProbeResult, warning} from './probe.ts'
import type {ProbeContext} from './probe-context.ts'
import type {ProbeCollector} from './probe-list.ts'

/** Beyond this drift an administrator should look at the clock, as in the original's tool. */
const NOTABLE_DRIFT_MS = 60_000

/** Everything between here and the Duo application of a server section. */
export function addDuoProbes(section: ServerSection, collector: ProbeCollector, context: ProbeContext): void {
  const {name} = section
  const {world, log, timeoutMs} = context
  const options = duoOptions(section, {userAgent: `authproxy/${context.version} (connectivity)`, connections: 2})
  const {apiHost, apiPort, proxy, caFile} = options
  const target = formatEndpoint({address: apiHost, port: apiPort})
  const first = proxy ?? {host: apiHost, port: apiPort}
  const firstTarget = formatEndpoint({address: first.host, port: first.port})
  let opened: DuoTransport | undefined
  const transport = () => {
    opened ??= createDuoTransport(options, log, world)
    return opened
  }
  collector.onClose(async () => opened?.close())

  const trust =
    caFile === undefined
      ? undefined
      : collector.add({
          section: name,
          target: caFile,
          check: 'authorities',
          run: async () => probePemFile(caFile, world.wallMs()),
        })
  const dns = needsLookup(first.host)
    ? collector.add({
        section: name,
        target: first.host,
        check: 'dns',
        run: (signal) => probeName(first.host, context.lookup, signal),
      })
    : undefined
  const tcp = collector.add({
    section: name,
    target: firstTarget,
    check: 'tcp',
    needs: [dns],
    run: (signal) => probeTcp(first.host, first.port, signal),
  })
  const viaProxy =
    proxy === undefined
      ? undefined
      : collector.add({
          section: name,
          target: firstTarget,
          check: 'http-proxy',
          needs: [tcp],
          async run(signal) {
            const tunnelled = await openTunnel(signal)
            if (!tunnelled.ok) return tunnelled.result
            tunnelled.socket.destroy()
            return ok(`opens a tunnel to ${target}`)
          },
        })

  async function openTunnel(signal: AbortSignal) {
    if (proxy === undefined) return openTcpStep(apiHost, apiPort, signal)
    try {
      return {ok: true, socket: await tunnel(proxy, apiHost, apiPort, signal)} as const
    } catch (error) {
      if (error instanceof ConnectError) return {ok: false, result: proxyFailure(error)} as const
      throw error
    }
  }

  const peer: TlsPeer = {
    host: apiHost,
    trustedBy: caFile === undefined ? 'the trust store of this system' : `the file ${caFile}`,
    hints: {
      untrusted:
        'if a TLS-inspecting proxy answers in place of Duo, exempt the API host there or put its authority into http_ca_certs_file; an outdated http_ca_certs_file is best removed',
      expired: "check this machine's clock, and whether something answers in place of Duo",
      wrongName: 'check api_host in the Duo Admin Panel; something else may answer in place of Duo',
    },
  }
  const tls = collector.add({
    section: name,
    target,
    check: 'tls',
    needs: [trust, tcp, viaProxy],
    async run(signal) {
      const stream = await openTunnel(signal)
      if (!stream.ok) return stream.result
      const secure = secureContext(caFile === undefined ? undefined : readCaFile(caFile))
      return probeHandshake(stream.socket, {port: apiPort, context: secure, peer, nowMs: world.wallMs()}, signal)
    },
  })
  const ping = collector.add({
    section: name,
    target,
    check: 'ping',
    needs: [tls],
    async run(signal) {
      // The first one loads the client and opens the connection, which no login waits for either.
      const first = await pingDuo(transport(), timeoutMs, signal)
      const answer = first.kind === 'ok' ? await pingDuo(transport(), timeoutMs, signal) : first
      return answer.kind === 'ok' ? ok(`answered in ${answer.latencyMs} ms`) : refusal(answer, options)
    },
  })
  collector.add({
    section: name,
    target,
    check: 'clock',
    needs: [ping],
    run: async () => clockResult(Math.round(transport().offsetMs()), target),
  })
  const credentials = collector.add({
    section: name,
    target,
    check: 'credentials',
    needs: [ping],
    async run(signal) {
      const answer = await firstAccepted(signal)
      return answer.kind === 'ok' ? ok(`${options.ikey} and its skey are accepted`) : refusal(answer, options)
    },
  })
  collector.add({
    section: name,
    target,
    check: 'api',
    needs: [credentials],
    run: async (signal) => apiResult(await check('v2', signal), options.duoApi, target),
  })

  const check = (api: 'v1' | 'v2', signal: AbortSignal) => checkCredentials(transport(), api, timeoutMs, signal)

  /** As a login would choose: the legacy API only where it is configured, or where Duo refuses the modern one. */
  async function firstAccepted(signal: AbortSignal): Promise<DuoProbe> {
    if (options.duoApi === 'v1') return check('v1', signal)
    const modern = await check('v2', signal)
    if (options.duoApi === 'v2' || !refusesApi(modern)) return modern
    const legacy = await check('v1', signal)
    return legacy.kind === 'ok' ? legacy : modern
  }
}

function clockResult(offsetMs: number, target: string): ProbeResult {
  const seconds = Math.round(Math.abs(offsetMs) / 1000)
  if (seconds === 0) return ok('this machine and Duo agree on the time')
  const seen = `this machine is ${seconds} s ${offsetMs > 0 ? 'behind' : 'ahead of'} ${target}`
  if (Math.abs(offsetMs) < NOTABLE_DRIFT_MS) return ok(seen)
  return failed(seen, 'set the clock by NTP (timedatectl set-ntp true); over 60 s other software will fail as well')
}

function apiResult(modern: DuoProbe, duoApi: 'auto' | 'v2' | 'v1', target: string): ProbeResult {
  if (modern.kind === 'ok') return ok(duoApi === 'v1' ? 'Auth API v2 and, as configured, the legacy v1' : 'Auth API v2')
  const legacy = `${target} accepts the legacy API v1 alone (${modern.cause})`
  if (duoApi === 'v1') return ok('the legacy API v1, as configured; v2 is refused')
  return warning(
    legacy,
    'logins work without Verified Push; for it, make an application of another type in the Admin Panel',
  )
}

function proxyFailure(error: ConnectError): ProbeResult {
  const hints: Readonly<Record<string, string>> = {
    407: 'set http_proxy_username and http_proxy_password, or let this machine through without them',
    403: 'allow CONNECT to the API host and port in the HTTP proxy',
    405: 'the HTTP proxy does not do CONNECT: check http_proxy_host and http_proxy_port',
  }
  const status = /answered (\d{3})/.exec(error.message)?.[1] ?? ''
  return failed(
    error.message,
    hints[status] ?? 'check http_proxy_host and http_proxy_port, and the log of the HTTP proxy',
  )
}
