/** What an answer asks for. `digits` is empty for the first device: "push", "push2". */
export type Choice =
  | {readonly kind: 'push' | 'phone' | 'sms'; readonly digits: string}
  | {readonly kind: 'passcode'; readonly digits: ''}

/** Reads a factor name as Duo's prompts have them; anything else is a passcode. */
export function readChoice(choice: string): Choice {
  const [, word, digits = ''] = /^(push|verified_push|phone|sms)(\d{0,3})$/.exec(choice) ?? []
  if (word === 'push' || word === 'verified_push') return {kind: 'push', digits}
  if (word === 'phone' || word === 'sms') return {kind: word, digits}
  return {kind: 'passcode', digits: ''}
}
