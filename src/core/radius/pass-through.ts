import {attributeByName} from './dictionary.ts'
import {type FoundAttribute, openVendorAttributes, vendorAttribute} from './dictionary-lookup.ts'
import {type Attribute, attributeType} from './packet.ts'
import {hidePassword, revealPassword} from './password.ts'
import {hideSalted, revealSalted} from './salted.ts'
import type {SharedKey} from './shared-key.ts'

/** Which attributes go from one hop to the next: all of them, or those of these names. */
export type PassThrough = 'all' | readonly string[]

/** The attributes that go on by such a selection, as `passing` chooses them. */
export function passThrough(attributes: readonly Attribute[], selection: PassThrough): Attribute[] {
  return passing(selection)(attributes)
}

/**
 * Chooses the attributes to copy to another hop, in wire order, whatever is inside vendor attributes judged one by one.
 * Never State, Proxy-State, Message-Authenticator, a password, CHAP or EAP: they belong to the hop they came on.
 */
export function passing(selection: PassThrough): (attributes: readonly Attribute[]) => Attribute[] {
  if (selection.length === 0) return () => []
  const wanted = selection === 'all' ? undefined : new Set(selection.flatMap(typeKeyOf))
  const isWanted = (attribute: FoundAttribute) =>
    wanted === undefined ||
    wanted.has(typeKey(attribute)) ||
    // Vendor-Specific by its own name is what any vendor has put into it.
    (attribute.vendor !== undefined && wanted.has(VENDOR_SPECIFIC))
  return (attributes) =>
    openVendorAttributes(attributes)
      .filter((attribute) => !belongsToHop(attribute) && isWanted(attribute))
      .map(closed)
}

/**
 * Takes the hiding off values that travel hidden with the secret of the hop they came on: Tunnel-Password (RFC 2868 3.5)
 * and the MPPE keys (RFC 2548 2.4). What `hideForHop` is given must come from here. One that cannot be revealed is left out.
 * @param authenticator the Request Authenticator of the packet, or of the request it answers.
 */
export function revealFromHop(
  attributes: readonly Attribute[],
  authenticator: Buffer,
  key: SharedKey,
): readonly Attribute[] {
  return convert(attributes, {
    tunnelPassword: (value) => tagged(value, (text) => revealSalted(text, authenticator, key)),
    salted: (value) => revealSalted(value, authenticator, key),
    chapKeys: (value) => padded(revealPassword(value, authenticator, key)),
  })
}

/** Hides again what `revealFromHop` revealed, for the hop the attributes go to. `randomBytes` makes the salts. */
export function hideForHop(
  attributes: readonly Attribute[],
  authenticator: Buffer,
  key: SharedKey,
  randomBytes: (size: number) => Buffer,
): readonly Attribute[] {
  // All salts of one packet must differ (RFC 2868 3.5): counting on from a random start sees to it.
  let salt = randomBytes(2).readUInt16BE(0)
  const hide = (value: Buffer) => {
    const octets = Buffer.alloc(2)
    salt = (salt + 1) % 0x8000
    octets.writeUInt16BE(salt, 0)
    return hideSalted(value, octets, authenticator, key)
  }
  return convert(attributes, {
    tunnelPassword: (value) => tagged(value, hide),
    salted: hide,
    chapKeys: (value) => hidePassword(value, authenticator, key),
  })
}

const VENDOR_SPECIFIC = typeKey({type: attributeType.vendorSpecific, vendor: undefined})
const MICROSOFT = 311
const TUNNEL_PASSWORD = 69
const MS_CHAP_MPPE_KEYS = 12
const MS_MPPE_SEND_KEY = 16
const MS_MPPE_RECV_KEY = 17
/** LM key and NT key (RFC 2548 2.4.1); the last octets may be NUL, which unhiding cannot tell from padding. */
const CHAP_KEYS_OCTETS = 24

const hopTypes: ReadonlySet<number> = new Set([
  attributeType.userPassword,
  attributeType.chapPassword,
  attributeType.state,
  attributeType.proxyState,
  attributeType.chapChallenge,
  attributeType.eapMessage,
  attributeType.messageAuthenticator,
])

/** MS-CHAP responses, challenges and password changes (RFC 2548 2.1 to 2.3). */
const hopMicrosoftTypes: ReadonlySet<number> = new Set([1, 3, 4, 5, 6, 11, 25, 27])

function belongsToHop({type, vendor}: Pick<FoundAttribute, 'type' | 'vendor'>): boolean {
  return vendor === undefined ? hopTypes.has(type) : vendor === MICROSOFT && hopMicrosoftTypes.has(type)
}

/** Whether no selection lets an attribute of this name pass. */
export function staysOnHop(name: string): boolean {
  const definition = attributeByName(name)
  return definition !== undefined && belongsToHop(definition)
}

function typeKey({type, vendor}: {readonly type: number; readonly vendor: number | undefined}): string {
  return `${vendor ?? ''}.${type}`
}

function typeKeyOf(name: string): string[] {
  const definition = attributeByName(name)
  return definition === undefined ? [] : [typeKey(definition)]
}

function closed({type, vendor, value}: FoundAttribute): Attribute {
  return vendor === undefined ? {type, value} : vendorAttribute(vendor, type, value)
}

type Conversions = {readonly [Kind in 'tunnelPassword' | 'salted' | 'chapKeys']: (value: Buffer) => Buffer | undefined}

function convert(attributes: readonly Attribute[], conversions: Conversions): readonly Attribute[] {
  // Most packets have nothing to convert, and are not taken apart for it.
  if (!attributes.some(({type}) => type === attributeType.vendorSpecific || type === TUNNEL_PASSWORD)) return attributes
  return openVendorAttributes(attributes).flatMap((attribute) => {
    const kind = hiddenKind(attribute)
    if (kind === undefined) return [closed(attribute)]
    const value = conversions[kind](attribute.value)
    return value === undefined ? [] : [closed({...attribute, value})]
  })
}

function hiddenKind({type, vendor}: FoundAttribute): keyof Conversions | undefined {
  if (vendor === undefined) return type === TUNNEL_PASSWORD ? 'tunnelPassword' : undefined
  if (vendor !== MICROSOFT) return undefined
  if (type === MS_MPPE_SEND_KEY || type === MS_MPPE_RECV_KEY) return 'salted'
  return type === MS_CHAP_MPPE_KEYS ? 'chapKeys' : undefined
}

/** The tag stands before the hidden part and is kept (RFC 2868 3.5). */
function tagged(value: Buffer, convertText: (text: Buffer) => Buffer | undefined): Buffer | undefined {
  const text = convertText(value.subarray(1))
  return text === undefined ? undefined : Buffer.concat([value.subarray(0, 1), text])
}

function padded(keys: Buffer | undefined): Buffer | undefined {
  if (keys === undefined || keys.length > CHAP_KEYS_OCTETS) return undefined
  return Buffer.concat([keys], CHAP_KEYS_OCTETS)
}
