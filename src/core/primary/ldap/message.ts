import {BerWriter} from 'ldapts'
import {type Element, readElement, readElements, readUnsigned, tag} from './ber.ts'
import {type SearchFilter, writeFilter} from './filter.ts'

/** The outcome of an operation as the server words it (RFC 4511 4.1.9). `message` is untrusted text. */
export type LdapResult = {readonly code: number; readonly message: string}

/** Attribute names are in lower case; values are octets, in the server's order. */
export type Entry = {readonly dn: string; readonly attributes: ReadonlyMap<string, readonly Buffer[]>}

export type Control = {readonly oid: string; readonly value: Buffer | undefined}

export type MessageBody =
  | {readonly kind: 'bind'; readonly result: LdapResult; readonly credentials: Buffer | undefined}
  | {readonly kind: 'entry'; readonly entry: Entry}
  /** A continuation reference; never followed. */
  | {readonly kind: 'reference'}
  | {readonly kind: 'search-done'; readonly result: LdapResult}
  | {readonly kind: 'extended'; readonly result: LdapResult}

export type Message = {readonly id: number; readonly body: MessageBody; readonly controls: readonly Control[]}

export type SearchRequest = {
  readonly base: string
  readonly scope: 'base' | 'subtree'
  readonly filter: SearchFilter
  readonly attributes: readonly string[]
  readonly sizeLimit: number
  readonly timeLimitSeconds: number
}

export type BindRequest =
  | {readonly kind: 'simple'; readonly name: string; readonly password: string}
  | {readonly kind: 'sasl'; readonly mechanism: string; readonly credentials: Buffer}

const request = {bind: 0x60, unbind: 0x42, search: 0x63, extended: 0x77} as const
const response = {bind: 0x61, entry: 0x64, done: 0x65, reference: 0x73, extended: 0x78} as const
const controlsTag = 0xa0
const ldapVersion = 3
const scopes = {base: 0, subtree: 2} as const

/** StartTLS (RFC 4511 4.14.1). */
const startTlsOid = '1.3.6.1.4.1.1466.20037'
/** Asks the server to say why a bind failed (draft-behera-ldap-password-policy-10, 6.1). */
export const passwordPolicyOid = '1.3.6.1.4.1.42.2.27.8.5.1'

export function encodeBind(id: number, bind: BindRequest): Buffer {
  return encode(id, request.bind, bind.kind === 'simple' ? [passwordPolicyOid] : [], (writer) => {
    writer.writeInt(ldapVersion)
    if (bind.kind === 'simple') {
      writer.writeString(bind.name)
      writer.writeString(bind.password, 0x80)
      return
    }
    writer.writeString('')
    writer.startSequence(0xa3)
    writer.writeString(bind.mechanism)
    writer.writeBuffer(bind.credentials, tag.octetString)
    writer.endSequence()
  })
}

export function encodeSearch(id: number, search: SearchRequest): Buffer {
  return encode(id, request.search, [], (writer) => {
    writer.writeString(search.base)
    writer.writeEnumeration(scopes[search.scope])
    writer.writeEnumeration(0)
    writer.writeInt(search.sizeLimit)
    writer.writeInt(search.timeLimitSeconds)
    writer.writeBoolean(false)
    writeFilter(writer, search.filter)
    writer.startSequence()
    for (const attribute of search.attributes) writer.writeString(attribute)
    writer.endSequence()
  })
}

export function encodeStartTls(id: number): Buffer {
  return encode(id, request.extended, [], (writer) => writer.writeString(startTlsOid, 0x80))
}

export function encodeUnbind(id: number): Buffer {
  const writer = new BerWriter({size: 16})
  writer.startSequence()
  writer.writeInt(id)
  writer.writeByte(request.unbind)
  writer.writeByte(0)
  writer.endSequence()
  return writer.buffer
}

function encode(
  id: number,
  operation: number,
  controls: readonly string[],
  write: (writer: BerWriter) => void,
): Buffer {
  const writer = new BerWriter({size: 512})
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(operation)
  write(writer)
  writer.endSequence()
  if (controls.length > 0) {
    writer.startSequence(controlsTag)
    for (const oid of controls) {
      writer.startSequence()
      writer.writeString(oid)
      writer.endSequence()
    }
    writer.endSequence()
  }
  writer.endSequence()
  return writer.buffer
}

/** One whole LDAPMessage (RFC 4511 4.1.1); undefined when any part of it is not what the RFC says. */
export function decodeMessage(bytes: Buffer): Message | undefined {
  const read = readElement(bytes, 0)
  if (!read.ok || read.element.tag !== tag.sequence || read.element.next !== bytes.length) return undefined
  const parts = readElements(read.element.content)
  const [idPart, operation, controlsPart] = parts ?? []
  if (idPart?.tag !== tag.integer || operation === undefined) return undefined
  const id = readUnsigned(idPart.content)
  const body = decodeBody(operation)
  const controls = controlsPart?.tag === controlsTag ? decodeControls(controlsPart.content) : []
  if (id === undefined || body === undefined || controls === undefined) return undefined
  return {id, body, controls}
}

function decodeBody(operation: Element): MessageBody | undefined {
  if (operation.tag === response.entry) return decodeEntry(operation.content)
  if (operation.tag === response.reference) return {kind: 'reference'}
  const parts = readElements(operation.content)
  const result = decodeResult(parts)
  if (parts === undefined || result === undefined) return undefined
  if (operation.tag === response.done) return {kind: 'search-done', result}
  if (operation.tag === response.extended) return {kind: 'extended', result}
  if (operation.tag !== response.bind) return undefined
  return {kind: 'bind', result, credentials: parts.find((part) => part.tag === 0x87)?.content}
}

/** All three parts must be there: a cut response must never read as success (0). */
function decodeResult(parts: readonly Element[] | undefined): LdapResult | undefined {
  const [codePart, matchedDn, message] = parts ?? []
  if (codePart?.tag !== tag.enumerated) return undefined
  if (matchedDn?.tag !== tag.octetString || message?.tag !== tag.octetString) return undefined
  const code = readUnsigned(codePart.content)
  return code === undefined ? undefined : {code, message: message.content.toString('utf8')}
}

function decodeEntry(content: Buffer): MessageBody | undefined {
  const [dn, list] = readElements(content) ?? []
  if (dn?.tag !== tag.octetString || list?.tag !== tag.sequence) return undefined
  const attributes = new Map<string, readonly Buffer[]>()
  const lines = readElements(list.content)
  if (lines === undefined) return undefined
  for (const line of lines) {
    const [name, values] = readElements(line.content) ?? []
    if (name?.tag !== tag.octetString || values?.tag !== tag.set) return undefined
    const octets = readElements(values.content)
    if (octets === undefined) return undefined
    attributes.set(
      name.content.toString('utf8').toLowerCase(),
      octets.map((value) => value.content),
    )
  }
  return {kind: 'entry', entry: {dn: dn.content.toString('utf8'), attributes}}
}

function decodeControls(content: Buffer): readonly Control[] | undefined {
  const controls: Control[] = []
  for (const part of readElements(content) ?? []) {
    const fields = readElements(part.content)
    const oid = fields?.[0]
    if (oid?.tag !== tag.octetString) return undefined
    const value = fields?.slice(1).find((field) => field.tag === tag.octetString)?.content
    controls.push({oid: oid.content.toString('utf8'), value})
  }
  return controls
}

/** A text value of an entry; undefined when there is none. */
export function textOf(entry: Entry, attribute: string): string | undefined {
  return entry.attributes.get(attribute.toLowerCase())?.[0]?.toString('utf8')
}
