import {accept, type Step} from './login.ts'
import type {LoginParts} from './parts.ts'
import {texts} from './texts.ts'

/** An exempt user needs no second factor; the primary check is behind them already. Exact match. */
export function exemptUser({policy}: LoginParts): Step {
  return ({userName, facts}) =>
    policy.exemptUsers.has(userName)
      ? accept(texts.exempt, facts.attributes, {reason: 'exempt', stage: 'Secondary authentication'})
      : undefined
}
