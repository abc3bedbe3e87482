import {BriefMap} from '../brief-map.ts'
import {HmacKey} from '../hmac.ts'
import {loginIdentity} from './attempt-trail.ts'
import type {Decision, Login, Step} from './login.ts'
import {firstDecision} from './mode.ts'
import type {LoginParts} from './parts.ts'
import {readJoined, writeTold} from './told-decision.ts'

/**
 * The steps of a login that waits for a phone without having asked first. A NAS that gives up and asks again while they
 * are at work, with another Identifier or port, gets the decision of the request before: one push for one login.
 * Only a request that names the session joins. Whoever knows the password could otherwise ask at the right moment and
 * ride on somebody else's approval (decisions: one push).
 */
export function joinRetries(parts: LoginParts, steps: readonly Step[]): Step {
  const working = new BriefMap<string, {readonly loginId: string; readonly decision: Promise<Decision>}>()
  const {log, world} = parts
  const key = new HmacKey('sha256', world.randomBytes(32))

  return async (login, signal) => {
    if (!login.namesSession) return firstDecision(steps, login, signal)
    const name = key.digest(JSON.stringify(loginIdentity(login)), 'base64')
    // No await between here and `working.set`: of two requests one must find the other.
    const running = working.get(name)
    if (running !== undefined) {
      log.emit('login.joined', {same: true}, {...login.reference, loginId: running.loginId})
      return running.decision
    }
    const decision = decide(parts, steps, login, signal).then((made) => ({...made, loginId: made.loginId ?? login.id}))
    working.set(name, {loginId: login.id, decision})
    try {
      return await decision
    } finally {
      working.delete(name)
    }
  }
}

/** A worker asks whether another one is at this login already. */
async function decide(
  {joins, states, policy, log, world}: LoginParts,
  steps: readonly Step[],
  login: Login,
  signal: AbortSignal,
): Promise<Decision> {
  if (joins === undefined) return firstDecision(steps, login, signal)
  const name = states.attemptName(JSON.stringify(['retry', policy.section, policy.ikey, ...loginIdentity(login)]))
  const joined = readJoined(await joins.begin(name))
  if (joined !== undefined) {
    log.emit('login.joined', {same: true}, {...login.reference, loginId: joined.loginId ?? login.id})
    return joined
  }
  let told: string | undefined
  try {
    const decision = await firstDecision(steps, login, signal)
    const isOver = decision.reason !== 'stopping'
    told = isOver
      ? writeTold(login.request, {...decision, loginId: decision.loginId ?? login.id}, world.wallMs())
      : undefined
    return decision
  } finally {
    joins.end(name, told)
  }
}
