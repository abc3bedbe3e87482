/** The calls of the `radius` package that the tests use as a second opinion; it brings no types of its own. */
declare module 'radius' {
  type EncodeOptions = {
    code: string
    secret: string
    identifier?: number
    attributes?: readonly (readonly [string | number, unknown])[] | Readonly<Record<string, unknown>>
    add_message_authenticator?: boolean
  }
  type Decoded = {
    code: string
    identifier: number
    length: number
    authenticator: Buffer
    attributes: Readonly<Record<string, unknown>>
    raw_attributes: readonly (readonly [number, Buffer])[]
  }
  const radius: {
    load_dictionaries(): void
    attr_id_to_name(type: number, vendor?: number): string | null | undefined
    encode(options: EncodeOptions): Buffer
    decode(options: {packet: Buffer; secret: string}): Decoded
    encode_response(options: EncodeOptions & {packet: Decoded}): Buffer
    verify_response(options: {request: Buffer; response: Buffer; secret: string}): boolean
  }
  export = radius
}
