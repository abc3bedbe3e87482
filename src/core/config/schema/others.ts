import type {SectionSpec} from './option.ts'
import {duoApplication, duoTransport, listenInterface, sectionDebug} from './server-common.ts'

export const httpProxy = {
  doc: 'An HTTP proxy for other systems of yours, which lets through nothing but connections to one API host.',
  role: 'other',
  served: false,
  options: {
    api_host: duoApplication.api_host,
    port: {type: 'port', default: 80, doc: 'The TCP port to listen on.'},
    client_ip: {
      type: 'networks',
      defaultDoc: 'everyone',
      example: '192.0.2.0/24',
      doc: 'Who may use it: addresses, blocks and ranges, separated by commas.',
    },
    interface: listenInterface,
    debug: sectionDebug,
    http_ca_certs_file: duoTransport.http_ca_certs_file,
  },
} as const satisfies SectionSpec

export const cloud = {
  doc: "The connection for Duo's directory synchronisation.",
  role: 'other',
  single: true,
  served: false,
  options: {
    ...duoApplication,
    ...duoTransport,
    debug: sectionDebug,
    service_account_username: {
      type: 'text',
      requires: {key: 'service_account_password'},
      doc: 'The account that reads the directory.',
    },
    service_account_password: {
      type: 'secret',
      requires: {key: 'service_account_username'},
      doc: 'The password of that account.',
    },
  },
} as const satisfies SectionSpec

export const sso = {
  doc: 'The connection for Duo Single Sign-On.',
  role: 'other',
  served: false,
  options: {
    rikey: {
      type: 'rikey',
      required: true,
      example: 'RIXXXXXXXXXXXXXXXXXX',
      doc: 'The remote identity key, from the Duo Admin Panel.',
    },
    ...duoTransport,
    debug: sectionDebug,
    service_account_username: {
      type: 'text',
      requires: {key: 'service_account_password'},
      doc: 'The account that reads the directory.',
    },
    service_account_password: {
      type: 'secret',
      requires: {key: 'service_account_username'},
      doc: 'The password of that account.',
    },
  },
} as const satisfies SectionSpec
