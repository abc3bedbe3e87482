/** The step that gave the result; the words are what log collectors already filter on. */
export type AuthStage = 'Primary authentication' | 'Secondary authentication' | 'Unknown'

export type AuthStatus = 'Allow' | 'Challenge' | 'Reject' | 'Error'

/** Why a login got in without its second factor: nobody may be able to do that quietly. */
export type Bypass = 'exempt-user' | 'duo-allow' | 'failmode-safe' | 'primary-only'

/**
 * One result for authevents.log: the primary's, or the final one. An ordinary challenge is not a result and has none.
 * The login id comes from the LoginReference of the event; host name and time from the sink.
 */
export type AuthEvent = {
  /** What happened, in a sentence: Duo's status text, the fail mode text, the reason of a refusal. */
  readonly msg: string
  readonly username: string
  readonly authStage: AuthStage
  readonly status: AuthStatus
  /** The user's own address as the NAS gave it; undefined when it gave none. */
  readonly clientIp: string | undefined
  /** The server section's name, as in the configuration file. */
  readonly section: string
  readonly ikey: string | undefined
  /** A factor name (push1, phone, passcode, sms2), never what was typed; undefined before a factor was chosen. */
  readonly factor: string | undefined
  /** The address of the NAS. */
  readonly nas: string
  /** From the arrival of the request that is answered, in whole milliseconds. */
  readonly durationMs: number
  /** A stable, hyphenated word for machines: wrong-password, denied, timeout, approved, unknown-challenge. */
  readonly reason: string
  readonly bypass: Bypass | undefined
}
