import type {CarriedAttribute} from './primary-authenticator.ts'

/**
 * What a challenge must remember until its answer comes. `loginId` is twelve hex digits.
 * - factor: a factor is to be chosen, or a passcode typed
 * - wait: a push with a code is out; any answer asks for its result
 * - primary: the primary server asked the question itself
 * - enroll: the user was sent to enrol; no answer lets in
 * `change` is a password change that the approval is for, `choice` the factor or passcode typed with the password.
 */
export type PendingChallenge =
  | {
      readonly kind: 'factor'
      readonly loginId: string
      readonly factors: ReadonlyMap<string, string>
      readonly carry: string | undefined
      readonly attributes: readonly CarriedAttribute[]
      readonly change?: readonly CarriedAttribute[] | undefined
    }
  | {
      readonly kind: 'wait'
      readonly loginId: string
      readonly transactionId: string
      readonly factor: string
      readonly attributes: readonly CarriedAttribute[]
      readonly change?: readonly CarriedAttribute[] | undefined
    }
  | {
      readonly kind: 'primary'
      readonly loginId: string
      readonly resume: Buffer
      readonly choice?: string | undefined
    }
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

const tag = {
  factors: 1,
  otherFactor: 2,
  carry: 3,
  attribute: 4,
  transactionId: 5,
  factor: 6,
  resume: 7,
  change: 8,
  choice: 9,
} as const

type Field = {readonly number: number; readonly value: Buffer}

/** Packs a challenge: kind, login id, then fields of tag (1), length (2) and value; about two octets for a factor. */
export function encodeChallenge(challenge: PendingChallenge): Buffer {
  const parts: Buffer[] = [Buffer.of(kinds.indexOf(challenge.kind)), Buffer.from(challenge.loginId, 'hex')]
  for (const {number, value} of fieldsOf(challenge)) {
    const head = Buffer.alloc(3)
    head.writeUInt8(number, 0)
    head.writeUInt16BE(value.length, 1)
    parts.push(head, value)
  }
  return Buffer.concat(parts)
}

/** The reverse; undefined for anything `encodeChallenge` does not make. */
export function decodeChallenge(octets: Buffer): PendingChallenge | undefined {
  const kind = kinds[octets[0] ?? kinds.length]
  const fields = readFields(octets.subarray(1 + LOGIN_ID_OCTETS))
  if (kind === undefined || octets.length < 1 + LOGIN_ID_OCTETS || fields === undefined) return undefined
  const loginId = octets.toString('hex', 1, 1 + LOGIN_ID_OCTETS)
  const one = (number: number) => fields.find((field) => field.number === number)?.value
  switch (kind) {
    case 'enroll':
      return {kind, loginId}
    case 'primary': {
      const resume = one(tag.resume)
      const choice = one(tag.choice)?.toString('utf8')
      return resume && {kind, loginId, resume, ...(choice === undefined ? {} : {choice})}
    }
    case 'wait': {
      const transactionId = one(tag.transactionId)?.toString('utf8')
      const factor = one(tag.factor)?.toString('utf8')
      if (transactionId === undefined || factor === undefined) return undefined
      return {kind, loginId, transactionId, factor, attributes: attributesOf(fields), ...changeOf(fields)}
    }
    case 'factor': {
      const factors = factorsOf(fields)
      if (factors === undefined) return undefined
      const carry = one(tag.carry)?.toString('utf8')
      return {kind, loginId, factors, carry, attributes: attributesOf(fields), ...changeOf(fields)}
    }
  }
}

function fieldsOf(challenge: PendingChallenge): Field[] {
  switch (challenge.kind) {
    case 'enroll':
      return []
    case 'primary':
      return [
        {number: tag.resume, value: challenge.resume},
        ...(challenge.choice === undefined ? [] : [{number: tag.choice, value: Buffer.from(challenge.choice, 'utf8')}]),
      ]
    case 'wait':
      return [
        {number: tag.transactionId, value: Buffer.from(challenge.transactionId, 'utf8')},
        {number: tag.factor, value: Buffer.from(challenge.factor, 'utf8')},
        ...attributeFields(challenge.attributes),
        ...attributeFields(challenge.change ?? [], tag.change),
      ]
    case 'factor':
      return [
        ...factorFields(challenge.factors),
        ...(challenge.carry === undefined ? [] : [{number: tag.carry, value: Buffer.from(challenge.carry, 'utf8')}]),
        ...attributeFields(challenge.attributes),
        ...attributeFields(challenge.change ?? [], tag.change),
      ]
  }
}

/** Factors with usual names are packed into runs of pairs; the order of the map is kept. */
function factorFields(factors: ReadonlyMap<string, string>): Field[] {
  const fields: Field[] = []
  let run: number[] = []
  const endRun = () => {
    if (run.length > 0) fields.push({number: tag.factors, value: Buffer.from(run)})
    run = []
  }
  for (const [key, name] of factors) {
    const pair = compactFactor(key, name)
    if (pair !== undefined) run.push(...pair)
    else {
      endRun()
      fields.push({number: tag.otherFactor, value: otherFactor(key, name)})
    }
  }
  endRun()
  return fields
}

function compactFactor(key: string, name: string): [number, number] | undefined {
  const keyOctet = key === 'default' ? DEFAULT_KEY : /^[1-9]\d{0,2}$/.test(key) ? Number(key) : undefined
  const [, word = '', digits] = /^([a-z_]+)([1-9]\d?)?$/.exec(name) ?? []
  const index = factorWords.indexOf(word)
  const number = digits === undefined ? NO_NUMBER : Number(digits)
  if (keyOctet === undefined || index === -1) return undefined
  if (keyOctet > MAX_KEY && key !== 'default') return undefined
  if (number > MAX_FACTOR_NUMBER && digits !== undefined) return undefined
  return [keyOctet, index * 64 + number]
}

/** Two octets of the key's length, the key, the name. */
function otherFactor(key: string, name: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(key, 'utf8'))
  return Buffer.concat([length, Buffer.from(key, 'utf8'), Buffer.from(name, 'utf8')])
}

function attributeFields(attributes: readonly CarriedAttribute[], number: number = tag.attribute): Field[] {
  return attributes.map(({type, value}) => ({number, value: Buffer.concat([Buffer.of(type), value])}))
}

/** Values are slices of a copy outside Buffer's pool, since attributes are kept until the push is answered (0072-memory.md). */
function readFields(sealed: Buffer): Field[] | undefined {
  const octets = Buffer.allocUnsafeSlow(sealed.length)
  sealed.copy(octets)
  const fields: Field[] = []
  for (let at = 0; at < octets.length; ) {
    if (at + 3 > octets.length) return undefined
    const end = at + 3 + octets.readUInt16BE(at + 1)
    if (end > octets.length) return undefined
    fields.push({number: octets.readUInt8(at), value: octets.subarray(at + 3, end)})
    at = end
  }
  return fields
}

function factorsOf(fields: readonly Field[]): Map<string, string> | undefined {
  const factors = new Map<string, string>()
  for (const {number, value} of fields) {
    if (number === tag.factors && !readCompactFactors(value, factors)) return undefined
    if (number === tag.otherFactor && !readOtherFactor(value, factors)) return undefined
  }
  return factors
}

function readCompactFactors(value: Buffer, factors: Map<string, string>): boolean {
  if (value.length % 2 !== 0) return false
  for (let at = 0; at < value.length; at += 2) {
    const key = value.readUInt8(at)
    const packed = value.readUInt8(at + 1)
    const number = packed % 64
    const word = factorWords[Math.floor(packed / 64)] ?? ''
    factors.set(key === DEFAULT_KEY ? 'default' : `${key}`, number === NO_NUMBER ? word : `${word}${number}`)
  }
  return true
}

function readOtherFactor(value: Buffer, factors: Map<string, string>): boolean {
  if (value.length < 2 || value.length < 2 + value.readUInt16BE(0)) return false
  const end = 2 + value.readUInt16BE(0)
  factors.set(value.toString('utf8', 2, end), value.toString('utf8', end))
  return true
}

function changeOf(fields: readonly Field[]): {change?: CarriedAttribute[]} {
  const change = attributesOf(fields, tag.change)
  return change.length === 0 ? {} : {change}
}

function attributesOf(fields: readonly Field[], wanted: number = tag.attribute): CarriedAttribute[] {
  return fields
    .filter(({number, value}) => number === wanted && value.length > 0)
    .map(({value}) => ({type: value.readUInt8(0), value: value.subarray(1)}))
}
