import type {ConfigContext, FileRead, Unprotected} from '../config/context.ts'
import {Secret} from '../secret.ts'

/**
 * All that a configuration was made of, as JSON can carry it, secrets included: it goes to workers over their channel and
 * nowhere else. A worker reads the same as the first process did, whatever has become of the files since.
 */
export type ConfigSnapshot = {
  readonly path: string
  readonly files: readonly (readonly [path: string, read: FileSnapshot])[]
  readonly unprotected: readonly (readonly [blob: string, result: UnprotectedSnapshot])[]
}

type FileSnapshot =
  | {readonly ok: true; readonly octets: string; readonly mode: number}
  | {readonly ok: false; readonly reason: string}
type UnprotectedSnapshot = {readonly ok: true; readonly secret: string} | {readonly ok: false; readonly reason: string}

/** A context that notes what is read through it. */
export function recordingContext(
  path: string,
  context: ConfigContext,
): {readonly context: ConfigContext; readonly snapshot: () => ConfigSnapshot} {
  const files = new Map<string, FileRead>()
  const unprotected = new Map<string, Unprotected>()
  return {
    context: {
      ...context,
      readFile: (name) => noted(files, name, context.readFile),
      unprotect: (blob) => noted(unprotected, blob, context.unprotect),
    },
    snapshot: () => ({
      path,
      files: [...files].map(([name, read]) => [
        name,
        read.ok ? {...read, octets: read.octets.toString('base64')} : read,
      ]),
      unprotected: [...unprotected].map(([blob, result]) => [
        blob,
        result.ok ? {ok: true, secret: result.secret.reveal()} : result,
      ]),
    }),
  }
}

/** A context that reads what was noted, and nothing else. */
export function replayingContext({files, unprotected}: ConfigSnapshot, context: ConfigContext): ConfigContext {
  const read = new Map(files)
  const opened = new Map(unprotected)
  const notRead = {ok: false, reason: 'was not read by the first process of the service'} as const
  return {
    ...context,
    readFile(name) {
      const file = read.get(name) ?? notRead
      return file.ok ? {...file, octets: Buffer.from(file.octets, 'base64')} : file
    },
    unprotect(blob) {
      const result = opened.get(blob) ?? notRead
      return result.ok ? {ok: true, secret: new Secret(result.secret)} : result
    },
  }
}

function noted<Result>(known: Map<string, Result>, key: string, read: (key: string) => Result): Result {
  const result = read(key)
  known.set(key, result)
  return result
}
