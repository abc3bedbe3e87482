import type {SecureContext} from 'node:tls'
import {Later} from '../log/event.ts'
import type {Log} from '../log/log.ts'
import type {Secret} from '../secret.ts'
import {pause, type World} from '../world.ts'
import {type DuoAnswer, type DuoRefused, type DuoUnavailable, readAnswer, refused, unavailable} from './answer.ts'
import {readConnectionError} from './connection-error.ts'
import {BRIEF_CONNECTIONS, type Connections, openConnections} from './connections.ts'
import type {HttpProxy} from './connector.ts'
import {createDuoClock} from './duo-clock.ts'
import {exchangeOnce} from './exchange.ts'
import {backOffMs, LONGEST_WAIT_MS, readRetryAfter} from './retry-after.ts'
import {canonicalParameters, type Parameters, signedDate, signingKey, signV1, signV2} from './signature.ts'
import {readCaFile, secureContext} from './trust.ts'

export type DuoTransportOptions = {
  readonly apiHost: string
  readonly apiPort: number
  readonly ikey: string
  readonly skey: Secret
  /** PEM file that replaces the system's trust store. */
  readonly caFile: string | undefined
  readonly proxy: HttpProxy | undefined
  readonly userAgent: string
  /** Connections for calls that wait for a person, of about 70 KB each. */
  readonly connections: number
}

export type DuoCall = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly parameters: Parameters
  readonly signature: 'none' | 'v1' | 'v2'
  /** For the whole call, waits after 429 included. */
  readonly timeoutMs: number
  /** A call that waits for a person has connections apart. */
  readonly waits: boolean
  /** Doing it twice does no harm, so a broken connection is worth a second try. */
  readonly repeatable: boolean
}

/** Takes calls to one Duo host for one integration. Never throws for what the network or Duo does. */
export interface DuoTransport {
  call(call: DuoCall, signal: AbortSignal): Promise<DuoAnswer>
  /** Unsigned; sets the clock that signed calls are dated by. */
  ping(timeoutMs: number, signal: AbortSignal): Promise<DuoAnswer>
  /** How far Duo's clock is ahead of this machine's, as the last ping said. */
  readonly offsetMs: () => number
  /** Reads the trust store and loads the HTTP client ahead of the first call. */
  warmUp(): Promise<void>
  close(): Promise<void>
}

type Exchange = {readonly answer: DuoAnswer; readonly lost: boolean; readonly retryAfterMs: number | undefined}

const BODY_LIMIT = 1024 * 1024
/** Beyond this drift an admin should look at the clock (the original's connectivity tool). */
const NOTABLE_OFFSET_MS = 60_000

const PING: DuoCall = {
  method: 'GET',
  path: '/auth/v2/ping',
  parameters: {},
  signature: 'none',
  timeoutMs: 0,
  waits: false,
  repeatable: true,
}

/** The call's time was over; what to make of that is said once, by `lateAnswer`. */
const late = unavailable('timeout', 'the time is over')

/** Throws `file-unreadable` when the CA file is. */
export function createDuoTransport(options: DuoTransportOptions, log: Log, world: World): DuoTransport {
  const {apiHost, apiPort} = options
  const port = apiPort === 443 ? '' : `:${apiPort}`
  const origin = `https://${apiHost.includes(':') ? `[${apiHost}]` : apiHost}${port}`
  const ca = options.caFile === undefined ? undefined : readCaFile(options.caFile)
  const clock = createDuoClock(world)
  const key = signingKey(options.ikey, options.skey)
  let connections: Promise<Connections> | undefined
  let closed = false
  /** Calls that are under way or wait for one of the brief connections. */
  let briefCalls = 0
  /** When Duo last answered anything, and when there last were more calls than connections. */
  let answeredMs = Number.NEGATIVE_INFINITY
  let crowdedMs = Number.NEGATIVE_INFINITY

  function open(): Promise<Connections> {
    const context: SecureContext = secureContext(ca)
    const {proxy, connections: waitingConnections} = options
    return openConnections({origin, proxy, waitingConnections}, context, world)
  }

  /** One request and its answer, or `late`. */
  async function exchange(call: DuoCall, endMs: number, signal: AbortSignal): Promise<Exchange> {
    if (closed)
      return {answer: unavailable('stopped', 'the connections to Duo are closed'), lost: false, retryAfterMs: undefined}
    const startMs = world.monotonicMs()
    const parameters = canonicalParameters(call.parameters)
    log.emit('duo.http', {
      method: call.method,
      url: `${origin}${call.path}`,
      parameters: new Later(parameters, shown),
    })
    try {
      connections ??= open()
      const {brief, waiting} = await connections
      const response = await exchangeOnce(
        call.waits ? waiting : brief,
        {
          origin,
          method: call.method,
          path: call.method === 'GET' && parameters !== '' ? `${call.path}?${parameters}` : call.path,
          headers: headersOf(call, parameters),
          body: call.method === 'POST' ? parameters : null,
        },
        // In whole milliseconds, so that nearly all have the same: Node keeps a list of timers for each length.
        {signal, timeoutMs: Math.ceil(endMs - world.monotonicMs()), bodyOctets: BODY_LIMIT},
        world,
      )
      if (response === 'late') return {answer: late, lost: false, retryAfterMs: undefined}
      const {status, headers, body} = response
      answeredMs = world.monotonicMs()
      const elapsedMs = Math.round(answeredMs - startMs)
      const answer =
        body === undefined
          ? refused('not-duo', status, undefined, `HTTP ${status} with more than ${BODY_LIMIT} octets`)
          : readAnswer(status, body, elapsedMs)
      log.emit('duo.answered', {apiHost, path: call.path, status, elapsedMs, outcome: answer.kind})
      const isLimited = answer.kind === 'refused' && answer.reason === 'rate-limited'
      return {answer, lost: false, retryAfterMs: isLimited ? readRetryAfter(headers, clock.nowMs()) : undefined}
    } catch (error) {
      return {...readConnectionError(error), retryAfterMs: undefined}
    }
  }

  /** Names and values by turns. */
  function headersOf(call: DuoCall, parameters: string): string[] {
    const headers = ['user-agent', options.userAgent, 'accept', 'application/json']
    if (call.method === 'POST') headers.push('content-type', 'application/x-www-form-urlencoded')
    const line = {method: call.method, host: apiHost, path: call.path}
    if (call.signature === 'v1') headers.push('authorization', signV1(key, line, parameters))
    if (call.signature === 'v2') {
      const date = signedDate(clock.nowMs())
      headers.push('date', date, 'authorization', signV2(key, line, parameters, date))
    }
    return headers
  }

  async function attempts(call: DuoCall, endMs: number, signal: AbortSignal): Promise<DuoAnswer> {
    let repeated = false
    let synchronised = false
    for (let waits = 0; ; ) {
      const {answer, lost, retryAfterMs} = await exchange(call, endMs, signal)
      if (answer.kind === 'ok' || signal.aborted) return answer
      if (lost && call.repeatable && !repeated) {
        repeated = true
        continue
      }
      if (answer.kind !== 'refused') return answer
      if ((answer.code === 40104 || answer.code === 40105) && call.signature === 'v2' && !synchronised) {
        synchronised = true
        const ping = await synchronise(endMs, signal)
        if (ping.kind !== 'ok') return answer
        continue
      }
      if (answer.reason !== 'rate-limited') return answer
      const chance = world.randomBytes(2).readUInt16BE() / 0x10000
      const waitMs = retryAfterMs ?? backOffMs(waits++, chance)
      // Waiting for nothing helps nobody: the user hears it now.
      if (waitMs > LONGEST_WAIT_MS + 1000 || world.monotonicMs() + waitMs >= endMs) return answer
      log.emit('duo.rate-limited', {apiHost, path: call.path, waitMs})
      if ((await pause(world, waitMs, signal)) === 'aborted') return answer
    }
  }

  async function synchronise(endMs: number, signal: AbortSignal): Promise<DuoAnswer> {
    const answer = await attempts(PING, endMs, signal)
    if (answer.kind !== 'ok') return answer
    const seconds = timeOf(answer.response)
    if (seconds === undefined) return unavailable('malformed', "Duo's answer to ping lacks the time")
    clock.learn(seconds * 1000, world.monotonicMs() - answer.elapsedMs)
    const offsetMs = Math.round(clock.offsetMs())
    if (Math.abs(offsetMs) >= NOTABLE_OFFSET_MS) log.emit('duo.clock-differs', {apiHost, offsetMs})
    return answer
  }

  /** Works until the call's own end or the caller's, and says which of the two it was. */
  async function within(
    call: DuoCall,
    signal: AbortSignal,
    work: (endMs: number) => Promise<DuoAnswer>,
  ): Promise<DuoAnswer> {
    const startMs = world.monotonicMs()
    if (!call.waits && ++briefCalls > BRIEF_CONNECTIONS) crowdedMs = startMs
    try {
      const answer = await work(startMs + call.timeoutMs)
      if (answer.kind === 'ok') return answer
      if (signal.aborted) return unavailable('stopped', 'the login ended first')
      const told = answer === late ? lateAnswer(call, startMs) : answer
      if (!endsLongPoll(call, told)) {
        log.emit('duo.call-failed', {apiHost, path: call.path, reason: told.reason, cause: told.cause})
      }
      return told
    } finally {
      if (!call.waits) briefCalls--
    }
  }

  /**
   * A queue of our own is no outage of Duo's: where others were answered meanwhile and there are more calls than
   * connections, the fail mode must not let in whoever keeps them busy.
   */
  function lateAnswer(call: DuoCall, startMs: number): DuoUnavailable | DuoRefused {
    const isOurs = !call.waits && crowdedMs >= startMs && answeredMs >= startMs
    const cause = `no answer within ${call.timeoutMs} ms`
    return isOurs
      ? refused(
          'overloaded',
          0,
          undefined,
          `${cause}, with more calls under way than connections to Duo, and others answered`,
        )
      : unavailable('timeout', cause)
  }

  return {
    call: (call, signal) => within(call, signal, (endMs) => attempts(call, endMs, signal)),
    ping: (timeoutMs, signal) => within({...PING, timeoutMs}, signal, (endMs) => synchronise(endMs, signal)),
    offsetMs: clock.offsetMs,
    async warmUp() {
      connections ??= open()
      await connections
    },
    async close() {
      closed = true
      await (await connections)?.close()
    },
  }
}

/** A call that waits for news ends without them by 40002 or by its deadline: nothing to report. */
function endsLongPoll(call: DuoCall, answer: DuoUnavailable | DuoRefused): boolean {
  return call.waits && (answer.kind === 'refused' ? answer.code === 40002 : answer.reason === 'timeout')
}

/** What the user typed is shown as the original shows it; nothing else in a call is secret. */
function shown(parameters: string): string {
  return [...new URLSearchParams(parameters)]
    .map(([name, value]) => `${name}=${TYPED.has(name) ? 'xxxxxxxx' : value}`)
    .join('&')
}

const TYPED: ReadonlySet<string> = new Set(['auto', 'code', 'passcode', 'prompt'])

function timeOf(response: unknown): number | undefined {
  if (typeof response !== 'object' || response === null || !('time' in response)) return undefined
  return typeof response.time === 'number' && response.time > 0 ? response.time : undefined
}
