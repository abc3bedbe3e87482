/** A State that was used is remembered until no clock in reach can take it for valid any more: its 300 s, and two minutes. */
export const CLAIM_LIFE_MS = 420_000

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
  /** Takes the State for this answer, atomically: one caller ever gets 'mine'. Stored before it returns. */
  claim(nonce: string, answer: string): Promise<Claim>
  /** The transaction that the claim's push or call became. */
  setTransaction(nonce: string, transactionId: string): Promise<void>
  /**
   * The login has its decision; the State stays used until it would have expired.
   * @param told what another node needs to give the same answer to the same request (`told-decision.ts`).
   */
  setDecided(nonce: string, told?: string): Promise<void>
  putRecord(nonce: string, record: Buffer, lifeMs: number): Promise<void>
  getRecord(nonce: string): Promise<Buffer | undefined>
  /** One pending push a user: true when no other login holds it. Ends by itself after `lifeMs`. */
  lockPush(user: string, holder: string, lifeMs: number): Promise<boolean>
  unlockPush(user: string, holder: string): Promise<void>
  close(): Promise<void>
}
