import {readFileSync} from 'node:fs'
import {createInterface} from 'node:readline/promises'
import {Writable} from 'node:stream'
import {Fault} from './core/fault.ts'
import {Secret} from './core/secret.ts'

const MAX_STDIN_OCTETS = 64 * 1024

/** Asks for a secret on the terminal without showing it, or reads it from standard input, where one line end at its end does not count. */
export async function readSecret(question: string): Promise<Secret> {
  return new Secret(process.stdin.isTTY ? await askHidden(question) : await readAll())
}

/** A secret from the file, without the line end at its end. */
export function secretFromFile(path: string): Secret {
  try {
    return new Secret(readFileSync(path, 'utf8').replace(/\r?\n$/, ''))
  } catch (cause) {
    throw new Fault('file-unreadable', `cannot read ${path}`, {cause})
  }
}

/** Whether a person sits there to be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Asks for a line on the terminal, on standard error so that standard output stays clean; undefined at Ctrl-D. */
export async function askLine(question: string): Promise<string | undefined> {
  const lines = createInterface({input: process.stdin, output: process.stderr})
  const ended = new AbortController()
  lines.once('close', () => ended.abort())
  try {
    return await lines.question(question, {signal: ended.signal})
  } catch {
    return undefined
  } finally {
    lines.close()
  }
}

/** readline echoes what is typed to its output: this one swallows it. */
async function askHidden(question: string): Promise<string> {
  const nowhere = new Writable({write: (_chunk, _encoding, done) => done()})
  const lines = createInterface({input: process.stdin, output: nowhere, terminal: true})
  process.stderr.write(question)
  try {
    return await lines.question('')
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of process.stdin) {
    const buffer = Buffer.from(chunk)
    octets += buffer.length
    if (octets > MAX_STDIN_OCTETS) throw new Fault('usage', 'standard input is too long for a secret')
    chunks.push(buffer)
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
