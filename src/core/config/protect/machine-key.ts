import {statSync} from 'node:fs'
import {posix} from 'node:path'
import {Fault} from '../../fault.ts'
import type {FileRead} from '../context.ts'
import {putNewFile} from './replace-file.ts'

export const KEY_OCTETS = 32

/** The key of this machine stands beside the configuration file that it protects. */
export function machineKeyPath(configPath: string): string {
  return posix.join(posix.dirname(configPath), 'authproxy.key')
}

export type MachineKey = {readonly ok: true; readonly key: Buffer} | {readonly ok: false; readonly reason: string}

/** Reads the key that `makeMachineKey` made; `reason` is a sentence part for a person. */
export function readMachineKey(path: string, readFile: (path: string) => FileRead): MachineKey {
  const file = readFile(path)
  if (!file.ok) return {ok: false, reason: `the key of this machine, ${path}, ${file.reason}`}
  const text = file.octets.toString('latin1').trim()
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return {ok: false, reason: `${path} does not hold a key of this program`}
  if ((file.mode & 0o007) !== 0) return {ok: false, reason: `every user may read the key ${path}`}
  return {ok: true, key: Buffer.from(text, 'base64url')}
}

/**
 * Makes the key, unless there is one. It belongs to whom the configuration file belongs to, with mode 0600; a group that
 * may read the configuration may read the key too (0640), since that is how a service reads a file of root's.
 * @throws Fault file-unwritable
 */
export function makeMachineKey(path: string, configPath: string, key: Buffer): void {
  try {
    const {uid, gid, mode} = statSync(configPath)
    putNewFile(path, Buffer.from(`${key.toString('base64url')}\n`), {uid, gid, mode: 0o600 | (mode & 0o040)})
  } catch (error) {
    throw new Fault('file-unwritable', `the key of this machine cannot be written to ${path}`, {cause: error})
  }
}
