/** What a user may type and the factor it names: "1" -> "push1", "default" -> "push1". Insertion order is display order. */
export type FactorMap = ReadonlyMap<string, string>

/** The service could not be reached or made no sense: at preauth the fail mode decides (decisions: fail mode). */
export type Unavailable = {
  readonly kind: 'unavailable'
  readonly cause: string
  /** It did not answer within its time. */
  readonly timedOut?: true
}

/** The service itself said no to us (keys, clock, policy, rate), or something else answered in its place: never lets in. */
export type Refused = {readonly kind: 'refused'; readonly cause: string}

export type PreauthRequest = {
  readonly userName: string
  /** The user's own address, already validated; left out when unknown. */
  readonly clientAddress: string | undefined
}

export type Preauth =
  | {readonly kind: 'allow'; readonly message: string; readonly groups: readonly string[]}
  | {readonly kind: 'deny'; readonly message: string}
  | {readonly kind: 'enroll'; readonly message: string}
  | {
      readonly kind: 'choose'
      /** The text for a console, lines separated by \n. */
      readonly prompt: string
      readonly factors: FactorMap
      readonly groups: readonly string[]
      /** What `begin` needs to know again, opaque to the login; travels sealed inside the State. */
      readonly carry: string | undefined
    }
  | Unavailable
  | Refused

export type FactorRequest = {
  readonly userName: string
  readonly clientAddress: string | undefined
  /** A factor name ("push1", "phone", "sms2") or the passcode as typed. */
  readonly choice: string
  readonly carry: string | undefined
}

export type FactorDenial = 'denied' | 'timeout' | 'fraud' | 'locked-out' | 'passcode' | 'other'

export type FactorResult =
  | {readonly kind: 'allow'; readonly message: string}
  | {readonly kind: 'deny'; readonly message: string; readonly reason: FactorDenial}
  /** Passcodes were sent; the user is asked again. */
  | {readonly kind: 'sent'; readonly message: string}
  | Unavailable
  | Refused

export type FactorStart =
  | {
      readonly kind: 'pending'
      readonly transactionId: string
      /** What the user must read before the result can come (the code of a Verified Push). */
      readonly notice: string | undefined
    }
  /** So many people are being waited for that one more would not be heard in time: nothing was sent. */
  | {readonly kind: 'full'}
  | FactorResult

/** The second factor as the login needs it. Nothing here throws for an expected failure; signals end every wait. */
export interface SecondFactor {
  preauth(request: PreauthRequest, signal: AbortSignal): Promise<Preauth>
  /** Starts a factor: a passcode or SMS is decided at once, a push or call is pending. Called at most once for one State. */
  begin(request: FactorRequest, signal: AbortSignal): Promise<FactorStart>
  /** Waits for the end of a pending transaction, in this process or after a restart. May be called again. */
  result(transactionId: string, signal: AbortSignal): Promise<FactorResult>
}
