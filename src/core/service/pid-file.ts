import {mkdir, readFile, rm, writeFile} from 'node:fs/promises'
import {dirname} from 'node:path'

/** What a pid file says of the process it names. */
export type PidFileState =
  | {readonly kind: 'stopped'}
  | {readonly kind: 'running'; readonly pid: number}
  /** The file names a process that is gone, or whose number somebody else has now. */
  | {readonly kind: 'stale'; readonly pid: number}
  | {readonly kind: 'unknown'; readonly reason: string}

/** Written at start, for the service controls and for people's own monitoring. */
export async function writePidFile(path: string, pid: number): Promise<void> {
  await mkdir(dirname(path), {recursive: true, mode: 0o700})
  await writeFile(path, `${pid}\n`, {mode: 0o644})
}

/** Taken away at the end, unless another process has put its own there. */
export async function removePidFile(path: string, pid: number): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '')
  if (text.trim() === `${pid}`) await rm(path, {force: true})
}

/** @param isAlive whether a process of this number exists, whoever owns it. */
export async function readPidFile(path: string, isAlive: (pid: number) => boolean): Promise<PidFileState> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return {kind: 'stopped'}
    return {kind: 'unknown', reason: error instanceof Error ? error.message : `${error}`}
  }
  if (!/^[1-9]\d{0,9}\s*$/.test(text)) return {kind: 'unknown', reason: `${path} holds no process number`}
  const pid = Number(text)
  return isAlive(pid) && (await isAuthproxy(pid)) ? {kind: 'running', pid} : {kind: 'stale', pid}
}

/** Numbers are used again: where /proc tells, the process must be an authproxy before anybody sends it a signal. */
async function isAuthproxy(pid: number): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)
  return commandLine === undefined || /(^|[/\0])(run\.js|authproxy)\0serve(\0|$)/.test(commandLine)
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
