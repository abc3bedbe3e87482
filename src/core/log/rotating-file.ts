import {constants} from 'node:fs'
import {type FileHandle, mkdir, open, readdir, rename, rm, stat} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import type {World} from '../world.ts'
import type {LinesWritten, LineTarget} from './line-queue.ts'

export type RotatingFileOptions = {
  readonly path: string
  /** Octets after which the file becomes name.1; 0 never turns it. */
  readonly maxSize: number
  /** Turned files that are kept beside the current one; 0 keeps all. */
  readonly maxFiles: number
  /** Told once when the file cannot be turned; it grows on then. */
  readonly report: (problem: string) => void
}

/** Readable by the log group, by nobody else. */
const FILE_MODE = 0o640
const DIRECTORY_MODE = 0o750
/** How often to look whether somebody else (logrotate, an administrator) has moved the file away. */
const LOOK_EVERY_MS = 5000

const {S_IFMT, S_IFREG} = constants

type OpenFile = {readonly handle: FileHandle; size: number; readonly inode: number; turns: boolean}

/** A file that turns into name.1, name.2 ... when it has grown, as the original's do. */
export class RotatingFile implements LineTarget {
  readonly name: string
  readonly #world: World
  readonly #options: RotatingFileOptions
  #open: OpenFile | undefined
  #lookedMs = 0
  /** The last write broke off inside a line. */
  #torn = false
  #reported = false

  constructor(world: World, options: RotatingFileOptions) {
    this.name = options.path
    this.#world = world
    this.#options = options
  }

  async write(lines: readonly string[]): Promise<LinesWritten> {
    let written = 0
    try {
      await this.#letGoOfMovedFile()
      while (written < lines.length) {
        const file = await this.#current()
        if (this.#isFull(file, lines[written] ?? '')) {
          await this.#rotate(file)
          continue
        }
        const count = this.#linesThatFit(file, lines, written)
        await this.#append(file, lines.slice(written, written + count))
        written += count
      }
      return {ok: true}
    } catch (error) {
      await this.close()
      return {ok: false, written, problem: reason(error)}
    }
  }

  async close(): Promise<void> {
    const file = this.#open
    this.#open = undefined
    await file?.handle.close().catch(() => {})
  }

  async #current(): Promise<OpenFile> {
    if (this.#open !== undefined) return this.#open
    await mkdir(dirname(this.#options.path), {recursive: true, mode: DIRECTORY_MODE})
    const handle = await open(this.#options.path, 'a', FILE_MODE)
    const {size, ino, mode} = await handle.stat()
    this.#lookedMs = this.#world.monotonicMs()
    // A log that is a link to /dev/stdout is never turned.
    const isRegular = (mode & S_IFMT) === S_IFREG
    this.#open = {handle, size, inode: ino, turns: isRegular && this.#options.maxSize > 0}
    return this.#open
  }

  async #letGoOfMovedFile(): Promise<void> {
    const file = this.#open
    if (file === undefined || this.#world.monotonicMs() - this.#lookedMs < LOOK_EVERY_MS) return
    this.#lookedMs = this.#world.monotonicMs()
    const there = await stat(this.#options.path).catch(() => undefined)
    if (there?.ino !== file.inode) await this.close()
    else file.size = there.size
  }

  #isFull(file: OpenFile, line: string): boolean {
    if (!file.turns || file.size === 0) return false
    return file.size + octets(line) > this.#options.maxSize
  }

  #linesThatFit(file: OpenFile, lines: readonly string[], from: number): number {
    if (!file.turns) return lines.length - from
    let size = file.size
    // UTF-8 has three octets at most for a unit of UTF-16: mostly that shows that nothing need be counted.
    const units = lines.reduce((sum, line) => sum + line.length + 1, 0)
    if (size + 3 * units <= this.#options.maxSize) return lines.length - from
    let count = 0
    for (const line of lines.slice(from)) {
      size += octets(line)
      if (count > 0 && size > this.#options.maxSize) break
      count++
    }
    return count
  }

  async #append(file: OpenFile, lines: readonly string[]): Promise<void> {
    const text = `${this.#torn ? '\n' : ''}${lines.join('\n')}\n`
    let rest = Buffer.from(text, 'utf8')
    this.#torn = false
    while (rest.length > 0) {
      const {bytesWritten} = await file.handle.write(rest).catch((error: unknown) => {
        this.#torn ||= rest.length < Buffer.byteLength(text)
        throw error
      })
      file.size += bytesWritten
      rest = rest.subarray(bytesWritten)
    }
  }

  /** A full file that cannot be turned is better than lines that are lost: it grows on. */
  async #rotate(full: OpenFile): Promise<void> {
    try {
      await turnFiles(this.#options.path, this.#options.maxFiles)
      await this.close()
      this.#reported = false
    } catch (error) {
      full.turns = false
      if (!this.#reported) this.#options.report(`cannot turn ${this.name}, it grows on: ${reason(error)}`)
      this.#reported = true
    }
  }
}

async function turnFiles(path: string, maxFiles: number): Promise<void> {
  const prefix = `${basename(path)}.`
  const numbers = (await readdir(dirname(path)))
    .filter((name) => name.startsWith(prefix) && /^[1-9]\d{0,8}$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => b - a)
  for (const number of numbers) {
    const turned = join(dirname(path), `${prefix}${number}`)
    if (maxFiles > 0 && number >= maxFiles) await rm(turned, {force: true})
    else await rename(turned, join(dirname(path), `${prefix}${number + 1}`))
  }
  await rename(path, `${path}.1`)
}

function octets(line: string): number {
  return Buffer.byteLength(line, 'utf8') + 1
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`
}
