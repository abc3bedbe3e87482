import {type Config, type Section, sectionSpec} from '../config/schema.ts'
import type {EventObservers} from '../log/log.ts'
import type {World} from '../world.ts'

/** Whether logins can work at all; and why some cannot, or are guarded less than they should be: sentences for a person. */
export type Readiness = {readonly ready: boolean; readonly reasons: readonly string[]}

export type Health = {
  readonly observers: EventObservers
  /** From now on this configuration is the one that is served. */
  readonly watch: (config: Config) => void
  readonly readiness: () => Readiness
}

/** So many calls in a row without an answer, the last one so lately, and Duo counts as out of reach. */
const FAILED_CALLS = 3
const FAILURE_COUNTS_MS = 60_000

type Calls = {failed: number; lastMs: number; cause: string}

/**
 * What the events of the other rooms say of the whole: a section works when one host of its client serves and, unless its
 * fail mode lets people in, Duo is in reach. Directories are probed while they are down; nobody probes Duo, so that its
 * failures count for a minute only: otherwise a balancer that waits for this would keep away the login that ends it.
 */
export function createHealth(world: World): Health {
  let config: Config | undefined
  const downHosts = new Map<string, Set<string>>()
  const duoCalls = new Map<string, Calls>()
  /** What the process cannot remember, by what it is. Of those only the shared store can come back. */
  const forgotten = new Map<'journal' | 'latches' | 'store', string>()

  function setHost(section: string, host: string, up: boolean): void {
    const down = downHosts.get(section) ?? new Set()
    if (up) down.delete(host)
    else down.add(host)
    downHosts.set(section, down)
  }

  function problemsOf(section: Section, sections: readonly Section[]): string[] {
    const {options} = section
    const problems: string[] = []
    const client = 'client' in options ? sections.find(({name}) => name === options.client) : undefined
    if (client !== undefined && 'host' in client.options && hostsDown(client.name) >= client.options.host.length) {
      problems.push(`[${section.name}] no host of [${client.name}] serves`)
    }
    const calls = 'api_host' in options && options.api_host !== undefined ? duoCalls.get(options.api_host) : undefined
    if (calls !== undefined && isOutOfReach(calls) && !('failmode' in options && options.failmode === 'safe')) {
      problems.push(`[${section.name}] Duo is out of reach: ${calls.cause}`)
    }
    return problems
  }

  const hostsDown = (section: string) => downHosts.get(section)?.size ?? 0
  const isOutOfReach = ({failed, lastMs}: Calls) =>
    failed >= FAILED_CALLS && world.monotonicMs() - lastMs < FAILURE_COUNTS_MS

  return {
    observers: {
      'ldap.host_down': ({section, host}) => setHost(section, host, false),
      'ldap.host_up': ({section, host}) => setHost(section, host, true),
      'upstream.server_state': ({section, server, to}) => setHost(section, server, to === 'alive'),
      'state.latches.unusable': ({path, error}) =>
        void forgotten.set('latches', `it is not known which clients sign: ${path} cannot be used (${error})`),
      'state.folder.unusable': ({path, error}) =>
        void forgotten.set('journal', `the state folder ${path} cannot be used (${error})`),
      'state.journal.failed': ({error}) =>
        void forgotten.set('journal', `the journal of used challenges cannot be written (${error})`),
      'state.store.away': ({cause}) =>
        void forgotten.set('store', `the shared state store cannot be reached (${cause})`),
      'state.store.back': () => void forgotten.delete('store'),
      'duo.answered': ({apiHost}) => void duoCalls.delete(apiHost),
      'duo.call-failed': ({apiHost, cause}) => {
        const failed = (duoCalls.get(apiHost)?.failed ?? 0) + 1
        duoCalls.set(apiHost, {failed, lastMs: world.monotonicMs(), cause})
      },
    },
    watch(next) {
      config = next
      // A reload makes its clients anew: what was said of the old ones is said again if it is still so.
      downHosts.clear()
    },
    readiness() {
      const sections = config?.sections ?? []
      const served = sections.filter(({kind}) => {
        const spec = sectionSpec(kind)
        return spec.role === 'server' && spec.served !== false
      })
      const problems = served.map((section) => problemsOf(section, sections))
      const ready = served.length === 0 || problems.some((found) => found.length === 0)
      return {ready, reasons: [...problems.flat(), ...forgotten.values()]}
    },
  }
}
