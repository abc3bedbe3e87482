import type {VendorDictionary} from './vendor.ts'

/** F5 Networks. */
export const f5: VendorDictionary = {
  vendor: 'F5',
  id: 3375,
  attributes: [
    {
      name: 'F5-LTM-User-Role',
      type: 1,
      kind: 'integer',
      values: {
        Administrator: 0,
        'Resource-Admin': 20,
        'User-Manager': 40,
        Auditor: 80,
        Manager: 100,
        'App-Editor': 300,
        'Advanced-Operator': 350,
        Operator: 400,
        'Firewall-Manager': 450,
        'Fraud-Protection-Manager': 480,
        'Certificate-Manager': 500,
        'IRule-Manager': 510,
        Guest: 700,
        'Web-Application-Security-Administrator': 800,
        'Web-Application-Security-Editor': 810,
        'Acceleration-Policy-Editor': 850,
        'No-Access': 900,
      },
    },
    {name: 'F5-LTM-User-Role-Universal', type: 2, kind: 'integer', values: {Disabled: 0, Enabled: 1}},
    {name: 'F5-LTM-User-Partition', type: 3, kind: 'text'},
    {name: 'F5-LTM-User-Console', type: 4, kind: 'integer', values: {Disabled: 0, Enabled: 1}},
    {name: 'F5-LTM-User-Shell', type: 5, kind: 'text'},
    {name: 'F5-LTM-User-Context-1', type: 10, kind: 'integer'},
    {name: 'F5-LTM-User-Context-2', type: 11, kind: 'integer'},
    {name: 'F5-LTM-User-Info-1', type: 12, kind: 'text'},
    {name: 'F5-LTM-User-Info-2', type: 13, kind: 'text'},
    {name: 'F5-LTM-Audit-Msg', type: 14, kind: 'text'},
  ],
}
