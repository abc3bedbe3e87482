import type {Vocabulary} from './config/context.ts'
import {ldapFilterProblem} from './primary/ldap/filter-text.ts'
import {attributeByName} from './radius/dictionary.ts'
import {isCodec} from './radius/text-codec.ts'

/** The words of the other rooms which the configuration is checked with. */
export const vocabulary: Vocabulary = {
  isAttributeName: (name) => attributeByName(name) !== undefined,
  isCodec,
  ldapFilterProblem,
}
