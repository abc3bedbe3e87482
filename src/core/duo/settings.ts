/** How calls are made for one server section. */
export type AuthSettings = {
  /** Told to Duo at preauth; our own `ignore` counts as secure. */
  readonly failMode: 'safe' | 'secure'
  /** For a call that no person has to answer, milliseconds. */
  readonly preauthTimeoutMs: number
  /** For a person to answer: the life of a push and a margin, milliseconds. */
  readonly factorTimeoutMs: number
}
