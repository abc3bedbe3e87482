/** How the octets of a value are read (RFC 8044 3). */
export type AttributeKind =
  | 'text'
  | 'octets'
  | 'integer'
  | 'integer64'
  | 'short'
  | 'byte'
  | 'date'
  | 'ipaddr'
  | 'ipv6addr'
  | 'ipv6prefix'
  | 'ifid'
  | 'ether'

/** `user-password` hides as RFC 2865 5.2 does, `salted` as RFC 2868 3.5 and RFC 2548 2.4.2 do. */
export type AttributeHiding = 'none' | 'user-password' | 'salted'

export type AttributeRow = {
  readonly name: string
  readonly type: number
  readonly kind: AttributeKind
  readonly hiding?: AttributeHiding
  readonly values?: Readonly<Record<string, number>>
}

/** The attributes of one vendor: `id` is its Private Enterprise Number (RFC 2865 5.26). */
export type VendorDictionary = {
  readonly vendor: string
  readonly id: number
  readonly attributes: readonly AttributeRow[]
}
