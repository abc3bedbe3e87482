import type {LogRecord} from '../log/log.ts'
import type {Endpoint} from '../radius/packet.ts'
import type {CloudCall} from './duo-cloud.ts'
import type {Journal} from './journal.ts'
import type {DuoBehaviour, DuoCall, PhoneAct, Restart} from './scenario.ts'

/** What the primary server was asked: attributes or fields by name. */
export type PrimaryCall = {readonly parameters: Readonly<Record<string, string>>}

/** Where a scenario is played: a proxy with fakes around it, or a real one that answers on the network. */
export type Stage = {
  /** Sends a datagram; `reply` is called for each that comes back, for as long as the stage is open. */
  readonly send: (datagram: Buffer, from: Endpoint, reply: (datagram: Buffer) => void) => void
  readonly wait: (ms: number) => Promise<void>
  /** The shared secret of its NAS. */
  readonly secret: Buffer
  /** How much real time a reply may take, and how long silence must last to be called that. */
  readonly patienceMs: number
  readonly silenceMs: number
  /** Undefined where only the NAS's side can be seen: the other steps are then left out. */
  readonly inside: Inside | undefined
  readonly close: () => Promise<void>
}

/** What can be seen and done behind the proxy. */
export type Inside = {
  /** Calls of preauth and auth, of either API. */
  readonly duoCalls: Journal<CloudCall>
  readonly primaryCalls: Journal<PrimaryCall>
  readonly events: Journal<LogRecord>
  readonly duoBehaves: (call: DuoCall, behaviour: DuoBehaviour) => void
  readonly primaryBehaves: (silent: boolean) => void
  /** False when no push of that user came within `limitMs` of real time. */
  readonly phoneActs: (userName: string, act: PhoneAct, limitMs: number) => Promise<boolean>
  readonly restart: (restart: Restart) => Promise<void>
}
