import {readFileSync} from 'node:fs'
import {createInterface} from 'node:readline'
import {Writable} from 'node:stream'
import {Fault} from './core/fault.ts'
import {Secret} from './core/secret.ts'

/** Whether a person can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Asks on the terminal, on stderr so that stdout stays clean; undefined at the end of input (Ctrl-D). */
export function ask(question: string, options: {readonly hidden: boolean}): Promise<Secret | undefined> {
  process.stderr.write(question)
  // readline echoes to its output: what must not be seen goes nowhere.
  const nowhere = new Writable({write: (_chunk, _encoding, done) => done()})
  const output = options.hidden ? nowhere : process.stderr
  const lines = createInterface({input: process.stdin, output, terminal: true, historySize: 0})
  return new Promise((resolve) => {
    let answer: Secret | undefined
    lines.once('line', (line) => {
      answer = new Secret(line)
      lines.close()
    })
    lines.once('SIGINT', () => {
      lines.close()
      process.kill(process.pid, 'SIGINT')
    })
    lines.once('close', () => {
      if (options.hidden) process.stderr.write('\n')
      resolve(answer)
    })
  })
}

/** A secret from the file, without the line break at its end. */
export function secretFromFile(path: string): Secret {
  try {
    return new Secret(readFileSync(path, 'utf8').replace(/\r?\n$/, ''))
  } catch (cause) {
    throw new Fault('file-unreadable', `cannot read ${path}`, {cause})
  }
}

/** `-`: the first line of standard input, or a question when that is a terminal. */
export async function secretFromInput(question: string): Promise<Secret> {
  if (canAsk()) return (await ask(question, {hidden: true})) ?? new Secret('')
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.includes('\n') || text.length > MAX_INPUT_CHARACTERS) break
  }
  return new Secret(text.split(/\r?\n/)[0] ?? '')
}

const MAX_INPUT_CHARACTERS = 10_000
