import type {SharedKey} from './shared-key.ts'

/** The longest text a salted value can hide: 15 chunks, less the octet that tells its length. */
const MAX_SALTED_OCTETS = 239

/**
 * Hides octets as Tunnel-Password (RFC 2868 3.5) and the MPPE keys (RFC 2548 2.4.2) do: salt, then the hidden octets.
 * `salt` is two unpredictable octets, another for every attribute of a packet; its first bit is set here.
 * `authenticator` is the Request Authenticator, also in a reply. Undefined above 239 octets. The tag of a
 * Tunnel-Password stands before this value.
 */
export function hideSalted(plain: Buffer, salt: Buffer, authenticator: Buffer, key: SharedKey): Buffer | undefined {
  if (plain.length > MAX_SALTED_OCTETS) return undefined
  const chunks = Math.ceil((1 + plain.length) / CHUNK_OCTETS)
  const value = Buffer.alloc(SALT_OCTETS + chunks * CHUNK_OCTETS)
  salt.copy(value, 0, 0, SALT_OCTETS)
  value[0] = (value[0] ?? 0) | 0x80
  value[SALT_OCTETS] = plain.length
  plain.copy(value, SALT_OCTETS + 1)
  firstPad(value, authenticator, key)
  for (let offset = SALT_OCTETS; offset < value.length; offset += CHUNK_OCTETS) {
    if (offset > SALT_OCTETS) key.pad(value, offset - CHUNK_OCTETS, offset, pad)
    for (let i = 0; i < CHUNK_OCTETS; i++) value[offset + i] = (value[offset + i] ?? 0) ^ (pad[i] ?? 0)
  }
  return value
}

/** Reveals what `hideSalted` hid. Undefined when the value's length, or the length inside it, cannot be right. */
export function revealSalted(value: Buffer, authenticator: Buffer, key: SharedKey): Buffer | undefined {
  const hiddenOctets = value.length - SALT_OCTETS
  if (hiddenOctets < CHUNK_OCTETS || hiddenOctets % CHUNK_OCTETS !== 0) return undefined
  const revealed = Buffer.alloc(hiddenOctets)
  firstPad(value, authenticator, key)
  for (let offset = 0; offset < hiddenOctets; offset += CHUNK_OCTETS) {
    const hidden = offset + SALT_OCTETS
    if (offset > 0) key.pad(value, hidden - CHUNK_OCTETS, hidden, pad)
    for (let i = 0; i < CHUNK_OCTETS; i++) revealed[offset + i] = (value[hidden + i] ?? 0) ^ (pad[i] ?? 0)
  }
  const length = revealed.readUInt8(0)
  return length < hiddenOctets ? revealed.subarray(1, 1 + length) : undefined
}

/** A string attribute of RFC 2868 3.3: a first octet up to 0x1F is a tag, 0 meaning none; a greater one is text. */
export function splitTag(value: Buffer): {tag: number; text: Buffer} {
  const first = value[0]
  if (first === undefined || first > MAX_TAG) return {tag: 0, text: value}
  return {tag: first, text: value.subarray(1)}
}

const SALT_OCTETS = 2
const CHUNK_OCTETS = 16
const MAX_TAG = 0x1f
const pad = Buffer.alloc(CHUNK_OCTETS)

function firstPad(value: Buffer, authenticator: Buffer, key: SharedKey): void {
  const seed = Buffer.concat([authenticator, value.subarray(0, SALT_OCTETS)])
  key.pad(seed, 0, seed.length, pad)
}
