import type {Log} from '../log/log.ts'
import type {World} from '../world.ts'
import type {Machine} from './machine.ts'
import type {Lookup} from './network-steps.ts'

/** What of a running proxy of this configuration is worth knowing here. */
export type OwnService = {readonly pid: number; readonly ready: boolean; readonly reasons: readonly string[]}

/** All that probes take from outside. */
export type ProbeContext = {
  readonly world: World
  /** Gets the events of the rooms that are tried out. */
  readonly log: Log
  readonly version: string
  /** For each probe, milliseconds. */
  readonly timeoutMs: number
  readonly lookup: Lookup
  readonly machine: Machine
  /** The folders that belong to the configuration file. */
  readonly logDirectory: string
  readonly stateDirectory: string
  /** Asks for the proxy that runs with this configuration; undefined when none does, or when we may not ask it. */
  readonly ownService: () => Promise<OwnService | 'not-allowed' | undefined>
  /** A user to look up in the directories, without a password. */
  readonly user: string | undefined
  /** The user name for a RADIUS server that does not answer Status-Server. */
  readonly radiusUser: string | undefined
}
