import type {Log} from '../log/log.ts'
import type {World} from '../world.ts'

/** Which API serves one integration, when the configuration leaves that open (decisions: Duo API). */
export type ApiChoice = {
  /** True while the legacy API stands in; v2 is tried again after a day. */
  readonly isLegacy: () => boolean
  /** True until v2 has worked once: after that no refusal leads back to the legacy API. */
  readonly mayFallBack: () => boolean
  readonly modernWorked: () => void
  readonly fallBack: (cause: string) => void
}

/** The choices of all sections; sections with the same integration key share one. */
export type ApiChoices = {readonly for: (apiHost: string, ikey: string) => ApiChoice}

const RETRY_HOURS = 24

export function createApiChoices(log: Log, world: World): ApiChoices {
  const choices = new Map<string, ApiChoice>()
  return {
    for(apiHost, ikey) {
      const key = `${apiHost} ${ikey}`
      const known = choices.get(key)
      if (known !== undefined) return known
      const choice = createApiChoice(apiHost, ikey, log, world)
      choices.set(key, choice)
      return choice
    },
  }
}

function createApiChoice(apiHost: string, ikey: string, log: Log, world: World): ApiChoice {
  let modern = false
  let legacyUntilMs: number | undefined
  return {
    isLegacy: () => legacyUntilMs !== undefined && world.monotonicMs() < legacyUntilMs,
    mayFallBack: () => !modern,
    modernWorked() {
      modern = true
      if (legacyUntilMs !== undefined) log.emit('duo.modern-api', {apiHost, ikey})
      legacyUntilMs = undefined
    },
    fallBack(cause) {
      legacyUntilMs = world.monotonicMs() + RETRY_HOURS * 3_600_000
      log.emit('duo.legacy-api', {apiHost, ikey, cause, retryHours: RETRY_HOURS})
    },
  }
}
