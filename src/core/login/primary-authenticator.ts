import type {Secret} from '../secret.ts'

/**
 * A reply or request attribute the login carries without reading it: type and value octets (RFC 2865 5).
 * What travels hidden with the secret of one hop (Tunnel-Password, the MPPE keys) is carried in the clear, and is hidden
 * for the next hop where the packet is made: radius/pass-through.ts, `revealFromHop` and `hideForHop`.
 */
export type CarriedAttribute = {readonly type: number; readonly value: Buffer}

/** A password proved without being sent, in the attributes the NAS made; only another RADIUS server can check it. */
export type ChapResponse = {
  readonly kind: 'chap' | 'mschapv2' | 'mschapv2-change'
  readonly attributes: readonly CarriedAttribute[]
}

/** How the user proves to know the password. */
export type Credentials = {readonly kind: 'password'; readonly password: Secret} | ChapResponse

export type PrimaryRequest = {
  readonly userName: string
  readonly credentials: Credentials
  /** The user's own address, already validated; left out when unknown. */
  readonly clientAddress: string | undefined
  /** Attributes of the NAS's request that the section passes on to its primary server. */
  readonly forwarded: readonly CarriedAttribute[]
  /** What an earlier `challenge` result asked to get back; undefined at the first round. */
  readonly resume: Buffer | undefined
}

/** Why a user was refused, for the log and the decision event; the NAS gets one neutral text. */
export type PrimaryRejectReason =
  | 'no-such-user'
  | 'ambiguous-user'
  | 'not-in-group'
  | 'wrong-password'
  | 'no-password'
  | 'password-expired'
  | 'must-change-password'
  | 'account-disabled'
  | 'account-expired'
  | 'account-locked'
  | 'logon-hours'
  | 'workstation'
  | 'account-restriction'
  | 'bad-user-name'
  /** The primary cannot check a password in the form it came in, whatever it is. */
  | 'method-not-supported'
  | 'rejected'

export type PrimaryResult =
  | {
      readonly kind: 'accept'
      readonly message: string
      /** Who said so, which entry it is and which group it is in, for the log only. */
      readonly detail?: string
      readonly attributes: readonly CarriedAttribute[]
    }
  | {
      readonly kind: 'reject'
      readonly message: string
      readonly reason: PrimaryRejectReason
      /** What the server said, for the log only. */
      readonly detail: string | undefined
      readonly attributes: readonly CarriedAttribute[]
    }
  /** The primary server asks the user something itself: shown as it is, the answer goes back with `resume`. */
  | {
      readonly kind: 'challenge'
      readonly messages: readonly string[]
      readonly resume: Buffer
      readonly attributes: readonly CarriedAttribute[]
    }
  /** No server answered. A reject for the user: the fail mode never applies to the primary. */
  | {
      readonly kind: 'unavailable'
      readonly message: string
      /** A server may be there, but too many logins wait for one. */
      readonly isBusy?: true
    }

/** The primary check as the login needs it: a directory, a RADIUS server, or nothing at all. */
export interface PrimaryAuthenticator {
  /** No account is tried, so that asking again does no harm. */
  readonly asksNobody?: true
  /** Never throws for an expected failure. One call is at most one attempt to use this password against any account. */
  authenticate(request: PrimaryRequest, signal: AbortSignal): Promise<PrimaryResult>
  /** Closes kept connections; pending calls end as unavailable. */
  close(): Promise<void>
}
