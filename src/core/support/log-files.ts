import {open, readdir, stat} from 'node:fs/promises'
import {join} from 'node:path'

export type LogFile = {readonly name: string; readonly text: string}

/** What a mail system or a form still takes, packed. */
const TOTAL_OCTETS = 50 * 1024 * 1024
const FILE_OCTETS = 12 * 1024 * 1024

/** The log files that were written since a time, newest first and as far as there is room; of a large one its end. */
export async function readLogFiles(folder: string, sinceMs: number): Promise<readonly LogFile[]> {
  const names = (await readdir(folder).catch((): string[] => [])).filter((name) => /\.log(\.\d+)?$/.test(name))
  const found = await Promise.all(
    names.map(async (name) => ({name, stats: await stat(join(folder, name)).catch(() => undefined)})),
  )
  const recent = found
    .filter(({stats}) => stats?.isFile() && stats.mtimeMs >= sinceMs)
    .sort((a, b) => (b.stats?.mtimeMs ?? 0) - (a.stats?.mtimeMs ?? 0))
  const files: LogFile[] = []
  let room = TOTAL_OCTETS
  for (const {name} of recent) {
    const text = await endOf(join(folder, name), Math.min(FILE_OCTETS, room))
    room -= Buffer.byteLength(text)
    if (text !== '') files.push({name, text})
  }
  return files
}

/** The last octets of a file, from the beginning of a line. */
async function endOf(path: string, octets: number): Promise<string> {
  const file = await open(path).catch(() => undefined)
  if (file === undefined) return '(this file cannot be read)\n'
  try {
    const {size} = await file.stat()
    const from = Math.max(0, size - octets)
    const {buffer, bytesRead} = await file.read(Buffer.alloc(size - from), 0, size - from, from)
    const text = buffer.toString('utf8', 0, bytesRead)
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1)
  } finally {
    await file.close()
  }
}
