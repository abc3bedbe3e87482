import type {OptionSpec, SectionSpec} from './option.ts'
import {
  apiLimits,
  concatenation,
  duoApplication,
  duoTransport,
  exemptUsernames,
  failmode,
  listenInterface,
  radiusListener,
  radiusPolicy,
  sectionDebug,
} from './server-common.ts'

const factors = {
  type: 'choices',
  choices: ['auto', 'push', 'phone', 'passcode'],
  default: 'auto',
  example: 'push, phone',
  doc: 'The factors in the order in which they are tried; auto is what Duo recommends for the user.',
} as const satisfies OptionSpec

const concatFirst = {
  type: 'boolean',
  default: true,
  extension: true,
  doc: 'Set to true, the part before the delimiter is tried as the password. When that fails, a [radius_client] is asked once more, with the whole text; an [ad_client] is asked only once for a login, with the whole text where the rest is no factor and no passcode. Set to false, the whole text is tried first, and the part when that fails.',
  security:
    'With false and an [ad_client] every login with a factor behind the password counts as a bad password in the directory first, and a login with a wrong password counts as two: accounts lock sooner.',
} as const satisfies OptionSpec

const whereConcatenated = {key: 'allow_concat', is: ['true']} as const

const radiusServer = {
  ...duoApplication,
  ...apiLimits,
  ...radiusListener,
  ...radiusPolicy,
  ...exemptUsernames,
  ...duoTransport,
  debug: sectionDebug,
} as const

export const radiusServerChallenge = {
  doc: 'A RADIUS server that asks for the second factor in an Access-Challenge: the user picks a device or types a passcode.',
  role: 'server',
  options: {
    ...radiusServer,
    prompt_format: {
      type: 'choice',
      choices: ['console', 'html', 'short'],
      default: 'console',
      doc: 'How the question is written: lines of text, lines for a web page, or one short line.',
    },
    prompt_overflow: {
      type: 'choice',
      choices: ['short', 'split'],
      default: 'short',
      extension: true,
      doc: 'What happens to a prompt over 253 octets: short falls back to prompt_format = short, split sends several Reply-Message attributes.',
    },
    enroll_challenge: {
      type: 'boolean',
      default: true,
      doc: 'A user who is not enrolled gets the link in an Access-Challenge (true) or in an Access-Reject (false).',
    },
  },
} as const satisfies SectionSpec

export const radiusServerAuto = {
  doc: 'A RADIUS server that picks the factor itself and asks nothing, unless it needs a passcode.',
  role: 'server',
  options: {
    ...radiusServer,
    factors,
    allow_concat: {
      type: 'boolean',
      default: true,
      aliases: ['concat_mode'],
      doc: 'The user may type a factor or passcode behind the password.',
    },
    delimiter: {...concatenation.delimiter, requires: whereConcatenated},
    delimited_password_length: {...concatenation.delimited_password_length, requires: whereConcatenated},
    concat_first: {...concatFirst, requires: whereConcatenated},
  },
} as const satisfies SectionSpec

export const radiusServerConcat = {
  doc: 'A RADIUS server that wants a factor or passcode behind the password, always.',
  role: 'server',
  options: {
    ...radiusServer,
    ...concatenation,
    delimiter: {...concatenation.delimiter, aliases: ['delimeter']},
  },
} as const satisfies SectionSpec

export const radiusServerDuoOnly = {
  doc: 'A RADIUS server that checks no password: what the user types as one is a factor or a passcode.',
  role: 'server',
  options: {
    ...radiusServer,
    client: {
      type: 'section',
      deprecated: 'this section checks no password; use [radius_server_challenge] or [radius_server_auto] to check one',
      doc: 'Without effect.',
    },
  },
} as const satisfies SectionSpec

export const radiusServerEap = {
  doc: 'A RADIUS server for PEAP with EAP-GTC.',
  role: 'server',
  served: false,
  options: {
    ...duoApplication,
    ...radiusListener,
    ...radiusPolicy,
    ...duoTransport,
    debug: sectionDebug,
    certs: {type: 'path', required: true, relativeTo: 'conf', doc: 'PEM file of the certificate and its chain.'},
    pkey: {type: 'path', required: true, relativeTo: 'conf', doc: 'PEM file of the private key.'},
    factors,
    prompt: {type: 'text', default: 'Enter your password: ', doc: 'What the user is asked for.'},
    ...concatenation,
    allow_concat: {
      type: 'boolean',
      default: false,
      aliases: ['concat_mode'],
      doc: 'The user may type a factor or passcode behind the password.',
    },
    minimum_tls_version: {
      type: 'choice',
      choices: ['ssl3', 'tls1.0', 'tls1.1', 'tls1.2'],
      default: 'tls1.2',
      doc: 'The oldest TLS version that is accepted.',
    },
    cipher_list: {type: 'text', doc: 'OpenSSL cipher list.'},
  },
} as const satisfies SectionSpec

export const radiusServerIframe = {
  doc: "A RADIUS server for gateways that show Duo's old web prompt in a frame.",
  role: 'server',
  served: false,
  notServedDoc: "Duo has ended that prompt; use [radius_server_challenge], or the gateway's own SAML login",
  options: {
    ...radiusServer,
    type: {
      type: 'choice',
      choices: [
        'array',
        'barracuda',
        'citrix',
        'citrix_netscaler',
        'citrix_netscaler_rfwebui',
        'f5',
        'f5_bigip',
        'fortinet',
        'juniper',
        'paloalto',
        'sonicwall_sra',
      ],
      required: true,
      doc: 'The kind of gateway.',
    },
    iframe_script_uri: {type: 'text', doc: 'Where the gateway finds the script.'},
    script_inject: {type: 'text', doc: 'The script itself.'},
  },
} as const satisfies SectionSpec

export const ldapServerAuto = {
  doc: 'An LDAP server that adds Duo to the binds of an application.',
  role: 'server',
  served: false,
  options: {
    ...duoApplication,
    ...apiLimits,
    ...duoTransport,
    debug: sectionDebug,
    client: {...radiusPolicy.client, defaultDoc: 'the only [ad_client]'},
    failmode,
    factors,
    ...concatenation,
    allow_concat: {
      type: 'boolean',
      default: true,
      aliases: ['concat_mode'],
      doc: 'The user may type a factor or passcode behind the password.',
    },
    port: {type: 'port', default: 389, doc: 'The TCP port for LDAP.'},
    ssl_port: {type: 'port', default: 636, requires: {key: 'ssl_key_path'}, doc: 'The TCP port for LDAPS.'},
    interface: listenInterface,
    ssl_key_path: {
      type: 'path',
      relativeTo: 'conf',
      requires: {key: 'ssl_cert_path'},
      doc: 'PEM file of the private key; together with ssl_cert_path it turns on LDAPS and StartTLS.',
    },
    ssl_cert_path: {
      type: 'path',
      relativeTo: 'conf',
      requires: {key: 'ssl_key_path'},
      doc: 'PEM file of the certificate and its chain.',
    },
    cipher_list: {type: 'text', doc: 'OpenSSL cipher list.'},
    minimum_tls_version: {
      type: 'choice',
      choices: ['ssl3', 'tls1.0', 'tls1.1', 'tls1.2'],
      default: 'tls1.2',
      doc: 'The oldest TLS version that is accepted.',
    },
    exempt_primary_bind: {
      type: 'boolean',
      default: true,
      doc: 'The first successful bind of a connection needs no second factor.',
    },
    exempt_ou: {
      type: 'dn',
      numbered: 'counted',
      example: 'OU=Service Accounts,DC=example,DC=com',
      doc: 'Binds of entries below this one need no second factor.',
    },
    allow_searches_after_bind: {type: 'boolean', default: true, doc: 'Searches pass through after a bind.'},
    allow_unlimited_binds: {
      type: 'boolean',
      default: false,
      doc: 'More than one bind with a second factor on one connection. Not together with exempt_primary_bind.',
    },
    network_timeout: {type: 'integer', default: 600, min: 0, unit: 'seconds', doc: 'The longest life of a connection.'},
    idle_timeout: {type: 'integer', default: 3600, min: 0, unit: 'seconds', doc: 'How long a connection may be idle.'},
  },
} as const satisfies SectionSpec
