import type {WrittenAuthEvent} from './auth-events-file.ts'
import type {LoginTrace} from './trace-ring.ts'

/** The results of a login as a trace: less than the running proxy remembers, and in the same form. */
export function traceOfAuthEvents(events: readonly WrittenAuthEvent[]): LoginTrace | undefined {
  const [first] = events
  const last = events.at(-1)
  if (first === undefined || last === undefined) return undefined
  const {loginId, userName, nas: from} = first
  const {section, clientIp: clientAddress} = first
  const steps = events.map(({timeMs, stage, status, message, reason, factor}) => ({
    timeMs,
    name: 'auth-event',
    text: `${stage}: ${status} (${reason}${factor === undefined ? '' : `, ${factor}`}) - ${message}`,
    fields: {section, clientAddress, status, reason},
  }))
  const outcome =
    last.status === 'Allow' && last.stage !== 'Primary authentication' ? 'accept' : last.status.toLowerCase()
  const decided = {
    timeMs: last.timeMs,
    name: 'login.decided',
    text: `That is all that authevents.log says of [${section}]; the running proxy remembers every step`,
    fields: {outcome, reason: last.reason},
  }
  return {loginId, userName, from, steps: [...steps, decided]}
}
