import type {VendorDictionary} from './vendor.ts'

/**
 * Pulse Secure / Ivanti Connect Secure under the number registered for Neoteris, which made the first of these gateways.
 * No RADIUS attribute under it is public: the number is here so that a dump can name the vendor.
 */
export const pulse: VendorDictionary = {vendor: 'Pulse-Secure', id: 12532, attributes: []}
