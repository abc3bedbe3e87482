import type {Socket} from 'node:net'
import type {Duplex} from 'node:stream'
import {type SecureContext, TLSSocket} from 'node:tls'
import {BerReader, BerWriter} from 'ldapts'
import {SealedStream} from '../ntlm/sealed-stream.ts'
import type {World} from '../world.ts'
import {type DirectoryResult, needsProtection, simpleBind, success} from './directory-bind.ts'
import {type DirectoryEntry, type DirectoryTree, selected} from './directory-entries.ts'
import {type DirectoryFilter, readFilter} from './directory-filter.ts'
import {NtlmAcceptor, type NtlmVerdict} from './directory-ntlm.ts'

/** What a connection did, for whoever shows or checks it. Never holds a password. */
export type DirectoryEvent =
  | {readonly kind: 'connected'; readonly tls: boolean}
  | {readonly kind: 'starttls'}
  | {readonly kind: 'bind'; readonly method: 'simple' | 'ntlm'; readonly name: string; readonly code: number}
  | {readonly kind: 'search'; readonly identity: string | undefined; readonly base: string; readonly hits: number}

/** What the directory does wrong on purpose; may be changed while it runs. */
export type DirectoryFaults = {
  /** Accepts connections and never says a word. */
  stall?: boolean
  /** Says yes to StartTLS, then nothing. */
  stallTls?: boolean
  stallSearches?: boolean
  /** Takes user binds and never answers; the service account's are answered. */
  stallBinds?: boolean
  /** Cuts the connection when a user's bind comes. */
  cutBinds?: boolean
  /** Answers user binds with this result code instead of looking at them. */
  bindCode?: number
  /** Says yes to every NTLM bind, as somebody would who does not know the passwords. */
  acceptAnybody?: boolean
}

export type ConnectionOptions = {
  readonly tree: DirectoryTree
  readonly faults: DirectoryFaults
  readonly world: World
  /** For StartTLS; undefined when there is none to start. */
  readonly context: SecureContext | undefined
  readonly isTls: boolean
  /** NetBIOS name of the domain. */
  readonly domain: string
  /** What ties an NTLM login to TLS with our certificate; undefined without one. */
  readonly channelBinding: Buffer | undefined
  readonly checkChannelBinding: boolean
  readonly requireProtection: boolean
  readonly serviceUser: string | undefined
  readonly onEvent: (event: DirectoryEvent) => void
}

const request = {bind: 0x60, unbind: 0x42, search: 0x63, extended: 0x77} as const
const response = {bind: 0x61, entry: 0x64, searchDone: 0x65, extended: 0x78} as const
const startTlsOid = '1.3.6.1.4.1.1466.20037'
const MAX_MESSAGE = 1024 * 1024

const notBound: DirectoryResult = {
  code: 1,
  message:
    '000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be ' +
    'completed on the connection., data 0, v4563',
}

const noObject: DirectoryResult = {code: 32, message: '0000208D: NameErr: DSID-0310028C, problem 2001 (NO_OBJECT)'}

const noMethod: DirectoryResult = {code: 7, message: 'this method is not served'}

/** The server's side of one connection: reads requests one after another and answers them. */
export class DirectoryConnection {
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  #stream: Duplex
  #isTls: boolean
  #received: Buffer = Buffer.alloc(0)
  #identity: string | undefined
  #ntlm: NtlmAcceptor | undefined

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#options = options
    this.#socket = socket
    this.#stream = socket
    this.#isTls = options.isTls
    this.#attach(socket)
  }

  #attach(stream: Duplex): void {
    this.#stream = stream
    stream.on('data', this.#onData)
    stream.on('error', () => stream.destroy())
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#options.faults.stall) return
    this.#received = Buffer.concat([this.#received, chunk])
    try {
      while (this.#readRequest()) {
        // goes on until what is left is not a whole message
      }
    } catch {
      // the BER reader throws on what is not LDAP: a server closes then (RFC 4511 5.2)
      this.#stream.destroy()
    }
  }

  #readRequest(): boolean {
    const header = new BerReader(this.#received)
    if (header.readSequence(0x30) === null) return false
    if (header.length < 0 || header.length > MAX_MESSAGE) throw new Error('a message that long')
    if (header.remain < header.length) return false
    const end = header.offset + header.length
    const reader = new BerReader(this.#received.subarray(0, end))
    reader.offset = header.offset
    this.#received = this.#received.subarray(end)
    const id = reader.readInt()
    const operation = reader.readSequence()
    if (id === null || operation === null) throw new Error('no operation')
    this.#serve(id, operation, reader)
    return !this.#stream.destroyed
  }

  #serve(id: number, operation: number, reader: BerReader): void {
    if (operation === request.bind) this.#bind(id, reader)
    else if (operation === request.search) this.#search(id, reader)
    else if (operation === request.extended) this.#extended(id, reader)
    else if (operation === request.unbind) this.#stream.end()
    else throw new Error('an operation that is not served')
  }

  #bind(id: number, reader: BerReader): void {
    reader.readInt()
    const name = reader.readString() ?? ''
    this.#identity = undefined
    if (reader.peek() === 0x80) this.#bindSimple(id, name, reader.readString(0x80) ?? '')
    else this.#bindSasl(id, reader)
  }

  /** Raw NTLMSSP messages in GSS-SPNEGO, in two binds: the challenge, then the verdict. */
  #bindSasl(id: number, reader: BerReader): void {
    const {tree, domain, world, requireProtection, checkChannelBinding} = this.#options
    reader.readSequence(0xa3)
    const mechanism = reader.readString()
    const credentials = reader.readString(0x04, true) ?? Buffer.alloc(0)
    const acceptor = this.#ntlm
    this.#ntlm = undefined
    if (mechanism !== 'GSS-SPNEGO') this.#answer(id, response.bind, noMethod)
    else if (acceptor !== undefined) this.#judgeNtlm(id, acceptor.judge(credentials))
    else {
      const channelBinding = this.#isTls ? this.#options.channelBinding : undefined
      const policy = {domain, requireProtection, channelBinding, checkChannelBinding}
      this.#ntlm = NtlmAcceptor.start(tree, policy, world, credentials)
      const result = this.#ntlm === undefined ? noMethod : {code: 14, message: ''}
      this.#answer(id, response.bind, result, this.#ntlm?.challenge)
    }
  }

  #judgeNtlm(id: number, verdict: NtlmVerdict): void {
    const userName = verdict.entry?.user?.userName
    if (this.#isBroken(id, userName)) return
    const lies = this.#options.faults.acceptAnybody === true && userName !== this.#options.serviceUser
    const result = lies ? success : verdict.result
    this.#identity = result.code === 0 ? verdict.entry?.dn : undefined
    this.#options.onEvent({kind: 'bind', method: 'ntlm', name: verdict.name, code: result.code})
    this.#answer(id, response.bind, result)
    if (lies || verdict.sealKey === undefined) return
    this.#stream.off('data', this.#onData)
    this.#attach(new SealedStream(this.#stream, verdict.sealKey, 'server'))
  }

  #bindSimple(id: number, name: string, password: string): void {
    if (this.#isBroken(id, this.#options.tree.userNamed(name)?.user?.userName)) return
    const isOpen = this.#options.requireProtection && !this.#isTls && password !== ''
    const {result, identity} = isOpen
      ? {result: needsProtection, identity: undefined}
      : simpleBind(this.#options.tree, name, password)
    this.#identity = identity
    this.#options.onEvent({kind: 'bind', method: 'simple', name, code: result.code})
    this.#answer(id, response.bind, result)
  }

  /** Applies the faults to a user's bind; true when it was dealt with. */
  #isBroken(id: number, userName: string | undefined): boolean {
    const {faults, serviceUser} = this.#options
    if (userName !== undefined && userName === serviceUser) return false
    if (faults.cutBinds) this.#stream.destroy()
    else if (faults.bindCode !== undefined) this.#answer(id, response.bind, {code: faults.bindCode, message: ''})
    return faults.cutBinds === true || faults.stallBinds === true || faults.bindCode !== undefined
  }

  #search(id: number, reader: BerReader): void {
    const search = readSearch(reader)
    if (this.#options.faults.stallSearches) return
    // the root entry, which describes the server, is for everybody
    if (search.base === '') {
      this.#answer(id, response.searchDone, success)
      return
    }
    if (this.#identity === undefined) {
      this.#answer(id, response.searchDone, notBound)
      return
    }
    const {tree} = this.#options
    if (tree.at(search.base) === undefined) {
      this.#answer(id, response.searchDone, noObject)
      return
    }
    const hits = tree.under(search.base, search.scope).filter((entry) => search.filter(entry, tree) === true)
    const limit = search.sizeLimit === 0 ? hits.length : search.sizeLimit
    this.#options.onEvent({kind: 'search', identity: this.#identity, base: search.base, hits: hits.length})
    for (const hit of hits.slice(0, limit)) this.#writeEntry(id, hit, search.attributes)
    this.#answer(id, response.searchDone, hits.length > limit ? {code: 4, message: ''} : success)
  }

  #writeEntry(id: number, entry: DirectoryEntry, attributes: readonly string[]): void {
    this.#write(id, response.entry, (writer) => {
      writer.writeString(entry.dn)
      writer.startSequence()
      for (const {name, values} of selected(entry, attributes)) {
        writer.startSequence()
        writer.writeString(name)
        writer.startSequence(0x31)
        for (const value of values) writer.writeBuffer(value, 0x04)
        writer.endSequence()
        writer.endSequence()
      }
      writer.endSequence()
    })
  }

  #extended(id: number, reader: BerReader): void {
    if (reader.readString(0x80) !== startTlsOid || this.#options.context === undefined || this.#isTls) {
      this.#answer(id, response.extended, {code: 2, message: 'this extended operation is not served'})
      return
    }
    this.#options.onEvent({kind: 'starttls'})
    this.#answer(id, response.extended, success)
    this.#socket.off('data', this.#onData)
    if (this.#options.faults.stallTls) return
    this.#isTls = true
    this.#attach(new TLSSocket(this.#socket, {isServer: true, secureContext: this.#options.context}))
  }

  #answer(id: number, operation: number, result: DirectoryResult, credentials?: Buffer): void {
    this.#write(id, operation, (writer) => {
      writer.writeEnumeration(result.code)
      writer.writeString('')
      writer.writeString(result.message)
      if (credentials !== undefined) writer.writeBuffer(credentials, 0x87)
    })
  }

  #write(id: number, operation: number, write: (writer: BerWriter) => void): void {
    const writer = new BerWriter()
    writer.startSequence()
    writer.writeInt(id)
    writer.startSequence(operation)
    write(writer)
    writer.endSequence()
    writer.endSequence()
    this.#stream.write(writer.buffer)
  }
}

type Search = {
  readonly base: string
  readonly scope: 'base' | 'one' | 'sub'
  readonly sizeLimit: number
  readonly filter: DirectoryFilter
  readonly attributes: readonly string[]
}

const scopes = ['base', 'one', 'sub'] as const

/** RFC 4511 4.5.1. Attribute names come out in lower case. */
function readSearch(reader: BerReader): Search {
  const base = reader.readString() ?? ''
  const scope = scopes[reader.readEnumeration() ?? -1]
  reader.readEnumeration()
  const sizeLimit = reader.readInt() ?? 0
  reader.readInt()
  reader.readBoolean()
  const filter = readFilter(reader)
  if (scope === undefined || reader.readSequence() === null) throw new Error('no search request')
  const end = reader.offset + reader.length
  const attributes: string[] = []
  while (reader.offset < end) {
    const name = reader.readString()
    if (name === null) throw new Error('no search request')
    attributes.push(name.toLowerCase())
  }
  return {base, scope, sizeLimit, filter, attributes}
}
