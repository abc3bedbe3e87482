import {attributeByName} from './dictionary.ts'
import {type Attribute, attributeType, MAX_ATTRIBUTE_OCTETS} from './packet.ts'

/** An attribute of a packet, or one found inside a vendor attribute: `type` is then the vendor's own number. */
export type FoundAttribute = {readonly type: number; readonly vendor: number | undefined; readonly value: Buffer}

/** The first attribute of this name, also inside vendor attributes; undefined when absent or the name is unknown. */
export function findAttribute(attributes: readonly Attribute[], name: string): FoundAttribute | undefined {
  return findAttributes(attributes, name)[0]
}

/** Every attribute of this name, in wire order. */
export function findAttributes(attributes: readonly Attribute[], name: string): FoundAttribute[] {
  const definition = attributeByName(name)
  if (definition === undefined) return []
  const {type, vendor} = definition
  if (vendor === undefined) {
    return attributes.filter((a) => a.type === type).map(({value}) => ({type, vendor, value}))
  }
  return openVendorAttributes(attributes).filter((a) => a.vendor === vendor && a.type === type)
}

/** All attributes, each vendor attribute replaced by what is in it; one that cannot be read stays as it is. */
export function openVendorAttributes(attributes: readonly Attribute[]): FoundAttribute[] {
  const found: FoundAttribute[] = []
  for (const {type, value} of attributes) {
    const opened = type === attributeType.vendorSpecific ? splitVendorAttribute(value) : undefined
    if (opened === undefined) found.push({type, vendor: undefined, value})
    else for (const inner of opened.attributes) found.push({...inner, vendor: opened.vendor})
  }
  return found
}

/**
 * The vendor and the sub-attributes of one Vendor-Specific value, in the layout RFC 2865 5.26 recommends.
 * Undefined for any other layout: the vendor is free to use one, so that it is no reason to refuse the packet.
 */
export function splitVendorAttribute(
  value: Buffer,
): {readonly vendor: number; readonly attributes: readonly Attribute[]} | undefined {
  if (value.length < VENDOR_HEADER_OCTETS + 2) return undefined
  const attributes: Attribute[] = []
  let offset = VENDOR_HEADER_OCTETS
  while (offset < value.length) {
    const [type, length] = value.subarray(offset, offset + 2)
    if (type === undefined || length === undefined || length < 2 || offset + length > value.length) return undefined
    attributes.push({type, value: value.subarray(offset + 2, offset + length)})
    offset += length
  }
  return {vendor: value.readUInt32BE(0), attributes}
}

/** A Vendor-Specific attribute with one sub-attribute in it, at most 247 octets of value. */
export function vendorAttribute(vendor: number, type: number, value: Buffer): Attribute {
  const header = Buffer.from([0, 0, 0, 0, type, value.length + 2])
  header.writeUInt32BE(vendor, 0)
  return {type: attributeType.vendorSpecific, value: Buffer.concat([header, value])}
}

const VENDOR_HEADER_OCTETS = 4
export const MAX_VENDOR_VALUE_OCTETS = MAX_ATTRIBUTE_OCTETS - VENDOR_HEADER_OCTETS - 2
