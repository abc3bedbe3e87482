// Stands in for Samba's ntlm_auth behind FreeRADIUS: the domain of one user whose password has expired.
//   node domain-helper.ts auth FOLDER CHALLENGE NT-RESPONSE     prints NT_KEY, or why not
//   node domain-helper.ts change FOLDER                         speaks ntlm-change-password-1 on standard input
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {desl, ntHash} from '../../src/core/ntlm/hashes.ts'
import {md4} from '../../src/core/ntlm/md4.ts'
import {decryptedPassword, isOldPassword} from '../../src/core/simulate/ms-chap2.ts'

export const expiredPassword = 'old-not-real'

/** Where the password is kept once it was changed. */
export function changedPasswordPath(folder: string): string {
  return join(folder, 'changed-password')
}

function auth(folder: string, challenge: string, response: string): string {
  const path = changedPasswordPath(folder)
  const password = existsSync(path) ? readFileSync(path, 'utf8') : expiredPassword
  if (!desl(ntHash(password), Buffer.from(challenge, 'hex')).equals(Buffer.from(response, 'hex'))) {
    return 'Logon failure (0xc000006d)'
  }
  if (!existsSync(path)) return 'Must change password (0xc0000224)'
  return `NT_KEY: ${md4(ntHash(password)).toString('hex').toUpperCase()}`
}

function change(folder: string, lines: readonly string[]): string {
  const field = (name: string) =>
    Buffer.from(lines.find((line) => line.startsWith(`${name}: `))?.split(': ')[1] ?? '', 'hex')
  const next = decryptedPassword(field('new-nt-password-blob'), expiredPassword)
  const isRight = next !== undefined && isOldPassword(field('old-nt-hash-blob'), expiredPassword, next)
  if (isRight) writeFileSync(changedPasswordPath(folder), next)
  return isRight ? 'Password-Change: Yes\n.' : 'Password-Change: No\nPassword-Change-Error: wrong password\n.'
}

const [, , verb, folder = '', challenge = '', response = ''] = process.argv
if (verb === 'auth') {
  const answer = auth(folder, challenge, response)
  console.log(answer)
  process.exitCode = answer.startsWith('NT_KEY') ? 0 : 1
} else if (verb === 'change') {
  const lines: string[] = []
  for await (const chunk of process.stdin) {
    lines.push(...chunk.toString('utf8').split('\n'))
    if (!lines.includes('.')) continue
    console.log(change(folder, lines))
    break
  }
}
