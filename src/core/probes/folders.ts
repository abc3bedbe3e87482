import {randomUUID} from 'node:crypto'
import {constants} from 'node:fs'
import {access, open, rm, stat, statfs} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {errorCode} from './network-steps.ts'
import {failed, ok, type ProbeResult, warning} from './probe.ts'

export type Folder = {
  readonly path: string
  /** "log_dir", "state_dir": what to change in the configuration. */
  readonly option: string
  /** Octets that its files will want. */
  readonly wantsOctets: number
  /** Nobody but the service may look into it. */
  readonly private: boolean
  /** Files of the service in it, which it must be able to read and write where they are there. */
  readonly files?: readonly string[]
  /** Who runs the checks, for the texts. */
  readonly userText: string
}

const MIB = 1024 * 1024
/** One block of a file system: where this does not fit, nothing does. */
const TRIED_OCTETS = 4096

/** Whether files can be made in a folder, tried with one that is removed again, and whether there is room for more. */
export async function probeFolder({
  path,
  option,
  wantsOctets,
  private: isPrivate,
  files = [],
  userText,
}: Folder): Promise<ProbeResult> {
  const found = await stat(path).catch(errorCode)
  if (found === 'ENOENT') return willBeMade(path, option)
  if (typeof found === 'string') return failed(`${path} cannot be looked at by ${userText} (${found})`, owner(option))
  if (!found.isDirectory()) return failed(`${path} is not a folder`, `name a folder in ${option}`)
  const problem = await triedFile(path)
  if (problem === 'ENOSPC' || problem === 'EDQUOT') {
    return failed(`${path} is full (${problem})`, 'make room on this file system, or name a folder on another one')
  }
  if (problem === 'EROFS')
    return failed(`${path} is read-only (EROFS)`, `name a folder that can be written in ${option}`)
  if (problem !== undefined) return failed(`${userText} cannot write in ${path} (${problem})`, owner(option))
  for (const file of files) {
    const unusable = await openedFile(join(path, file))
    if (unusable !== undefined) {
      return failed(`${join(path, file)} cannot be used by ${userText} (${unusable})`, fileOwner)
    }
  }
  if (isPrivate && (found.mode & 0o077) !== 0) {
    return warning(
      `${path} is open to others (mode ${mode(found.mode)})`,
      `chmod 700 ${path}: who can read it can forge the State of a challenge`,
    )
  }
  const {bavail, bsize} = await statfs(path)
  const free = bavail * bsize
  const seen = `writable by ${userText}, ${mib(free)} free`
  if (free >= wantsOctets) return ok(seen)
  return warning(
    `${seen}, of the ${mib(wantsOctets)} that its files may come to`,
    'make room, or lower log_max_size and log_max_files',
  )
}

/** A folder that is missing is made by the service; not here, where it could belong to the wrong user. */
async function willBeMade(path: string, option: string): Promise<ProbeResult> {
  const parent = dirname(path)
  try {
    await access(parent, constants.W_OK | constants.X_OK)
    return ok(`not there yet; it is made at the first start`)
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && parent !== path) return willBeMade(parent, option)
    return failed(`${path} is not there and cannot be made in ${parent} (${errorCode(error)})`, owner(option))
  }
}

/** The code of what went wrong, or undefined. */
async function triedFile(folder: string): Promise<string | undefined> {
  const path = join(folder, `.authproxy-check-${randomUUID()}`)
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.write(Buffer.alloc(TRIED_OCTETS))
    } finally {
      await file.close()
    }
    return undefined
  } catch (error) {
    return errorCode(error) || String(error)
  } finally {
    await rm(path, {force: true})
  }
}

/** Why a file that is there cannot be read and written; it is not changed. */
async function openedFile(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, 'r+')
    await file.close()
    return undefined
  } catch (error) {
    const code = errorCode(error)
    return code === 'ENOENT' ? undefined : code || String(error)
  }
}

const fileOwner = 'give the file to the account of the service (chown), or remove it'

function owner(option: string): string {
  return `give the folder to the account of the service (chown), or name another one in ${option}`
}

export function mode(bits: number): string {
  return (bits & 0o777).toString(8).padStart(4, '0')
}

function mib(octets: number): string {
  return octets >= 1024 * MIB ? `${(octets / MIB / 1024).toFixed(1)} GiB` : `${Math.floor(octets / MIB)} MiB`
}
