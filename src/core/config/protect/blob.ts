import {createCipheriv, createDecipheriv, createHash, hkdfSync} from 'node:crypto'
import {Secret} from '../../secret.ts'
import type {Unprotected} from '../context.ts'

/**
 * A protected value: `ap1.KEYID.OCTETS`, in base64url. KEYID are 6 octets that tell one machine key from another;
 * OCTETS are a nonce of 12, the ciphertext, and a tag of 16 (AES-256-GCM). `ap1w.OCTETS` is a DPAPI blob in base64.
 */
const PREFIX = 'ap1.'
const WINDOWS_PREFIX = 'ap1w.'
const NONCE_OCTETS = 12
const TAG_OCTETS = 16

/** How a DPAPI blob begins: version 1 and the id of its provider. That is what the original's Windows tool writes. */
const DPAPI_START = Buffer.from('01000000d08c9ddf0115d1118c7a00c04fc297eb', 'hex')

/** Octets that `text` was sealed to with a DPAPI of ours, for PowerShell to open; undefined for other values. */
export function dpapiOctets(text: string): string | undefined {
  return text.startsWith(WINDOWS_PREFIX) ? text.slice(WINDOWS_PREFIX.length) : undefined
}

export function fromDpapi(base64: string): string {
  return WINDOWS_PREFIX + base64
}

/** Seals a secret with the key of this machine (at least 32 octets). `nonce` must never be used again with this key. */
export function seal(secret: Secret, machineKey: Buffer, nonce: Buffer): string {
  const {key, keyId} = derive(machineKey)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, {authTagLength: TAG_OCTETS})
  cipher.setAAD(Buffer.from(`${PREFIX}${keyId}`))
  const octets = Buffer.concat([nonce, cipher.update(secret.reveal(), 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${PREFIX}${keyId}.${octets.toString('base64url')}`
}

/** Opens what `seal` made. Any other text gives the reason why it cannot be opened here. */
export function open(text: string, machineKey: Buffer): Unprotected {
  const match = /^ap1\.([A-Za-z0-9_-]{8})\.([A-Za-z0-9_-]+)$/.exec(text)
  if (match === null) return {ok: false, reason: describeForeign(text)}
  const {key, keyId} = derive(machineKey)
  if (match[1] !== keyId) return {ok: false, reason: 'it was protected on another machine, or with another key'}
  const octets = Buffer.from(match[2] ?? '', 'base64url')
  if (octets.length < NONCE_OCTETS + TAG_OCTETS) return {ok: false, reason: 'it is cut off'}
  const decipher = createDecipheriv('aes-256-gcm', key, octets.subarray(0, NONCE_OCTETS), {authTagLength: TAG_OCTETS})
  decipher.setAAD(Buffer.from(`${PREFIX}${keyId}`))
  decipher.setAuthTag(octets.subarray(-TAG_OCTETS))
  try {
    const plain = Buffer.concat([decipher.update(octets.subarray(NONCE_OCTETS, -TAG_OCTETS)), decipher.final()])
    return {ok: true, secret: new Secret(plain.toString('utf8'))}
  } catch {
    return {ok: false, reason: 'it is damaged'}
  }
}

/** What a value is that this machine cannot open by its form alone. */
export function describeForeign(text: string): string {
  if (text.startsWith(WINDOWS_PREFIX)) return 'it was protected on Windows'
  if (/^ap\d+/.test(text)) return 'it is damaged, or was protected by a later release'
  if (Buffer.from(text, 'base64').subarray(0, DPAPI_START.length).equals(DPAPI_START)) {
    return "it was made by the original's tool on Windows, which only the original can open"
  }
  return 'it is not a protected value'
}

function derive(machineKey: Buffer): {key: Buffer; keyId: string} {
  const key = Buffer.from(hkdfSync('sha256', machineKey, '', 'authproxy protect 1', 32))
  const keyId = createHash('sha256')
    .update('authproxy key id')
    .update(key)
    .digest()
    .subarray(0, 6)
    .toString('base64url')
  return {key, keyId}
}
