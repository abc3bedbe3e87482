import type {Duplex} from 'node:stream'
import {BriefMap} from '../brief-map.ts'
import {Fault, type FaultCode} from '../fault.ts'

/**
 * What one end of a channel can be asked, by name. Arguments and results are what JSON can carry. A method's parameters are
 * not compared (bivariance), and need not be: both ends are the same program, and what arrives is what was sent.
 */
export type Calls = {readonly [Name in string]: Call}
type Call = {call(argument: unknown): unknown}['call']

/** Of a call without one, undefined. */
export type Argument<C extends Call> = Parameters<C> extends [] ? undefined : Parameters<C>[0]

/** More than the largest configuration with its files, or a batch of log lines, comes to. */
export const MAX_CHARACTERS = 64 * 1024 * 1024

/**
 * Two processes of the service talk: lines of JSON, each a question, an answer, or something told. What is said in one turn of the
 * event loop leaves as one write, which is most of what it costs. A line that is too long or none of these, and an end that does not
 * read any more, break the channel.
 */
export class Channel<Theirs extends Calls> {
  /** Resolves when the other process is gone, or has hung up. */
  readonly closed: Promise<void>
  readonly #stream: Duplex
  readonly #ours: Calls
  readonly #asked = new BriefMap<number, {resolve: (result: never) => void; reject: (error: Error) => void}>()
  readonly #onBug: (name: string, error: unknown) => void
  #lastId = 0
  #unsent = ''
  #unread = ''
  #isOpen = true

  /** @param onBug told when something that was told, not asked, ended in an exception. */
  constructor(stream: Duplex, ours: Calls, onBug: (name: string, error: unknown) => void) {
    this.#stream = stream
    this.#ours = ours
    this.#onBug = onBug
    this.closed = new Promise((resolve) => {
      stream.once('close', () => {
        this.#isOpen = false
        for (const {reject} of this.#asked.values()) reject(new Error(GONE))
        this.#asked.clear()
        resolve()
      })
    })
    stream.on('error', () => stream.destroy())
    stream.on('end', () => stream.destroy())
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => this.#read(text))
  }

  /** False once the other process is gone. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Rejects with what the other end threw, a Fault as a Fault; and when the other end goes away first. */
  ask<Name extends keyof Theirs & string>(
    name: Name,
    argument: Argument<Theirs[Name]>,
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    if (!this.#isOpen) return Promise.reject(new Error(GONE))
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#asked.set(id, {resolve, reject})
      this.#send('ask', id, name, argument)
    })
  }

  /** Arrives in order with what is asked; nobody waits for it. */
  tell<Name extends keyof Theirs & string>(name: Name, argument: Argument<Theirs[Name]>): void {
    if (this.#isOpen) this.#send('tell', 0, name, argument)
  }

  /** Hangs up, once what was said before has left. */
  close(): void {
    this.#flush()
    this.#stream.end()
  }

  /** A list, not an object: its names would be looked up for each message, which is a tenth of what it costs to read. */
  #send(kind: Kind, id: number, name: string, value: unknown): void {
    if (this.#unsent === '') setImmediate(() => this.#flush())
    this.#unsent += `${JSON.stringify(value === undefined ? [kind, id, name] : [kind, id, name, value])}\n`
  }

  #flush(): void {
    const text = this.#unsent
    this.#unsent = ''
    if (text !== '' && this.#isOpen) this.#stream.write(text)
    if (this.#stream.writableLength > MAX_CHARACTERS) this.#stream.destroy()
  }

  #read(text: string): void {
    const whole = this.#unread + text
    let start = 0
    for (let end = whole.indexOf('\n', this.#unread.length); end !== -1; end = whole.indexOf('\n', start)) {
      const message = messageIn(whole.slice(start, end))
      if (message === undefined) {
        this.#break()
        return
      }
      start = end + 1
      this.#take(message)
    }
    this.#unread = whole.slice(start)
    if (this.#unread.length > MAX_CHARACTERS) this.#break()
  }

  #break(): void {
    this.#unread = ''
    this.#stream.destroy()
  }

  #take([kind, id, name, value]: Received): void {
    switch (kind) {
      case 'ask':
        this.#answer(id, name, value)
        break
      case 'tell':
        void this.#told(name, value)
        break
      case 'result':
        this.#taken(id)?.resolve(value)
        break
      case 'failure':
        this.#taken(id)?.reject(errorOf(value))
        break
    }
  }

  #answer(id: number, name: string, argument: never): void {
    const failed = (error: unknown) => this.#say('failure', id, failureOf(error))
    try {
      const result = this.#call(name, argument)
      if (result instanceof Promise) result.then((later) => this.#say('result', id, later)).catch(failed)
      else this.#say('result', id, result)
    } catch (error) {
      failed(error)
    }
  }

  #say(kind: 'result' | 'failure', id: number, value: unknown): void {
    if (this.#isOpen) this.#send(kind, id, '', value)
  }

  async #told(name: string, argument: never): Promise<void> {
    try {
      await this.#call(name, argument)
    } catch (error) {
      this.#onBug(name, error)
    }
  }

  #call(name: string, argument: never): unknown {
    if (!Object.hasOwn(this.#ours, name)) throw new Error(`nobody answers to ${name}`)
    return this.#ours[name]?.(argument)
  }

  #taken(id: number) {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    return asked
  }
}

const GONE = 'the other process of the service is gone'

/** A name for what is asked and told alone. */
type Kind = 'ask' | 'tell' | 'result' | 'failure'
/** The value is what the name, or the question with this id, says it is. */
type Received = readonly [kind: Kind, id: number, name: string, value: never]

/** Undefined for what no channel sends. */
function messageIn(line: string): Received | undefined {
  try {
    const message: Received = JSON.parse(line)
    const [kind, id, name] = message
    return kinds.has(kind) && Number.isSafeInteger(id) && typeof name === 'string' ? message : undefined
  } catch {
    return undefined
  }
}

const kinds: ReadonlySet<unknown> = new Set(['ask', 'tell', 'result', 'failure'] satisfies Kind[])

type Failure = {readonly code?: FaultCode; readonly message: string; readonly hint?: string}

function failureOf(error: unknown): Failure {
  if (error instanceof Fault) return {code: error.code, message: error.message, hint: error.hint}
  return {message: error instanceof Error ? error.message : String(error)}
}

function errorOf({code, message, hint = ''}: Failure): Error {
  return code === undefined ? new Error(message) : new Fault(code, message, {hint})
}
