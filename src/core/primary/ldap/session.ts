import type {Duplex} from 'node:stream'
import type {TLSSocket} from 'node:tls'
import {BriefMap} from '../../brief-map.ts'
import {announcedLength, tag} from './ber.ts'
import {
  type BindRequest,
  type Control,
  decodeMessage,
  type Entry,
  encodeBind,
  encodeSearch,
  encodeStartTls,
  encodeUnbind,
  type LdapResult,
  type Message,
  type SearchRequest,
} from './message.ts'

/**
 * Why an operation has no answer. `sent` is false only when nothing of it can have reached the server: whoever sends
 * a password must not send it again otherwise.
 */
export type NoAnswer = {
  readonly kind: 'no-answer'
  readonly reason: 'closed' | 'aborted' | 'malformed'
  readonly detail: string
  readonly sent: boolean
}

export type BindAnswer =
  | {
      readonly kind: 'bind'
      readonly result: LdapResult
      readonly credentials: Buffer | undefined
      readonly controls: readonly Control[]
    }
  | NoAnswer

export type SearchAnswer =
  | {readonly kind: 'search'; readonly result: LdapResult; readonly entries: readonly Entry[]}
  | NoAnswer

export type ExtendedAnswer = {readonly kind: 'extended'; readonly result: LdapResult} | NoAnswer

/** Larger messages, or more entries, come from no server that means well: we ask for a few attributes of a few users. */
const MAX_MESSAGE = 1024 * 1024
const MAX_ENTRIES = 2000

type Pending = {readonly take: (message: Message) => 'more' | 'done' | 'unexpected'; readonly fail: (end: End) => void}
type End = {readonly reason: NoAnswer['reason']; readonly detail: string}

/**
 * One LDAP connection. Ends for good with the first error, abort or malformed message, and never reconnects by
 * itself: a connection that comes back would be anonymous.
 */
export class LdapSession {
  /** The TLS layer below, to bind a login to it; undefined in clear. */
  readonly tls: TLSSocket | undefined
  readonly #stream: Duplex
  readonly #pending = new BriefMap<number, Pending>()
  readonly #onEnd: (() => void)[] = []
  #received: Buffer = Buffer.alloc(0)
  #nextId = 1
  #end: End | undefined

  constructor(stream: Duplex, tls?: TLSSocket) {
    this.tls = tls
    this.#stream = stream
    stream.on('data', this.#onData)
    stream.on('error', this.#onError)
    stream.on('end', this.#onClose)
    stream.on('close', this.#onClose)
  }

  get isOpen(): boolean {
    return this.#end === undefined && !this.#stream.destroyed
  }

  /** Calls back once, when the connection has ended; at once if it has. */
  onEnd(callback: () => void): void {
    if (this.#end === undefined) this.#onEnd.push(callback)
    else callback()
  }

  bind(bind: BindRequest, signal: AbortSignal): Promise<BindAnswer> {
    return this.#exchange<BindAnswer>(
      (id) => encodeBind(id, bind),
      ({body, controls}, settle) => {
        if (body.kind !== 'bind') return 'unexpected'
        settle({kind: 'bind', result: body.result, credentials: body.credentials, controls})
        return 'done'
      },
      signal,
    )
  }

  search(search: SearchRequest, signal: AbortSignal): Promise<SearchAnswer> {
    const entries: Entry[] = []
    return this.#exchange<SearchAnswer>(
      (id) => encodeSearch(id, search),
      ({body}, settle) => {
        if (body.kind === 'reference') return 'more'
        if (body.kind === 'entry') return entries.push(body.entry) > MAX_ENTRIES ? 'unexpected' : 'more'
        if (body.kind !== 'search-done') return 'unexpected'
        settle({kind: 'search', result: body.result, entries})
        return 'done'
      },
      signal,
    )
  }

  startTls(signal: AbortSignal): Promise<ExtendedAnswer> {
    return this.#exchange<ExtendedAnswer>(
      encodeStartTls,
      ({body}, settle) => {
        if (body.kind !== 'extended') return 'unexpected'
        settle({kind: 'extended', result: body.result})
        return 'done'
      },
      signal,
    )
  }

  /**
   * Gives the stream back for a layer below (TLS, sealing), and ends this session. Undefined when octets are waiting:
   * what came before the layer was up may be anybody's.
   */
  detach(): Duplex | undefined {
    if (!this.isOpen || this.#pending.size > 0 || this.#received.length > 0) return undefined
    this.#end = {reason: 'closed', detail: 'the connection went on with another layer'}
    this.#stream.pause()
    this.#stream.off('data', this.#onData)
    this.#stream.off('error', this.#onError)
    this.#stream.off('end', this.#onClose)
    this.#stream.off('close', this.#onClose)
    return this.#stream
  }

  /** Says goodbye (an unbind request) and closes. */
  close(): void {
    if (this.isOpen) this.#stream.end(encodeUnbind(this.#nextId++))
    this.#finish({reason: 'closed', detail: 'the connection was closed by this side'})
  }

  #exchange<Answer>(
    encode: (id: number) => Buffer,
    take: (message: Message, settle: (answer: Answer) => void) => 'more' | 'done' | 'unexpected',
    signal: AbortSignal,
  ): Promise<Answer | NoAnswer> {
    const unsent = this.#end ?? (signal.aborted ? {reason: 'aborted' as const, detail: abortText(signal)} : undefined)
    if (unsent !== undefined) return Promise.resolve({kind: 'no-answer', ...unsent, sent: false})
    const id = this.#nextId++
    return new Promise((resolve) => {
      const onAbort = () => this.#finish({reason: 'aborted', detail: abortText(signal)})
      const settle = (answer: Answer | NoAnswer) => {
        signal.removeEventListener('abort', onAbort)
        resolve(answer)
      }
      signal.addEventListener('abort', onAbort, {once: true})
      this.#pending.set(id, {
        take: (message) => take(message, settle),
        fail: (end) => settle({kind: 'no-answer', ...end, sent: true}),
      })
      this.#stream.write(encode(id))
    })
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.#readMessage()) {
      // goes on until what is left is not a whole message
    }
  }

  /** Takes one whole message from what was received; false when there is none, or the session has ended. */
  #readMessage(): boolean {
    const first = this.#received[0]
    if (first !== undefined && first !== tag.sequence) return this.#malformed('what came is not LDAP')
    const length = announcedLength(this.#received)
    if (length === undefined) return false
    if (length === 'bad-length') return this.#malformed('a message has no valid length')
    if (length > MAX_MESSAGE) return this.#malformed(`a message of ${length} octets`)
    if (this.#received.length < length) return false
    const message = decodeMessage(this.#received.subarray(0, length))
    this.#received = this.#received.subarray(length)
    return message === undefined ? this.#malformed('a message is not LDAP') : this.#dispatch(message)
  }

  /** False when the session has ended by this message. */
  #dispatch(message: Message): boolean {
    if (message.id === 0) {
      // Notice of Disconnection, the only unsolicited message there is (RFC 4511 4.4.1)
      const said = message.body.kind === 'extended' ? `: ${message.body.result.message}` : ''
      this.#finish({reason: 'closed', detail: `the server is closing the connection${said}`})
      return false
    }
    const pending = this.#pending.get(message.id)
    const step = pending?.take(message) ?? 'unexpected'
    if (step === 'unexpected') return this.#malformed('an answer nobody asked for')
    if (step === 'done') this.#pending.delete(message.id)
    return true
  }

  readonly #onError = (error: Error): void => {
    this.#finish({reason: 'closed', detail: error.message || error.name})
  }

  readonly #onClose = (): void => {
    this.#finish({reason: 'closed', detail: 'the server closed the connection'})
  }

  #malformed(detail: string): false {
    this.#finish({reason: 'malformed', detail})
    return false
  }

  #finish(end: End): void {
    if (this.#end !== undefined) return
    this.#end = end
    // an unbind in flight is flushed by destroySoon, anything else is cut
    if (!this.#stream.writableEnded) this.#stream.destroy()
    else this.#stream.once('finish', () => this.#stream.destroy())
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    this.#received = Buffer.alloc(0)
    for (const {fail} of pending) fail(end)
    for (const callback of this.#onEnd) callback()
  }
}

function abortText(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : 'aborted'
}
