import {createCipheriv, createDecipheriv, hkdfSync} from 'node:crypto'
import {HmacKey} from '../hmac.ts'
import type {World} from '../world.ts'
import {decodeChallenge, encodeChallenge, type PendingChallenge} from './challenge-codec.ts'
import type {StateStore} from './state-store.ts'

/** What a State is bound to: presented by anything else, it does not open (RFC 2865 4.4; decisions: sealed State). */
export type StateBinding = {
  readonly section: string
  readonly ikey: string
  readonly clientEntry: string
  readonly source: string
  readonly userName: string
}

/** `nonce` names the State: it may be used once. */
export type OpenedState = {
  readonly ok: true
  readonly nonce: string
  readonly challenge: PendingChallenge
  /** A keyed digest of an answer to it, equal wherever this State opens: what is stored instead of a passcode. */
  readonly digest: (answer: string) => string
}
export type RefusedState = {readonly ok: false; readonly reason: 'unknown' | 'expired'}

/** A challenge may be answered for this long (compatibility: CHALLENGE_WAIT). */
export const STATE_LIFE_MS = 300_000

/** A clock of another node, or of ours before a restart, may differ by this much. */
const CLOCK_TOLERANCE_MS = 60_000

/** Some clients refuse a State over 200 octets, some cut it at a NUL: printable and shorter than that. */
const MAX_STATE_CHARACTERS = 192
const VERSION = 1
const NONCE_OCTETS = 12
/** What NONCE_OCTETS are in base64url, without a rest. */
const NAME_CHARACTERS = (NONCE_OCTETS / 3) * 4
const TAG_OCTETS = 16
export const INSTANCE_OCTETS = 4
/** Inside the seal: wall second of the end, instance, monotonic second of the end, where the challenge is. */
const HEADER_OCTETS = 4 + INSTANCE_OCTETS + 4 + 1
const MAX_CHALLENGE_OCTETS = (MAX_STATE_CHARACTERS / 4) * 3 - 1 - NONCE_OCTETS - TAG_OCTETS - HEADER_OCTETS
const place = {here: 0, store: 1} as const

type Keys = {readonly state: Buffer; readonly answer: HmacKey; readonly attempt: HmacKey}

/**
 * Makes and opens the State attribute: base64url of version, nonce, AES-256-GCM over expiry and challenge, tag.
 * A challenge that does not fit stays in the store, sealed with the same key, and the State only names it.
 */
export class SealedState {
  readonly #current: Keys
  readonly #previous: readonly Keys[]
  readonly #world: World
  readonly #store: StateStore
  readonly #refuseSealedBeforeMs: number
  /** Tells States of this service, whose expiry is monotonic, from all others. */
  readonly #instance: Buffer

  /**
   * @param keys the current one first, then those it replaced; 32 octets or more each.
   * @param refuseSealedBeforeMs wall clock: States that others sealed before it do not open, because nothing is known
   *   of their use (the journal's `knowsPast`).
   * @param instance 4 octets, the same for all processes that have one monotonic clock and one store; by default this one's.
   */
  constructor(
    [current, ...previous]: readonly [Buffer, ...Buffer[]],
    store: StateStore,
    world: World,
    refuseSealedBeforeMs = 0,
    instance = world.randomBytes(INSTANCE_OCTETS),
  ) {
    this.#current = derived(current)
    this.#previous = previous.map(derived)
    this.#world = world
    this.#store = store
    this.#refuseSealedBeforeMs = refuseSealedBeforeMs
    this.#instance = instance
  }

  async seal(challenge: PendingChallenge, binding: StateBinding): Promise<Buffer> {
    const {state: key} = this.#current
    const nonce = this.#world.randomBytes(NONCE_OCTETS)
    const body = encodeChallenge(challenge)
    const fits = body.length <= MAX_CHALLENGE_OCTETS
    if (!fits) {
      const recordNonce = this.#world.randomBytes(NONCE_OCTETS)
      const record = Buffer.concat([recordNonce, encrypt(key, recordNonce, body, aad(binding, nonce))])
      await this.#store.putRecord(name(nonce), record, STATE_LIFE_MS)
    }
    const header = this.#header(fits ? place.here : place.store)
    const plain = fits ? Buffer.concat([header, body]) : header
    const token = Buffer.concat([Buffer.of(VERSION), nonce, encrypt(key, nonce, plain, aad(binding, undefined))])
    return Buffer.from(token.toString('base64url'), 'latin1')
  }

  async open(state: Buffer, binding: StateBinding): Promise<OpenedState | RefusedState> {
    const unknown = {ok: false, reason: 'unknown'} as const
    if (state.length > MAX_STATE_CHARACTERS) return unknown
    const text = state.toString('latin1')
    const token = Buffer.from(text, 'base64url')
    // One spelling only: bits that base64 leaves unused must not make a second State of one.
    if (token.toString('base64url') !== text || token[0] !== VERSION) return unknown
    if (token.length < 1 + NONCE_OCTETS + HEADER_OCTETS + TAG_OCTETS) return unknown
    // A copy outside Buffer's pool, as the digest below lives as long as the push (docs/decisions/0072-memory.md).
    const nonce = Buffer.alloc(NONCE_OCTETS)
    token.copy(nonce, 0, 1, 1 + NONCE_OCTETS)
    for (const keys of [this.#current, ...this.#previous]) {
      const plain = decrypt(keys.state, nonce, token.subarray(1 + NONCE_OCTETS), aad(binding, undefined))
      if (plain === undefined) continue
      if (this.#expired(plain)) return {ok: false, reason: 'expired'}
      const body =
        plain.readUInt8(HEADER_OCTETS - 1) === place.here
          ? plain.subarray(HEADER_OCTETS)
          : await this.#record(keys.state, nonce, binding)
      const challenge = body && decodeChallenge(body)
      if (challenge === undefined) return unknown
      const digest = (answer: string) => answerDigest(keys.answer, nonce, answer)
      return {ok: true, nonce: name(nonce), challenge, digest}
    }
    return unknown
  }

  /** A name for a login that has no State, which only its own retries have; tells nothing of the password in it. */
  attemptName(identity: string): string {
    return this.#current.attempt.digest(identity, 'base64url').slice(0, NAME_CHARACTERS)
  }

  /** A name for a user's place on the phone, which tells nothing of the user. */
  placeName(user: string): string {
    return this.attemptName(`place ${user}`)
  }

  /** Seals what is written down of a login that has no State. It opens under its own name only. */
  sealNote(attempt: string, text: string): Buffer {
    const nonce = this.#world.randomBytes(NONCE_OCTETS)
    return Buffer.concat([nonce, encrypt(this.#current.state, nonce, Buffer.from(text, 'utf8'), noteAad(attempt))])
  }

  openNote(attempt: string, sealed: Buffer): string | undefined {
    if (sealed.length < NONCE_OCTETS + TAG_OCTETS) return undefined
    const [nonce, rest] = [sealed.subarray(0, NONCE_OCTETS), sealed.subarray(NONCE_OCTETS)]
    return decrypt(this.#current.state, nonce, rest, noteAad(attempt))?.toString('utf8')
  }

  #header(challengePlace: number): Buffer {
    const header = Buffer.alloc(HEADER_OCTETS)
    header.writeUInt32BE(seconds(this.#world.wallMs() + STATE_LIFE_MS), 0)
    this.#instance.copy(header, 4)
    header.writeUInt32BE(seconds(this.#world.monotonicMs() + STATE_LIFE_MS), 4 + INSTANCE_OCTETS)
    header.writeUInt8(challengePlace, HEADER_OCTETS - 1)
    return header
  }

  /** Whole seconds, rounded down: a State never lives longer than its time, and a second less at most. */
  #expired(plain: Buffer): boolean {
    if (plain.subarray(4, 4 + INSTANCE_OCTETS).equals(this.#instance)) {
      return seconds(this.#world.monotonicMs()) >= plain.readUInt32BE(4 + INSTANCE_OCTETS)
    }
    const endMs = plain.readUInt32BE(0) * 1000
    const nowMs = this.#world.wallMs()
    if (endMs - STATE_LIFE_MS < this.#refuseSealedBeforeMs) return true
    // A clock that was set back must not make an old State live again for as long as that.
    return nowMs - CLOCK_TOLERANCE_MS >= endMs || nowMs + STATE_LIFE_MS + CLOCK_TOLERANCE_MS < endMs
  }

  /** Nothing but a record sealed for this very State is taken from the store, which others may write to. */
  async #record(key: Buffer, nonce: Buffer, binding: StateBinding): Promise<Buffer | undefined> {
    const record = await this.#store.getRecord(name(nonce))
    if (record === undefined || record.length < NONCE_OCTETS + TAG_OCTETS) return undefined
    return decrypt(key, record.subarray(0, NONCE_OCTETS), record.subarray(NONCE_OCTETS), aad(binding, nonce))
  }
}

function derived(key: Buffer): Keys {
  return {
    state: derive(key, 'state'),
    answer: new HmacKey('sha256', derive(key, 'answer')),
    attempt: new HmacKey('sha256', derive(key, 'attempt')),
  }
}

function answerDigest(key: HmacKey, nonce: Buffer, answer: string): string {
  return key.digest(Buffer.concat([nonce, Buffer.from(answer, 'utf8')]), 'base64url')
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `authproxy ${purpose} v${VERSION}`, 32))
}

/** `record` is the nonce of the State a stored record belongs to; a State itself has none. */
function aad(binding: StateBinding, record: Buffer | undefined): Buffer {
  const {section, ikey, clientEntry, source, userName} = binding
  return Buffer.from(
    JSON.stringify([VERSION, record?.toString('hex') ?? '', section, ikey, clientEntry, source, userName]),
    'utf8',
  )
}

function noteAad(attempt: string): Buffer {
  return Buffer.from(JSON.stringify([VERSION, 'attempt', attempt]), 'utf8')
}

function encrypt(key: Buffer, nonce: Buffer, plain: Buffer, additional: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additional)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: Buffer, nonce: Buffer, sealed: Buffer, additional: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, {authTagLength: TAG_OCTETS}).setAAD(additional)
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_OCTETS))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_OCTETS)), decipher.final()])
  } catch {
    return undefined
  }
}

function name(nonce: Buffer): string {
  return nonce.toString('base64url')
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000) >>> 0
}
