import {readFileSync, statSync} from 'node:fs'
import type {FileRead} from './context.ts'

/** Reads a file of this machine. Folders and devices are refused: a configuration is read at once, not waited for. */
export function readLocalFile(path: string): FileRead {
  try {
    const status = statSync(path)
    if (status.isDirectory()) return {ok: false, reason: 'is a folder'}
    if (!status.isFile()) return {ok: false, reason: 'is not a regular file'}
    return {ok: true, octets: readFileSync(path), mode: status.mode}
  } catch (error) {
    return {ok: false, reason: explain(error)}
  }
}

function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user'
  return `cannot be read (${code === '' ? String(error) : code})`
}
