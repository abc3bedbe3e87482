/** One BER element (X.690 8.1): `content` is a view of the input, `next` the offset behind the element. */
export type Element = {readonly tag: number; readonly content: Buffer; readonly next: number}

export type ElementRead =
  | {readonly ok: true; readonly element: Element}
  | {readonly ok: false; readonly reason: 'incomplete' | 'bad-tag' | 'bad-length'; readonly offset: number}

/** Tags that LDAP uses (RFC 4511 4.1, appendix B). */
export const tag = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const

/** Reads the element at `offset`. LDAP allows the definite length form only (RFC 4511 5.1) and has no tags above 30. */
export function readElement(bytes: Buffer, offset: number): ElementRead {
  const first = bytes[offset]
  const lengthOctet = bytes[offset + 1]
  if (first === undefined || lengthOctet === undefined) return {ok: false, reason: 'incomplete', offset}
  if ((first & 0x1f) === 0x1f) return {ok: false, reason: 'bad-tag', offset}
  let length = lengthOctet
  let start = offset + 2
  if (lengthOctet >= 0x80) {
    const octets = lengthOctet & 0x7f
    if (octets === 0 || octets > 4) return {ok: false, reason: 'bad-length', offset: offset + 1}
    if (bytes.length < start + octets) return {ok: false, reason: 'incomplete', offset}
    length = bytes.readUIntBE(start, octets)
    start += octets
  }
  const next = start + length
  if (next > bytes.length) return {ok: false, reason: 'incomplete', offset}
  return {ok: true, element: {tag: first, content: bytes.subarray(start, next), next}}
}

/** How long the element at the start of `bytes` says it is, header included; undefined while the header is incomplete. */
export function announcedLength(bytes: Buffer): number | undefined | 'bad-length' {
  const lengthOctet = bytes[1]
  if (lengthOctet === undefined) return undefined
  if (lengthOctet < 0x80) return 2 + lengthOctet
  const octets = lengthOctet & 0x7f
  if (octets === 0 || octets > 4) return 'bad-length'
  if (bytes.length < 2 + octets) return undefined
  return 2 + octets + bytes.readUIntBE(2, octets)
}

/** All elements of a constructed content; undefined when they do not fill it exactly. */
export function readElements(content: Buffer): readonly Element[] | undefined {
  const elements: Element[] = []
  for (let offset = 0; offset < content.length; ) {
    const read = readElement(content, offset)
    if (!read.ok) return undefined
    elements.push(read.element)
    offset = read.element.next
  }
  return elements
}

/** A non-negative integer of up to 31 bits: message ids and result codes are no more (RFC 4511 4.1.1). */
export function readUnsigned(content: Buffer): number | undefined {
  if (content.length < 1 || content.length > 4) return undefined
  const value = content.readIntBE(0, content.length)
  return value < 0 ? undefined : value
}
