import {Counter, Gauge, Histogram, type Registry} from 'prom-client'
import type {EventObservers, LoginReference} from '../log/log.ts'

export type ClockSource = {
  /** How far the system's clock is ahead of the monotonic one: what it has been set by since. */
  readonly wallAheadOfMonotonicMs: () => number
}

/** From a directory's answer to a push that nobody takes up. */
const LOGIN_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60]
const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]

/** Addresses that get a label of their own; a flood from ever new ones must not fill the memory of the collector. */
const MAX_CLIENTS = 256

/** Counts what the log tells, in metrics of these registers. */
export function countingObservers(
  registers: Registry[],
  clock: ClockSource,
  primary = primaryObservers(registers),
): EventObservers {
  return {
    ...radiusObservers(registers),
    ...loginObservers(registers),
    ...duoObservers(registers, clock),
    ...serviceObservers(registers, primary),
  }
}

function radiusObservers(registers: Registry[]): EventObservers {
  const client = boundedLabel()
  const requests = new Counter({
    name: 'authproxy_requests_total',
    help: 'Access-Requests that went to a login',
    labelNames: ['client', 'section'] as const,
    registers,
  })
  const duplicates = new Counter({
    name: 'authproxy_duplicates_total',
    help: 'Retransmissions: of a request that was answered already, or of one that is being worked on',
    labelNames: ['client', 'answered'] as const,
    registers,
  })
  const discarded = new Counter({
    name: 'authproxy_discarded_total',
    help: 'Datagrams that got no answer, by reason',
    labelNames: ['reason'] as const,
    registers,
  })
  const replies = new Counter({
    name: 'authproxy_replies_total',
    help: 'Replies by packet code: 2 Access-Accept, 3 Access-Reject, 11 Access-Challenge',
    labelNames: ['client', 'code'] as const,
    registers,
  })
  return {
    'radius.request.received': ({address, section}) => requests.inc({client: client(address), section}),
    'radius.duplicate': ({address, answered}) => duplicates.inc({client: client(address), answered: `${answered}`}),
    'radius.discarded': ({reason}) => discarded.inc({reason}),
    'radius.reply.sent': ({to, code}) => replies.inc({client: client(addressOf(to)), code: `${code}`}),
  }
}

function loginObservers(registers: Registry[]): EventObservers {
  const client = boundedLabel()
  const logins = new Counter({
    name: 'authproxy_logins_total',
    help: 'Decisions by their outcome and reason',
    labelNames: ['client', 'section', 'outcome', 'reason'] as const,
    registers,
  })
  const seconds = new Histogram({
    name: 'authproxy_login_seconds',
    help: 'From the arrival of a request to its decision',
    labelNames: ['section', 'outcome'] as const,
    buckets: LOGIN_SECONDS,
    registers,
  })
  const bypasses = new Counter({
    name: 'authproxy_bypasses_total',
    help: 'Logins that got in without a second factor, by the reason',
    labelNames: ['section', 'bypass'] as const,
    registers,
  })
  const primary = new Histogram({
    name: 'authproxy_primary_seconds',
    help: 'The primary check: directory or RADIUS server',
    labelNames: ['section', 'result'] as const,
    buckets: CALL_SECONDS,
    registers,
  })
  return {
    'login.decided': ({outcome, reason, section, elapsedMs, auth}, login) => {
      logins.inc({client: client(clientOf(login)), section, outcome, reason})
      seconds.observe({section, outcome}, elapsedMs / 1000)
      if (auth?.bypass !== undefined) bypasses.inc({section, bypass: auth.bypass})
    },
    'login.primary.result': ({result, auth}) =>
      primary.observe({section: auth.section, result}, auth.durationMs / 1000),
  }
}

function duoObservers(registers: Registry[], {wallAheadOfMonotonicMs}: ClockSource): EventObservers {
  const seconds = new Histogram({
    name: 'authproxy_duo_seconds',
    help: "Calls of Duo's API that were answered; auth_status waits for a person",
    labelNames: ['path', 'outcome'] as const,
    buckets: CALL_SECONDS,
    registers,
  })
  const errors = new Counter({
    name: 'authproxy_duo_errors_total',
    help: "Calls of Duo's API that failed, by reason",
    labelNames: ['api_host', 'reason'] as const,
    registers,
  })
  const rateLimited = new Counter({
    name: 'authproxy_duo_rate_limited_total',
    help: 'Answers of Duo that ask to slow down',
    labelNames: ['api_host'] as const,
    registers,
  })
  const found = new Map<string, {offsetMs: number; aheadMs: number}>()
  new Gauge({
    name: 'authproxy_clock_offset_seconds',
    help: "Duo's clock less the clock of this machine, once they were found to differ",
    labelNames: ['api_host'] as const,
    aggregator: 'average',
    registers,
    collect() {
      // Duo is not asked again: what the machine's clock was set by since then is known here.
      const nowMs = wallAheadOfMonotonicMs()
      for (const [host, {offsetMs, aheadMs}] of found) {
        this.set({api_host: host}, Math.round(offsetMs - (nowMs - aheadMs)) / 1000)
      }
    },
  })
  return {
    'duo.answered': ({path, outcome, elapsedMs}) => seconds.observe({path, outcome}, elapsedMs / 1000),
    'duo.call-failed': ({apiHost, reason}) => errors.inc({api_host: apiHost, reason}),
    'duo.rate-limited': ({apiHost}) => rateLimited.inc({api_host: apiHost}),
    'duo.clock-differs': ({apiHost, offsetMs}) => {
      found.set(apiHost, {offsetMs, aheadMs: wallAheadOfMonotonicMs()})
    },
  }
}

/** A host that never failed has no figure: nothing is said of it. */
export function primaryObservers(registers: Registry[]): EventObservers & {readonly forget: () => void} {
  const up = new Gauge({
    name: 'authproxy_primary_up',
    help: 'Whether a directory or RADIUS server that has failed before serves again (1) or not yet (0)',
    labelNames: ['section', 'host'] as const,
    aggregator: 'min',
    registers,
  })
  return {
    forget: () => up.reset(),
    'ldap.host_down': ({section, host}) => up.set({section, host}, 0),
    'ldap.host_up': ({section, host}) => up.set({section, host}, 1),
    'upstream.server_state': ({section, server, to}) => up.set({section, host: server}, to === 'alive' ? 1 : 0),
  }
}

/** A reload makes its clients anew: what was said of their hosts is said again if it is still so. */
function serviceObservers(
  registers: Registry[],
  {forget, ...primary}: ReturnType<typeof primaryObservers>,
): EventObservers {
  const reloads = new Counter({
    name: 'authproxy_reloads_total',
    help: 'Reloads that were carried out or refused',
    labelNames: ['outcome'] as const,
    registers,
  })
  // From the start, so that the first one is an increase.
  for (const outcome of ['reloaded', 'refused']) reloads.inc({outcome}, 0)
  const bugs = new Counter({name: 'authproxy_bugs_total', help: 'Unexpected errors; each is in the log', registers})
  const workers = new Counter({
    name: 'authproxy_worker_restarts_total',
    help: 'Workers that ended by themselves, or hung, and were started again',
    registers,
  })
  return {
    ...primary,
    'proxy.reloaded': () => {
      reloads.inc({outcome: 'reloaded'})
      forget()
    },
    'proxy.reload-refused': () => reloads.inc({outcome: 'refused'}),
    'proxy.bug': () => bugs.inc(),
    'worker.ended': () => workers.inc(),
  }
}

function boundedLabel(): (value: string) => string {
  const known = new Set<string>()
  return (value) => {
    if (!known.has(value) && known.size >= MAX_CLIENTS) return 'other'
    known.add(value)
    return value
  }
}

function clientOf(login: LoginReference | undefined): string {
  return login === undefined ? 'unknown' : addressOf(login.from)
}

/** "192.0.2.1:1812" and "[2001:db8::1]:1812" without their ports. */
function addressOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '')
}
