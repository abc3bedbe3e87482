import type {DuoRefused, DuoUnavailable} from '../duo/answer.ts'
import type {DuoProbe} from '../duo/probe.ts'
import {failed, type ProbeResult} from './probe.ts'

type Application = {readonly ikey: string; readonly apiHost: string}

/** What an answer of Duo, or of something in its place, means for the administrator. */
export function refusal(answer: DuoRefused | DuoUnavailable, application: Application): ProbeResult {
  if (answer.kind === 'unavailable')
    return failed(`Duo cannot be reached (${answer.reason}): ${answer.cause}`, unavailableHint(answer))
  if (answer.reason === 'duo' && answer.code !== undefined) return duoCode(answer.code, answer, application)
  if (answer.reason === 'rate-limited') {
    return failed(`Duo asks to slow down: ${answer.cause}`, 'wait a minute; see whether something calls Duo in a loop')
  }
  if (answer.status === 407) return failed(answer.cause, 'the HTTP proxy wants a user name and password')
  if (answer.reason === 'duo') return failed(`Duo refuses: ${answer.cause}`, "see Duo's status page and support")
  return failed(
    `something else answers in place of Duo: ${answer.cause}`,
    'check api_host and api_port; a proxy, portal or filter on the way may answer for it',
  )
}

/** Duo's own JSON says that this application, or this cloud, has no such API. */
export function refusesApi(answer: DuoProbe): boolean {
  if (answer.kind !== 'refused' || answer.reason !== 'duo') return false
  const family = answer.code === undefined ? answer.status : Math.floor(answer.code / 100)
  return [answer.status, family].some((status) => status === 403 || status === 404)
}

/** Duo's codes: the HTTP status and two digits (spec of the Auth API). */
function duoCode(code: number, {cause}: DuoRefused, {ikey, apiHost}: Application): ProbeResult {
  switch (code) {
    case 40102:
      return failed(
        `Duo does not know the integration key ${ikey} at ${apiHost} (${cause})`,
        'copy ikey and api_host of one and the same application from the Duo Admin Panel',
      )
    case 40103:
      return failed(
        `the secret key does not belong to ${ikey} (${cause})`,
        'copy skey from the Duo Admin Panel again; the Admin Panel may have made a new one',
      )
    case 40104:
    case 40105:
      return failed(
        `Duo takes the date of our requests for wrong (${cause})`,
        "set this machine's clock by NTP; Duo allows five minutes",
      )
    default:
      break
  }
  const family = Math.floor(code / 100)
  if (family === 403) {
    return failed(
      `the application ${ikey} may not be used for logins of this kind (${cause})`,
      'make an application of the type RADIUS or Auth API in the Duo Admin Panel and use its keys',
    )
  }
  if (family === 404) return failed(`${apiHost} has no such API (${cause})`, 'check api_host in the Duo Admin Panel')
  return failed(`Duo refuses: ${cause}`, 'see what the code means in the documentation of Duo')
}

function unavailableHint({reason}: DuoUnavailable): string {
  if (reason === 'server-error') return "Duo has trouble: see Duo's status page"
  if (reason === 'malformed') return 'something on the way changes the answers, or Duo has trouble'
  return 'see what the checks before this one say; logins fall to the fail mode meanwhile'
}
