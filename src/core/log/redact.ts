import {Secret} from '../secret.ts'

const MASK = '*****'

/** Keys whose value is a secret even when somebody passes it as plain text: the last net, not the first. */
const secretKey = /(secret|skey|password|passwd|passphrase|_key(_previous)?|token)(_protected)?(_\d+)?(_protected)?$/

const credentialsInUrl = /\/\/[^/@\s]*@/g

/**
 * One section as the log shows it at start: `[radius_server_challenge] ikey=DI..., skey=*****[40], ...`.
 * The secret key shows its length, since a wrong length is the usual mistake there; no other secret shows anything.
 */
export function redactedSection(
  name: string,
  settings: Iterable<readonly [key: string, value: string | number | boolean | Secret]>,
): string {
  const shown: string[] = []
  for (const [key, value] of settings) shown.push(`${key}=${redacted(key, value)}`)
  return `[${name}] ${shown.join(', ')}`
}

function redacted(key: string, value: string | number | boolean | Secret): string {
  const isSecret = value instanceof Secret || (typeof value === 'string' && secretKey.test(key))
  if (!isSecret) return `${value}`.replace(credentialsInUrl, `//${MASK}@`)
  const text = value instanceof Secret ? value.reveal() : value
  return key === 'skey' ? `${MASK}[${text.length}]` : MASK
}
