import type {FactorMap} from './second-factor.ts'

/** Longest answer that is taken to Duo, in characters (compatibility: parsing the answer). */
export const MAX_ANSWER_CHARACTERS = 2000

/** What a user meant by an answer. `factor` is what may be logged: never a passcode. */
export type Answer =
  | {readonly kind: 'push' | 'phone' | 'sms'; readonly choice: string}
  | {readonly kind: 'passcode'; readonly choice: string}

/** At most three digits: a passcode that happens to follow a word must not be logged as the name of a factor. */
const FACTOR_NAME = /^(push|phone|sms|verified_push)\d{0,3}$/

/**
 * Reads what was typed at the prompt: a number or word of the factor map, a factor name with or without number
 * (trimmed, any case), else a passcode, trimmed and otherwise as typed.
 */
export function readAnswer(typed: string, factors: FactorMap): Answer {
  const trimmed = typed.trim()
  const word = trimmed.toLowerCase()
  // Duo's older interface knows "auto" as well: it must not pass for a passcode and send a push that nobody counts.
  const choice = factors.get(word === 'auto' ? 'default' : word) ?? word
  const [, name] = FACTOR_NAME.exec(choice) ?? []
  if (name === 'push' || name === 'verified_push') return {kind: 'push', choice}
  if (name === 'phone') return {kind: 'phone', choice}
  if (name === 'sms') return {kind: 'sms', choice}
  return {kind: 'passcode', choice: factors.has(word) ? choice : trimmed}
}
