import {Fault} from '../../fault.ts'
import type {Secret} from '../../secret.ts'
import type {FileRead} from '../context.ts'
import {type ProtectedText, protectText} from './protect-text.ts'
import type {Protector} from './protector.ts'
import {replaceFile} from './replace-file.ts'

export type FileProtection = Pick<ProtectedText, 'keys' | 'skipped'> & {
  /** Puts the protected text in the place of the file; gives the path of the backup, which holds the secrets in clear. */
  readonly write: () => string
}

const BYTE_ORDER_MARK = '\ufeff'

/**
 * Protects all secrets of a file, without writing yet. Each is opened again to see that it can be.
 * @throws Fault file-unreadable, secret-unavailable, file-unwritable
 */
export function protectFile(
  path: string,
  platform: string,
  readFile: (path: string) => FileRead,
  protector: Protector,
): FileProtection {
  const file = readFile(path)
  if (!file.ok) throw new Fault('file-unreadable', `${path} ${file.reason}`)
  const text = file.octets.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(file.octets)) {
    throw new Fault('file-unreadable', `${path} is not UTF-8`, {hint: 'save it as UTF-8 first'})
  }
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : ''
  const result = protectText(text.slice(mark.length), platform, (secret) => protectChecked(secret, protector))
  return {
    keys: result.keys,
    skipped: result.skipped,
    write: () => replaceFile(path, file.octets, Buffer.from(mark + result.text, 'utf8')),
  }
}

function protectChecked(secret: Secret, {protect, unprotect}: Protector): string {
  const text = protect(secret)
  const opened = unprotect(text)
  if (opened.ok && opened.secret.equals(secret)) return text
  throw new Fault('secret-unavailable', 'a value that was just protected cannot be opened again; nothing was written')
}
