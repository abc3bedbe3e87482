/** A State that was used is remembered until no clock in reach can take it for valid any more: its 300 s, and two minutes. */
export const CLAIM_LIFE_MS = 420_000

/** A push lives 60 s at Duo, which takes 10 s at most to send it: then the user's place on the phone is free again. */
export const PUSH_LIFE_MS = 70_000

/** The one place a user has for a push or call that is out, and the login that takes it. */
export type PushPlace = {
  /** A keyed digest of the user (`SealedState.placeName`). */
  readonly place: string
  /** The login's id, which it keeps over its rounds, a restart and the other node. */
  readonly holder: string
}

/** What is known of a State that has been answered before. */
export type TakenClaim = {
  readonly kind: 'taken'
  /** Keyed digest of the answer that took it. */
  readonly answer: string
  /** Set once Duo has named the transaction; an intent without one may or may not have reached Duo. */
  readonly transactionId: string | undefined
  readonly decided: boolean
  /** How long ago another node took it; undefined when it was this one, now or before a restart. */
  readonly ageMs?: number | undefined
  /** What was told, where the store is shared and it was a short while ago. */
  readonly told?: string | undefined
  /** It was being worked on, and `told` is what it came to: this answer gets the same (`joining-store.ts`). */
  readonly joined?: boolean
}

export type Claim = {readonly kind: 'mine'} | TakenClaim | {readonly kind: 'full'}

/**
 * Keeps every State single-use, and what a push needs to be found again after a crash or on another node.
 * Names are nonces; no value is ever a password or a passcode. Nothing here throws because a store is away: one that is
 * shared then does for this node what memory does.
 * A shared store seals what it writes, bound to the name it stands under: whoever can write to it could otherwise put
 * a transaction of his own in the place of another user's.
 */
export interface StateStore {
  /**
   * Takes the State for this answer, atomically: one caller ever gets 'mine'. Stored before it returns.
   * @param mayTake the place on the phone that this answer may take next. After a kill it counts as taken, so that taking
   *   it writes nothing of its own; deciding the State ends that, unless the place is still held (Verified Push).
   */
  claim(nonce: string, answer: string, mayTake?: PushPlace): Promise<Claim>
  /** The transaction that the claim's push or call became. */
  setTransaction(nonce: string, transactionId: string): Promise<void>
  /**
   * The login has its decision; the State stays used until it would have expired.
   * @param told what another node needs to give the same answer to the same request (`told-decision.ts`); not asked for
   *   where there is no other.
   */
  setDecided(nonce: string, told?: () => string | undefined): Promise<void>
  /** @param mayTake as of `claim`: ended by the next record of that name, unless the place is still held. */
  putRecord(nonce: string, record: Buffer, lifeMs: number, mayTake?: PushPlace): Promise<void>
  getRecord(nonce: string): Promise<Buffer | undefined>
  /** One pending push a user: true when no other login holds the place. Ends by itself after PUSH_LIFE_MS. */
  lockPush(push: PushPlace): Promise<boolean>
  unlockPush(push: PushPlace): Promise<void>
  close(): Promise<void>
}
