import type {Log} from '../log/log.ts'
import type {FactorRequest, FactorStart, Preauth, SecondFactor} from '../login/second-factor.ts'
import type {World} from '../world.ts'
import {type DuoRefused, unavailable} from './answer.ts'
import {type ApiChoices, createApiChoices} from './api-choice.ts'
import {beginV1, pollV1, preauthV1} from './auth-v1.ts'
import {beginV2, type DecidedPreauth, pollV2, preauthV2} from './auth-v2.ts'
import {awaitResult, type Poll} from './await-result.ts'
import {readCarry} from './carry.ts'
import {readChoice} from './factor-word.ts'
import {checkCredentials, type DuoProbe, pingDuo} from './probe.ts'
import type {AuthSettings} from './settings.ts'
import {createDuoTransport, type DuoTransportOptions} from './transport.ts'
import {Turns} from './turns.ts'

export type DuoSecondFactorOptions = DuoTransportOptions &
  AuthSettings & {
    readonly duoApi: 'auto' | 'v2' | 'v1'
    /** Shared by sections with the same integration; a choice of its own when left out. */
    readonly apiChoices?: ApiChoices
  }

export type DuoSecondFactor = SecondFactor & {
  /** Reaches Duo without credentials: latency and clock offset. */
  ping(signal: AbortSignal): Promise<DuoProbe>
  /** Integration key, secret key and clock are right; tells which API a login would use. */
  check(signal: AbortSignal): Promise<DuoProbe>
  /** Does ahead of the first login what would make it wait some 150 ms. */
  warmUp(): Promise<void>
  /** Pending calls end as unavailable. */
  close(): Promise<void>
}

/** Longest answer that goes to Duo, in characters (compatibility: parsing the answer). */
const LONGEST_ANSWER = 2000
/** Transaction ids of the legacy API bear it in front: a result may be asked for after a restart or a change of API. */
const LEGACY_PREFIX = 'v1:'

/** A look at a transaction ends after this even when Duo holds it longer: a dead connection is noticed, a push is not lost. */
const LOOK_MS = 30_000
/** While others wait for a connection to look by. It breaks the connection of a look that Duo still holds, so no shorter. */
const SHORT_LOOK_MS = 10_000
/** With so many turns of short looks each result is asked for within 50 s, and a push lives 60. */
const PENDING_FOR_EACH_CONNECTION = 5

/** Duo as the login's second factor. Throws `file-unreadable` when the CA file is. */
export function createDuoSecondFactor(options: DuoSecondFactorOptions, log: Log, world: World): DuoSecondFactor {
  const transport = createDuoTransport(options, log, world)
  const choices = options.apiChoices ?? createApiChoices(log, world)
  const choice = choices.for(options.apiHost, options.ikey)

  const turns = new Turns(options.connections)
  /** Pushes and calls that are being sent or waited for. */
  let pending = 0

  const isLegacy = () => options.duoApi === 'v1' || (options.duoApi === 'auto' && choice.isLegacy())

  /** The modern API first; the legacy one only where Duo itself refuses the modern one, and never after it has worked. */
  async function preauth(request: Parameters<SecondFactor['preauth']>[0], signal: AbortSignal): Promise<Preauth> {
    if (isLegacy()) return preauthV1(transport, options, request, signal)
    const modern = await preauthV2(transport, options, request, signal)
    if (isAnswer(modern)) choice.modernWorked()
    if (options.duoApi === 'v2' || !refusesApi(modern) || !choice.mayFallBack()) return modern
    const legacy = await preauthV1(transport, options, request, signal)
    if (!isAnswer(legacy)) return modern
    choice.fallBack(modern.cause)
    return legacy
  }

  async function begin(request: FactorRequest, signal: AbortSignal): Promise<FactorStart> {
    if (request.choice.length > LONGEST_ANSWER) {
      return {kind: 'deny', message: 'The answer is too long', reason: 'other'}
    }
    const {kind} = readChoice(request.choice)
    return kind === 'push' || kind === 'phone' ? beginOnPhone(request, signal) : beginAny(request, signal)
  }

  /** Nothing is sent to a phone whose answer would not be heard in time. */
  async function beginOnPhone(request: FactorRequest, signal: AbortSignal): Promise<FactorStart> {
    const {apiHost, ikey, connections} = options
    if (pending >= connections * PENDING_FOR_EACH_CONNECTION) {
      log.emit('duo.pushes-full', {apiHost, ikey, pending})
      return {kind: 'full'}
    }
    pending++
    try {
      return await beginAny(request, signal)
    } finally {
      pending--
    }
  }

  async function beginAny(request: FactorRequest, signal: AbortSignal): Promise<FactorStart> {
    if (readCarry(request.carry).api === 'v2') return beginV2(transport, options, request, signal)
    const start = await beginV1(transport, options, request, signal)
    return start.kind === 'pending' ? {...start, transactionId: `${LEGACY_PREFIX}${start.transactionId}`} : start
  }

  /** One look by one of the connections. A wait for one ends with the login's deadline, as the look itself does. */
  async function look(transactionId: string, limit: AbortSignal): Promise<Poll> {
    const {apiHost, ikey, connections, factorTimeoutMs} = options
    const turn = turns.take(limit)
    if (turns.waiting > 0) log.emit('duo.pushes-in-turns', {apiHost, ikey, connections})
    if (!(await turn)) return unavailable('timeout', 'no connection to ask for the result came free in time')
    const timeoutMs = Math.min(turns.waiting > 0 ? SHORT_LOOK_MS : LOOK_MS, factorTimeoutMs)
    try {
      return transactionId.startsWith(LEGACY_PREFIX)
        ? await pollV1(transport, transactionId.slice(LEGACY_PREFIX.length), timeoutMs, limit)
        : await pollV2(transport, transactionId, timeoutMs, limit)
    } finally {
      turns.give()
    }
  }

  return {
    preauth,
    begin,
    async result(transactionId, signal) {
      pending++
      try {
        return await awaitResult((limit) => look(transactionId, limit), world, options.factorTimeoutMs, signal)
      } finally {
        pending--
      }
    },
    ping: (signal) => pingDuo(transport, options.preauthTimeoutMs, signal),
    async check(signal) {
      const {preauthTimeoutMs} = options
      if (isLegacy()) return checkCredentials(transport, 'v1', preauthTimeoutMs, signal)
      const modern = await checkCredentials(transport, 'v2', preauthTimeoutMs, signal)
      if (options.duoApi === 'v2' || !refusesApi(modern) || !choice.mayFallBack()) return modern
      const legacy = await checkCredentials(transport, 'v1', preauthTimeoutMs, signal)
      return legacy.kind === 'ok' ? legacy : modern
    },
    warmUp: () => transport.warmUp(),
    close: () => transport.close(),
  }
}

function isAnswer(preauth: DecidedPreauth): boolean {
  return preauth.kind !== 'unavailable' && preauth.kind !== 'refused'
}

/** Duo's own JSON says that this integration, or this cloud, has no such API; a proxy's error page says nothing. */
function refusesApi(outcome: DecidedPreauth | DuoProbe): outcome is DuoRefused {
  if (outcome.kind !== 'refused' || outcome.reason !== 'duo') return false
  const family = outcome.code === undefined ? outcome.status : Math.floor(outcome.code / 100)
  return [outcome.status, family].some((status) => status === 403 || status === 404)
}
