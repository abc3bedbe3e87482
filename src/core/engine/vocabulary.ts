import type {Vocabulary} from '../config/context.ts'
import {ldapFilterProblem} from '../primary/ldap/filter-text.ts'
import {attributeByName} from '../radius/dictionary.ts'
import {staysOnHop} from '../radius/pass-through.ts'
import {isCodec} from '../radius/text-codec.ts'
import {parseStoreUrl} from '../store/store-url.ts'

/** What the configuration room asks the other rooms. */
export const vocabulary: Vocabulary = {
  isAttributeName: (name) => attributeByName(name) !== undefined,
  staysOnHop,
  isCodec,
  isStoreUrl: (text) => parseStoreUrl(text).ok,
  ldapFilterProblem,
}
