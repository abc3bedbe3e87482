import {randomBytes} from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import {Fault} from '../../fault.ts'

/**
 * Puts new content in the place of a file, whole or not at all, and keeps the old content beside it as FILE.bak (0600), or
 * as FILE.bak.1 and so on: what an earlier run kept is not replaced, since its secrets may be in clear nowhere else.
 * Owner and mode stay; a symbolic link stays one, and the file it leads to is replaced.
 * @returns the path of the backup
 * @throws Fault file-unwritable; the file is then as it was
 */
export function replaceFile(path: string, before: Buffer, after: Buffer): string {
  const target = realpathSync(path)
  try {
    const owner = statSync(target)
    const backup = putBackup(`${target}.bak`, before, {...owner, mode: 0o600})
    putFile(target, after, owner)
    return backup
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('file-unwritable', `${target} cannot be replaced`, {
      cause: error,
      hint: 'its folder must be writable',
    })
  }
}

function putBackup(path: string, content: Buffer, owner: Owner): string {
  for (let number = 0; number < MAX_BACKUPS; number++) {
    const backup = number === 0 ? path : `${path}.${number}`
    if (putNewFile(backup, content, owner)) return backup
  }
  throw new Fault(
    'file-unwritable',
    `there are ${MAX_BACKUPS} backups already, the last one ${path}.${MAX_BACKUPS - 1}`,
    {
      hint: 'remove those that are not needed any more: they hold secrets in clear',
    },
  )
}

const MAX_BACKUPS = 100

type Owner = Pick<Stats, 'uid' | 'gid' | 'mode'>

/** Writes a file that must not be there yet; false when it is. */
export function putNewFile(path: string, content: Buffer, owner: Owner): boolean {
  const temporary = writeTemporary(path, content, owner)
  try {
    linkSync(temporary, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(temporary, {force: true})
  }
}

function putFile(path: string, content: Buffer, owner: Owner): void {
  const temporary = writeTemporary(path, content, owner)
  try {
    renameSync(temporary, path)
  } finally {
    rmSync(temporary, {force: true})
  }
}

/** In the same folder, since a rename is whole only within one file system; on the disk before it gets its name. */
function writeTemporary(path: string, content: Buffer, {uid, gid, mode}: Owner): string {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const file = openSync(temporary, 'wx', 0o600)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  keepOwner(temporary, uid, gid)
  chmodSync(temporary, mode & 0o777)
  return temporary
}

/** Only root can give a file away; for everybody else it is the same owner, or the folder's rules decide. */
function keepOwner(path: string, uid: number, gid: number): void {
  try {
    chownSync(path, uid, gid)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error
  }
}
