import type {Secret} from '../secret.ts'

/** Words that other rooms know: this room checks names with them, and imports nobody. */
export type Vocabulary = {
  /** Is it the name of a RADIUS attribute in the dictionary? */
  readonly isAttributeName: (name: string) => boolean
  /** Does an attribute of this name never go from one hop to the next, as a State or a password? */
  readonly staysOnHop: (name: string) => boolean
  /** Is it a character encoding that passwords can be written in? */
  readonly isCodec: (name: string) => boolean
  /** Is it the address of a store that several proxies can share? */
  readonly isStoreUrl: (text: string) => boolean
  /** What is wrong with an LDAP filter (RFC 4515); `offset` counts characters from its beginning. */
  readonly ldapFilterProblem: (text: string) => {readonly offset: number; readonly message: string} | undefined
}

export type FileRead =
  | {readonly ok: true; readonly octets: Buffer; readonly mode: number}
  /** `reason` is the end of a sentence: "does not exist". */
  | {readonly ok: false; readonly reason: string}

export type Unprotected =
  | {readonly ok: true; readonly secret: Secret}
  /** `reason` is a sentence part for a person. */
  | {readonly ok: false; readonly reason: string}

/** All that loading a file takes from outside. */
export type ConfigContext = {
  readonly vocabulary: Vocabulary
  readonly readFile: (path: string) => FileRead
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  /** Opens the value of a *_protected option. */
  readonly unprotect: (blob: string) => Unprotected
  /** Whether auth_type=sspi can work here: on Windows, with the optional package kerberos. */
  readonly hasKerberos: boolean
  /** false in an editor: no reference is followed, nothing is unprotected, no other file is read, and no Config comes out. */
  readonly resolve: boolean
}
