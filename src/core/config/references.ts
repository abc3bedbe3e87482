import {posix, win32} from 'node:path'
import {Secret} from '../secret.ts'
import type {ConfigContext} from './context.ts'

/** `reference` is what was followed, as written; it is no secret. */
export type Resolved =
  | {readonly kind: 'plain'}
  | {readonly kind: 'resolved'; readonly secret: Secret}
  | {readonly kind: 'unresolved'; readonly reference: string; readonly reason: string}

const LIMIT_OCTETS = 64 * 1024

/** The place a secret is to be taken from, if the value is a reference at all: only the exact forms are. */
export function referenceIn(
  text: string,
  platform: string,
): {readonly kind: 'env' | 'file'; readonly name: string} | undefined {
  const variable = /^env:([A-Z_][A-Z0-9_]*)$/.exec(text)?.[1]
  if (variable !== undefined) return {kind: 'env', name: variable}
  const file = /^file:(.+)$/.exec(text)?.[1]
  const path = platform === 'win32' ? win32 : posix
  return file !== undefined && path.isAbsolute(file) ? {kind: 'file', name: file} : undefined
}

/** Follows a reference. One line end at the end of a file does not belong to the secret. */
export function resolveReference(text: string, context: ConfigContext): Resolved {
  const reference = referenceIn(text, context.platform)
  if (reference === undefined) return {kind: 'plain'}
  const unresolved = (reason: string): Resolved => ({kind: 'unresolved', reference: text, reason})
  if (reference.kind === 'env') {
    const value = context.env[reference.name]
    if (value === undefined) return unresolved(`the environment has no variable ${reference.name}`)
    return value === '' ? unresolved('that variable is empty') : {kind: 'resolved', secret: new Secret(value)}
  }
  const read = context.readFile(reference.name)
  if (!read.ok) return unresolved(`that file ${read.reason}`)
  if (read.octets.length > LIMIT_OCTETS) return unresolved('that file is too large for a secret')
  const value = read.octets.toString('utf8')
  if (!Buffer.from(value, 'utf8').equals(read.octets)) return unresolved('that file is not UTF-8')
  const secret = value.replace(/\r?\n$/, '')
  if (secret === '') return unresolved('that file is empty')
  return {kind: 'resolved', secret: new Secret(secret)}
}
