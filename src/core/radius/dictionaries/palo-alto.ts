import type {VendorDictionary} from './vendor.ts'

/** Palo Alto Networks. */
export const paloAlto: VendorDictionary = {
  vendor: 'PaloAlto',
  id: 25461,
  attributes: [
    {name: 'PaloAlto-Admin-Role', type: 1, kind: 'text'},
    {name: 'PaloAlto-Admin-Access-Domain', type: 2, kind: 'text'},
    {name: 'PaloAlto-Panorama-Admin-Role', type: 3, kind: 'text'},
    {name: 'PaloAlto-Panorama-Admin-Access-Domain', type: 4, kind: 'text'},
    {name: 'PaloAlto-User-Group', type: 5, kind: 'text'},
    {name: 'PaloAlto-User-Domain', type: 6, kind: 'text'},
    {name: 'PaloAlto-Client-Source-IP', type: 7, kind: 'text'},
    {name: 'PaloAlto-Client-OS', type: 8, kind: 'text'},
    {name: 'PaloAlto-Client-Hostname', type: 9, kind: 'text'},
    {name: 'PaloAlto-GlobalProtect-Client-Version', type: 10, kind: 'text'},
  ],
}
