import {timingSafeEqual} from 'node:crypto'
import {MD5_OCTETS, Md5} from './md5.ts'

const CHAP_PASSWORD_OCTETS = 1 + MD5_OCTETS

/** The value of CHAP-Password: CHAP identifier and MD5(identifier | password | challenge) (RFC 2865 5.3). */
export function chapPassword(identifier: number, password: Buffer, challenge: Buffer): Buffer {
  const value = Buffer.alloc(CHAP_PASSWORD_OCTETS)
  value[0] = identifier
  new Md5().update(value, 0, 1).update(password).update(challenge).digestInto(value, 1)
  return value
}

/** Whether `value`, a CHAP-Password, was made from this password. Without a CHAP-Challenge the Request Authenticator is it. */
export function checkChapPassword(value: Buffer, password: Buffer, challenge: Buffer): boolean {
  if (value.length !== CHAP_PASSWORD_OCTETS) return false
  return timingSafeEqual(value, chapPassword(value.readUInt8(0), password, challenge))
}
