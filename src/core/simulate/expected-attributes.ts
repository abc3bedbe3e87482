import {openVendorAttributes} from '../radius/dictionary-lookup.ts'
import type {Attribute} from '../radius/packet.ts'
import type {LoginReport} from './nas.ts'

/** An attribute that an Accept must bring, and NAME=VALUE as it was written. */
export type ExpectedAttribute = {readonly text: string; readonly attribute: Attribute}

/**
 * What an Accept came without: it was lost between the server that gave it and the gateway. Nothing for any other outcome.
 * A value that travels hidden (Tunnel-Password, MPPE keys) is another one in each packet and cannot be expected.
 */
export function lostAttributes({outcome, rounds}: LoginReport, expected: readonly ExpectedAttribute[]): string[] {
  if (outcome !== 'accept' || expected.length === 0) return []
  const brought = new Set(keysOf(rounds.at(-1)?.reply?.packet.attributes ?? []))
  return expected.filter(({attribute}) => keysOf([attribute]).some((key) => !brought.has(key))).map(({text}) => text)
}

/** Several attributes of one vendor may travel in one Vendor-Specific, or in one each: it is the same. */
function keysOf(attributes: readonly Attribute[]): string[] {
  return openVendorAttributes(attributes).map(
    ({vendor, type, value}) => `${vendor ?? ''}.${type} ${value.toString('hex')}`,
  )
}
