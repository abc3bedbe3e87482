import type {SharedKey} from './shared-key.ts'

export const MAX_PASSWORD_OCTETS = 128

/**
 * Hides a password for User-Password (RFC 2865 5.2); `authenticator` is the Request Authenticator.
 * Undefined when the password has more than 128 octets.
 */
export function hidePassword(password: Buffer, authenticator: Buffer, key: SharedKey): Buffer | undefined {
  if (password.length > MAX_PASSWORD_OCTETS) return undefined
  const hidden = Buffer.alloc(Math.max(1, Math.ceil(password.length / CHUNK_OCTETS)) * CHUNK_OCTETS)
  password.copy(hidden)
  key.pad(authenticator, 0, CHUNK_OCTETS, pad)
  for (let offset = 0; ; ) {
    for (let i = 0; i < CHUNK_OCTETS; i++) hidden[offset + i] = (hidden[offset + i] ?? 0) ^ (pad[i] ?? 0)
    offset += CHUNK_OCTETS
    if (offset === hidden.length) return hidden
    key.pad(hidden, offset - CHUNK_OCTETS, offset, pad)
  }
}

/**
 * Reveals the value of a User-Password, without the NULs it was filled up with. With another secret than the sender's
 * this gives noise, not an error. Undefined when the value is not of 16, 32 ... 128 octets. The result is no slice of
 * Buffer's pool: a password typed at a prompt is kept while the push is out (docs/decisions/0072-memory.md).
 */
export function revealPassword(hidden: Buffer, authenticator: Buffer, key: SharedKey): Buffer | undefined {
  const octets = hidden.length
  if (octets === 0 || octets > MAX_PASSWORD_OCTETS || octets % CHUNK_OCTETS !== 0) return undefined
  key.pad(authenticator, 0, CHUNK_OCTETS, pad)
  for (let offset = 0; ; ) {
    for (let i = 0; i < CHUNK_OCTETS; i++) revealed[offset + i] = (hidden[offset + i] ?? 0) ^ (pad[i] ?? 0)
    offset += CHUNK_OCTETS
    if (offset === octets) break
    key.pad(hidden, offset - CHUNK_OCTETS, offset, pad)
  }
  let length = octets
  while (length > 0 && revealed[length - 1] === 0) length--
  const password = Buffer.alloc(length)
  revealed.copy(password, 0, 0, length)
  revealed.fill(0, 0, octets)
  return password
}

const CHUNK_OCTETS = 16
const pad = Buffer.alloc(CHUNK_OCTETS)
/** The password being revealed, which stays nowhere else. */
const revealed = Buffer.alloc(MAX_PASSWORD_OCTETS)
