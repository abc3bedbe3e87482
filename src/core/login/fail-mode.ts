import {type Decision, reject} from './login.ts'
import type {CarriedAttribute} from './primary-authenticator.ts'
import type {Refused, Unavailable} from './second-factor.ts'
import {texts} from './texts.ts'

export type FailMode = 'safe' | 'secure' | 'ignore'

const stage = 'Secondary authentication'
const refused = (): Decision => reject(texts.failmodeSecure, {reason: 'duo-refused', stage})

/** What a preauth without an answer of Duo's comes to; the only place where a missing second factor may let in. */
const outcome: {
  readonly [Kind in 'unavailable' | 'refused']: {
    readonly [Mode in FailMode]: (attributes: readonly CarriedAttribute[]) => Decision
  }
} = {
  unavailable: {
    safe: (attributes) => ({
      kind: 'accept',
      message: texts.failmodeSafe,
      attributes,
      reason: 'failmode-safe',
      stage,
    }),
    secure: () => reject(texts.failmodeSecure, {reason: 'failmode-secure', stage}),
    ignore: () => ({kind: 'ignore', reason: 'failmode-ignore', stage}),
  },
  refused: {safe: refused, secure: refused, ignore: refused},
}

export function preauthFailure(
  failure: Unavailable | Refused,
  mode: FailMode,
  attributes: readonly CarriedAttribute[],
): Decision {
  return outcome[failure.kind][mode](attributes)
}
