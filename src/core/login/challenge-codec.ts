import type {CarriedAttribute} from './primary-authenticator.ts'

/**
 * What a challenge must remember until its answer comes. `loginId` is twelve hex digits.
 * - factor: a factor is to be chosen, or a passcode typed
 * - wait: a push with a code is out; any answer asks for its result
 * - primary: the primary server asked the question itself
 * - enroll: the user was sent to enrol; no answer lets in
 */
export type PendingChallenge =
  | {
      readonly kind: 'factor'
      readonly loginId: string
      readonly factors: ReadonlyMap<string, string>
      readonly carry: string | undefined
      readonly attributes: readonly CarriedAttribute[]
    }
  | {
      readonly kind: 'wait'
      readonly loginId: string
      readonly transactionId: string
      readonly factor: string
      readonly attributes: readonly CarriedAttribute[]
    }
  | {readonly kind: 'primary'; readonly loginId: string; readonly resume: Buffer}
  | {readonly kind: 'enroll'; readonly loginId: string}

const kinds = ['factor', 'wait', 'primary', 'enroll'] as const
const factorWords: readonly string[] = ['push', 'phone', 'sms', 'verified_push']

const LOGIN_ID_OCTETS = 6
const MAX_FACTOR_NUMBER = 62
/** A factor number of this value stands for a bare word: "push". */
const NO_NUMBER = 63
const MAX_KEY = 254
/** The map key "default". */
const DEFAULT_KEY = 255

const tag = {factors: 1, otherFactor: 2, carry: 3, attribute: 4, transactionId: 5, factor: 6, resume: 7} as const

/** Packs a challenge: kind, login id, then fields of tag (1), length (2) and value; about two octets for a factor. */
export function encodeChallenge(challenge: PendingChallenge): Buffer {
  const parts: Buffer[] = [Buffer.of(kinds.indexOf(challenge.kind)), Buffer.from(challenge.loginId, 'hex')]
  const field = (number: number, value: Buffer) => {
    const head = Buffer.alloc(3)
    head.writeUInt8(number, 0)
    head.writeUInt16BE(value.length, 1)
    parts.push(head, value)
  }
  if (challenge.kind === 'factor') {
    const compact: number[] = []
    for (const [key, name] of challenge.factors) {
      const pair = compactFactor(key, name)
      if (pair === undefined) field(tag.otherFactor, Buffer.from(`${key}\0${name}`, 'utf8'))
      else compact.push(...pair)
    }
    if (compact.length > 0) field(tag.factors, Buffer.from(compact))
    if (challenge.carry !== undefined) field(tag.carry, Buffer.from(challenge.carry, 'utf8'))
  }
  if (challenge.kind === 'wait') {
    field(tag.transactionId, Buffer.from(challenge.transactionId, 'utf8'))
    field(tag.factor, Buffer.from(challenge.factor, 'utf8'))
  }
  if (challenge.kind === 'primary') field(tag.resume, challenge.resume)
  if (challenge.kind === 'factor' || challenge.kind === 'wait') {
    for (const {type, value} of challenge.attributes) field(tag.attribute, Buffer.concat([Buffer.of(type), value]))
  }
  return Buffer.concat(parts)
}

/** The reverse; undefined for anything `encodeChallenge` does not make. */
export function decodeChallenge(octets: Buffer): PendingChallenge | undefined {
  const kind = kinds[octets[0] ?? kinds.length]
  if (kind === undefined || octets.length < 1 + LOGIN_ID_OCTETS) return undefined
  const loginId = octets.toString('hex', 1, 1 + LOGIN_ID_OCTETS)
  const factors = new Map<string, string>()
  const attributes: CarriedAttribute[] = []
  const texts = new Map<number, Buffer>()
  for (let at = 1 + LOGIN_ID_OCTETS; at < octets.length; ) {
    if (at + 3 > octets.length) return undefined
    const number = octets.readUInt8(at)
    const end = at + 3 + octets.readUInt16BE(at + 1)
    if (end > octets.length) return undefined
    const value = octets.subarray(at + 3, end)
    at = end
    if (number === tag.factors) readFactors(value, factors)
    else if (number === tag.otherFactor) readOtherFactor(value, factors)
    else if (number === tag.attribute) attributes.push({type: value[0] ?? 0, value: Buffer.from(value.subarray(1))})
    else texts.set(number, Buffer.from(value))
  }
  if (kind === 'enroll') return {kind, loginId}
  if (kind === 'primary') {
    const resume = texts.get(tag.resume)
    return resume && {kind, loginId, resume}
  }
  if (kind === 'wait') {
    const transactionId = texts.get(tag.transactionId)?.toString('utf8')
    const factor = texts.get(tag.factor)?.toString('utf8')
    if (transactionId === undefined || factor === undefined) return undefined
    return {kind, loginId, transactionId, factor, attributes}
  }
  return {kind, loginId, factors, carry: texts.get(tag.carry)?.toString('utf8'), attributes}
}

function compactFactor(key: string, name: string): [number, number] | undefined {
  const keyOctet = key === 'default' ? DEFAULT_KEY : /^[1-9]\d{0,2}$/.test(key) ? Number(key) : undefined
  const [, word, digits] = /^([a-z_]+)([1-9]\d?)?$/.exec(name) ?? []
  const index = factorWords.indexOf(word ?? '')
  const number = digits === undefined ? NO_NUMBER : Number(digits)
  if (keyOctet === undefined || index === -1) return undefined
  if (keyOctet > MAX_KEY && key !== 'default') return undefined
  if (number > MAX_FACTOR_NUMBER && digits !== undefined) return undefined
  return [keyOctet, index * 64 + number]
}

function readFactors(value: Buffer, factors: Map<string, string>): void {
  for (let at = 0; at + 1 < value.length; at += 2) {
    const key = value.readUInt8(at)
    const packed = value.readUInt8(at + 1)
    const number = packed % 64
    const word = factorWords[Math.floor(packed / 64)] ?? ''
    factors.set(key === DEFAULT_KEY ? 'default' : `${key}`, number === NO_NUMBER ? word : `${word}${number}`)
  }
}

function readOtherFactor(value: Buffer, factors: Map<string, string>): void {
  const [key = '', name = ''] = value.toString('utf8').split('\0')
  factors.set(key, name)
}
