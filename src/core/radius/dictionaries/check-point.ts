import type {VendorDictionary} from './vendor.ts'

/** Check Point. */
export const checkPoint: VendorDictionary = {
  vendor: 'CheckPoint',
  id: 2620,
  attributes: [
    {name: 'CP-Gaia-User-Role', type: 229, kind: 'text'},
    {name: 'CP-Gaia-SuperUser-Access', type: 230, kind: 'integer'},
  ],
}
