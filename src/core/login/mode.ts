import {type Decision, type Login, reject, type Step} from './login.ts'
import {texts} from './texts.ts'

/** Runs the steps in order until one decides. A list whose last step passes is a mistake: it refuses. */
export async function firstDecision(steps: readonly Step[], login: Login, signal: AbortSignal): Promise<Decision> {
  for (const step of steps) {
    // Most steps only look whether a login concerns them, and are not waited for.
    const made = step(login, signal)
    const decision = made instanceof Promise ? await made : made
    if (decision !== undefined) return decision
  }
  return reject(texts.internalError, {reason: 'internal-error', stage: 'Unknown'})
}
