import type {Reloaded} from '../engine.ts'
import type {LogEdge} from '../log/sinks.ts'
import type {LoginTrace} from '../log/trace-ring.ts'
import type {LoginGuards} from '../login/guards.ts'
import type {Guesser, PasswordGuardPolicy} from '../login/password-guard.ts'
import type {PushGuardPolicy} from '../login/push-guard.ts'
import type {Claim, PushPlace} from '../login/state-store.ts'
import type {LatchRecord} from '../radius/latch.ts'
import type {PlacedRequest} from '../radius/request-places.ts'
import type {ExplainQuery} from '../service/control-server.ts'
import type {Readiness} from '../service/health.ts'
import type {ProcessMetrics} from '../service/metrics-sum.ts'
import type {ConfigSnapshot} from './config-snapshot.ts'

/** What a worker is asked by the process that started it. Octets are base64. */
export type WorkerCalls = {
  /** Binds the sockets and serves; returns their names. Rejects with the Fault that `serve` would end with. */
  start: (begin: WorkerStart) => Promise<readonly string[]>
  prepare: (snapshot: ConfigSnapshot) => Promise<void>
  commit: () => Reloaded
  abandon: () => Promise<void>
  drain: () => Promise<void>
  /** Returns how many logins did not end. */
  stop: () => Promise<number>
  status: () => WorkerStatus
  explain: (query: ExplainQuery) => readonly LoginTrace[]
  /** Undefined where nobody wants metrics. */
  metrics: () => Promise<ProcessMetrics | undefined>
  ping: () => void
  latched: (record: LatchRecord) => void
  primaryOnlyEnded: () => void
}

export type WorkerStart = {
  readonly snapshot: ConfigSnapshot
  /** Of the program: what lies on the disk by now may be another one. */
  readonly version: string
  readonly logDirectory: string
  /** The first process writes the logs, and stands for the service in them. */
  readonly logEdge: Omit<LogEdge, 'report'>
  readonly keys: readonly [string, ...string[]]
  readonly instance: string
  readonly refuseSealedBeforeMs: number
  readonly latches: readonly LatchRecord[]
  readonly primaryOnly: boolean
}

export type WorkerStatus = {
  readonly sockets: readonly string[]
  readonly pendingRequests: number
  readonly logins: {readonly accept: number; readonly reject: number; readonly challenge: number}
  readonly readiness: Readiness
}

/** What a worker asks of the process that started it: everything that must be known once for all workers. */
export type ServiceCalls = {
  claim: (of: {
    readonly nonce: string
    readonly answer: string
    readonly mayTake?: PushPlace | undefined
  }) => Promise<Claim>
  setTransaction: (of: {readonly nonce: string; readonly transactionId: string}) => Promise<void>
  setDecided: (of: {readonly nonce: string; readonly told?: string | undefined}) => Promise<void>
  putRecord: (of: {
    readonly nonce: string
    readonly record: string
    readonly lifeMs: number
    readonly mayTake?: PushPlace | undefined
  }) => Promise<void>
  getRecord: (of: {readonly nonce: string}) => Promise<string | undefined>
  lockPush: (push: PushPlace) => Promise<boolean>
  unlockPush: (push: PushPlace) => Promise<void>
  hold: (of: GuardedPerson) => ReturnType<LoginGuards['pushes']['hold']>
  sent: (of: GuardedPerson) => ReturnType<LoginGuards['pushes']['sent']>
  takeBack: (of: {readonly person: string}) => ReturnType<LoginGuards['pushes']['takeBack']>
  fraud: (of: GuardedPerson) => ReturnType<LoginGuards['pushes']['fraud']>
  admits: (of: GuardedTry) => ReturnType<LoginGuards['passwords']['admits']>
  failed: (of: GuardedTry) => ReturnType<LoginGuards['passwords']['failed']>
  delay: (of: GuardedTry) => ReturnType<LoginGuards['passwords']['delay']>
  beginJoin: (of: {readonly name: string}) => Promise<string | undefined>
  endJoin: (of: {readonly name: string; readonly told?: string | undefined}) => void
  takePlace: (of: PlaceOf) => string | undefined
  freePlace: (of: PlaceOf) => void
  latched: (record: LatchRecord) => void
  /** Lines that are ready for one of the places that logs go to. */
  log: (of: {readonly place: string; readonly lines: readonly string[]}) => void
}

/** A place for a request to this listener. */
export type PlaceOf = {readonly listener: string; readonly request: PlacedRequest}
type GuardedPerson = {readonly person: string; readonly policy: PushGuardPolicy}
type GuardedTry = {readonly guesser: Guesser; readonly policy: PasswordGuardPolicy}
