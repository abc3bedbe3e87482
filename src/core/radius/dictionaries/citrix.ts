import type {VendorDictionary} from './vendor.ts'

/** Citrix NetScaler: it kept the number of the company that made it. */
export const citrix: VendorDictionary = {
  vendor: 'Citrix',
  id: 66,
  attributes: [
    {name: 'Citrix-UID', type: 10, kind: 'integer'},
    {name: 'Citrix-GID', type: 11, kind: 'integer'},
    {name: 'Citrix-Home', type: 12, kind: 'text'},
    {name: 'Citrix-Shell', type: 13, kind: 'text'},
    {name: 'Citrix-Group-Names', type: 14, kind: 'text'},
    {name: 'Citrix-Group-Ids', type: 15, kind: 'text'},
    {name: 'Citrix-User-Groups', type: 16, kind: 'text'},
  ],
}
