import type {EventName, Log, LogRecord} from '../../src/core/log/log.ts'
import {createLog} from '../../src/core/log/log.ts'
import {challengeMode} from '../../src/core/login/challenge-mode.ts'
import {createGuards, type LoginGuards} from '../../src/core/login/guards.ts'
import type {Decision, Login, Step} from '../../src/core/login/login.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import {firstDecision} from '../../src/core/login/mode.ts'
import type {LoginParts, LoginPolicy} from '../../src/core/login/parts.ts'
import type {ChapResponse, PrimaryRequest, PrimaryResult} from '../../src/core/login/primary-authenticator.ts'
import {SealedState} from '../../src/core/login/sealed-state.ts'
import type {
  FactorRequest,
  FactorResult,
  FactorStart,
  Preauth,
  PreauthRequest,
} from '../../src/core/login/second-factor.ts'
import type {Joins} from '../../src/core/login/shared-work.ts'
import type {StateStore} from '../../src/core/login/state-store.ts'
import {texts} from '../../src/core/login/texts.ts'
import {Secret} from '../../src/core/secret.ts'
import {ManualWorld} from './manual-world.ts'

/** What the modes that choose the factor themselves say otherwise. */
export const directPolicy: Partial<LoginPolicy> = {
  enrollChallenge: false,
  factorFailure: {failed: texts.authFailure, timedOut: texts.authTimeout},
  promptFormat: 'passcode',
}

export const policy: LoginPolicy = {
  section: 'radius_server_challenge',
  ikey: 'DITESTTESTTESTTEST01',
  failMode: 'safe',
  exemptUsers: new Set(),
  enrollChallenge: true,
  factorFailure: {failed: texts.failmodeSecure, timedOut: texts.failmodeSecure},
  promptFormat: 'console',
  promptOverflow: 'short',
  primaryRejectDetail: false,
  rejectReference: false,
  pushGuard: {denials: 0, windowMs: 600_000},
  passwordGuard: {rejectDelayMs: 0, failures: 0, windowMs: 600_000},
}

export const factors = new Map([
  ['1', 'push1'],
  ['2', 'phone1'],
  ['3', 'sms1'],
  ['default', 'push1'],
])

export const choose: Preauth = {
  kind: 'choose',
  prompt: 'Choose:\n 1. Duo Push\n 2. Phone call\n 3. SMS passcodes\n',
  factors,
  groups: [],
  carry: undefined,
}

/** A primary and a second factor that do as the test says and note what they were asked. */
export class Doubles {
  readonly primaryCalls: PrimaryRequest[] = []
  readonly preauthCalls: PreauthRequest[] = []
  readonly beginCalls: FactorRequest[] = []
  readonly resultCalls: string[] = []
  primary: (request: PrimaryRequest, signal: AbortSignal) => PrimaryResult | Promise<PrimaryResult> = () => ({
    kind: 'accept',
    message: 'fine',
    attributes: [{type: 25, value: Buffer.from('OU=vpn')}],
  })
  preauth: (signal: AbortSignal) => Preauth | Promise<Preauth> = () => choose
  begin: (request: FactorRequest, signal: AbortSignal) => FactorStart | Promise<FactorStart> = () => ({
    kind: 'pending',
    transactionId: 'tx-1',
    notice: undefined,
  })
  result: (transactionId: string, signal: AbortSignal) => FactorResult | Promise<FactorResult> = () => ({
    kind: 'allow',
    message: 'Success.',
  })

  readonly primaryAuthenticator = {
    authenticate: async (request: PrimaryRequest, signal: AbortSignal) => {
      this.primaryCalls.push(request)
      return this.primary(request, signal)
    },
    close: async () => {},
  }
  readonly secondFactor = {
    preauth: async (request: PreauthRequest, signal: AbortSignal) => {
      this.preauthCalls.push(request)
      return this.preauth(signal)
    },
    begin: async (request: FactorRequest, signal: AbortSignal) => {
      this.beginCalls.push(request)
      return this.begin(request, signal)
    },
    result: async (transactionId: string, signal: AbortSignal) => {
      this.resultCalls.push(transactionId)
      return this.result(transactionId, signal)
    },
  }
}

/** One node of the challenge mode around the doubles. A second node or a restart shares keys, and perhaps the store. */
export class Node {
  readonly world: ManualWorld
  readonly records: LogRecord[] = []
  readonly log: Log
  readonly store: StateStore
  readonly parts: LoginParts
  readonly mode: readonly Step[]
  primaryOnly = false

  constructor(
    doubles: Doubles,
    options: {
      policy?: Partial<LoginPolicy>
      world?: ManualWorld
      store?: StateStore
      keys?: [Buffer, ...Buffer[]]
      guards?: LoginGuards
      joins?: Joins
      mode?: (parts: LoginParts) => readonly Step[]
    } = {},
  ) {
    this.world = options.world ?? new ManualWorld({seed: `node ${++made}`})
    this.log = createLog(this.world, [{write: (r) => this.records.push(r), close: async () => {}}], {debug: true})
    this.store = options.store ?? new MemoryStore(this.world)
    this.parts = {
      policy: {...policy, ...options.policy},
      primary: doubles.primaryAuthenticator,
      secondFactor: doubles.secondFactor,
      states: new SealedState(options.keys ?? [Buffer.alloc(32, 7)], this.store, this.world),
      store: this.store,
      guards: options.guards ?? createGuards(this.world),
      joins: options.joins,
      primaryOnly: () => this.primaryOnly,
      log: this.log,
      world: this.world,
    }
    this.mode = (options.mode ?? challengeMode)(this.parts)
  }

  decide(request: LoginText, signal: AbortSignal = new AbortController().signal): Promise<Decision> {
    return firstDecision(this.mode, loginOf({startedMs: this.world.monotonicMs(), ...request}), signal)
  }

  events(name: EventName): LogRecord[] {
    return this.records.filter((record) => record.name === name)
  }
}

let made = 0

export type LoginText = {
  readonly user?: string
  readonly password?: string | undefined
  readonly chap?: ChapResponse
  readonly state?: Buffer
  readonly source?: string
  readonly clientEntry?: string
  readonly session?: string
  readonly namesSession?: boolean
  readonly clientAddress?: string | undefined
  readonly startedMs?: number
  /** Identifier and authenticator; each request has its own when left out. */
  readonly request?: string
}

export function loginOf(text: LoginText): Login {
  const userName = text.user ?? 'jdoe'
  const source = text.source ?? '192.0.2.7'
  const id = (++made).toString(16).padStart(12, '0')
  return {
    id,
    reference: {loginId: id, from: `${source}:40000`, identifier: 1, userName},
    userName,
    password: text.password === undefined ? undefined : new Secret(text.password),
    chap: text.chap,
    state: text.state,
    request: text.request ?? id,
    clientAddress: 'clientAddress' in text ? text.clientAddress : '198.51.100.9',
    source,
    clientEntry: text.clientEntry ?? 'radius_ip_1',
    forwarded: [],
    session: text.session ?? 's1',
    namesSession: text.namesSession ?? true,
    startedMs: text.startedMs ?? 0,
    facts: {attributes: []},
  }
}

/** The password that the primary server was given; undefined when it was given something else. */
export function typedPassword(request: PrimaryRequest | undefined): string | undefined {
  return request?.credentials.kind === 'password' ? request.credentials.password.reveal() : undefined
}

/** The State of a challenge; fails the test when the decision is none. */
export function stateOf(decision: Decision): Buffer {
  if (decision.kind !== 'challenge') throw new Error(`expected a challenge, got ${JSON.stringify(decision)}`)
  return decision.state
}

/** A wait that only the signal ends, as every wait of the other rooms does when the proxy stops. */
export function untilAborted(signal: AbortSignal): Promise<{kind: 'unavailable'; cause: string; message: string}> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({kind: 'unavailable', cause: 'stopped', message: 'stopped'}))
  })
}

/** Lets the others run until the condition holds; fails the test when it never does. */
export async function reached(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns === 10_000) throw new Error(`never reached: ${condition}`)
    await Promise.resolve()
  }
}

/** A promise and the hand that settles it. */
export function deferred<T>(): {promise: Promise<T>; resolve: (value: T) => void} {
  return Promise.withResolvers<T>()
}
