import type {TracedEvent} from './log.ts'

/** One event of a login, as `explain` shows it. */
export type TraceStep = {
  readonly timeMs: number
  readonly name: string
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
  /** How often the same came in a row, the last time at `lastMs`; left out when it came once. */
  readonly repeated?: {readonly times: number; readonly lastMs: number}
}

/** All that was written about one login, oldest first. */
export type LoginTrace = {
  readonly loginId: string
  readonly userName: string
  readonly from: string
  readonly steps: readonly TraceStep[]
}

/** Steps as they came: their text is made when somebody asks. */
type KeptStep = Pick<TracedEvent, 'timeMs' | 'name' | 'fields' | 'text'> & Pick<TraceStep, 'repeated'>
type Entry = {loginId: string; userName: string; from: string; steps: KeptStep[]}

const MAX_LOGINS = 2000
const MAX_STEPS = 64
/** The events that a request of a gateway begins with. */
const requests: ReadonlySet<string> = new Set(['login.attempt', 'login.answered'])

/**
 * Remembers the last logins step by step, in memory alone (decisions: the decision ring). It gets what the
 * log gets: what explains a login is what is said about it, so nothing secret can be in it.
 */
export class TraceRing {
  readonly #logins = new Map<string, Entry>()

  readonly write = ({login, timeMs, name, text, fields}: TracedEvent): void => {
    const {loginId, userName, from} = login
    const known = this.#logins.get(loginId)
    const entry = known ?? {loginId, userName, from, steps: []}
    addStep(entry.steps, {timeMs, name, text, fields})
    if (known !== undefined && !requests.has(name)) return
    // Each request of a login puts it at the end: the one that was asked for longest ago is the first to go.
    this.#logins.delete(loginId)
    this.#logins.set(loginId, entry)
    if (this.#logins.size > MAX_LOGINS) {
      for (const oldest of this.#logins.keys()) {
        this.#logins.delete(oldest)
        break
      }
    }
  }

  byId(loginId: string): LoginTrace | undefined {
    const entry = this.#logins.get(loginId)
    return entry && told(entry)
  }

  /** The last logins of a user, however the name was capitalised, newest first. */
  byUser(userName: string, last: number): readonly LoginTrace[] {
    return [...this.#logins.values()]
      .filter((entry) => entry.userName.toLowerCase() === userName.toLowerCase())
      .reverse()
      .slice(0, last)
      .map(told)
  }
}

/** A gateway that keeps asking must not push the decision out of the trace: the same text in a row is one step. */
function addStep(steps: KeptStep[], step: KeptStep): void {
  const last = steps.at(-1)
  if (last !== undefined && last.name === step.name && last.text() === step.text()) {
    steps[steps.length - 1] = {...last, repeated: {times: (last.repeated?.times ?? 1) + 1, lastMs: step.timeMs}}
  } else if (steps.length < MAX_STEPS) steps.push(step)
}

function told(entry: Entry): LoginTrace {
  return {...entry, steps: entry.steps.map((step) => ({...step, text: step.text()}))}
}
