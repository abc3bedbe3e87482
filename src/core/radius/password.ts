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
 * this gives noise, not an error. Undefined when the value is not of 16, 32 ... 128 octets.
 */
export function revealPassword(hidden: Buffer, authenticator: Buffer, key: SharedKey): Buffer | undefined {
  if (hidden.length === 0 || hidden.length > MAX_PASSWORD_OCTETS || hidden.length % CHUNK_OCTETS !== 0) return undefined
  const password = Buffer.allocUnsafe(hidden.length)
  key.pad(authenticator, 0, CHUNK_OCTETS, pad)
  for (let offset = 0; ; ) {
    for (let i = 0; i < CHUNK_OCTETS; i++) password[offset + i] = (hidden[offset + i] ?? 0) ^ (pad[i] ?? 0)
    offset += CHUNK_OCTETS
    if (offset === hidden.length) break
    key.pad(hidden, offset - CHUNK_OCTETS, offset, pad)
  }
  let length = password.length
  while (length > 0 && password[length - 1] === 0) length--
  return password.subarray(0, length)
}

const CHUNK_OCTETS = 16
const pad = Buffer.alloc(CHUNK_OCTETS)
