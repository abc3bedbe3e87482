import {createInterface} from 'node:readline/promises'
import {Writable} from 'node:stream'
import {Fault} from './core/fault.ts'
import {Secret} from './core/secret.ts'

const MAX_STDIN_OCTETS = 64 * 1024

/** Asks for a secret on the terminal without showing it, or reads it from standard input, where one line end at its end does not count. */
export async function readSecret(question: string): Promise<Secret> {
  return new Secret(process.stdin.isTTY ? await askHidden(question) : await readAll())
}

/** Asks yes or no on the terminal; anything but yes is no. */
export async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({input: process.stdin, output: process.stderr})
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
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
