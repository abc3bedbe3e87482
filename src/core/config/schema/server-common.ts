import type {OptionSpec, OptionSpecs} from './option.ts'

export const sectionDebug = {
  type: 'boolean',
  default: false,
  inheritedFromMain: true,
  doc: 'Turns debug on for the whole process, as in [main].',
} as const satisfies OptionSpec

export const listenInterface = {
  type: 'address',
  inheritedFromMain: true,
  defaultDoc: 'all addresses',
  example: '192.0.2.10',
  doc: 'The local address to listen on.',
} as const satisfies OptionSpec

/** The keys of a Duo application, and where its cloud is. */
export const duoApplication = {
  ikey: {
    type: 'ikey',
    required: true,
    example: 'DIXXXXXXXXXXXXXXXXXX',
    doc: 'The integration key of the application, from the Duo Admin Panel.',
  },
  skey: {
    type: 'skey',
    required: true,
    example: 'env:AUTHPROXY_SKEY',
    doc: 'The secret key of the application, from the Duo Admin Panel.',
    security: 'Whoever has it can answer for Duo in the name of this application.',
  },
  api_host: {
    type: 'api-host',
    required: true,
    example: 'api-xxxxxxxx.duosecurity.com',
    doc: 'The API host name of the application, from the Duo Admin Panel.',
  },
} as const satisfies OptionSpecs

/** How Duo's cloud is reached. */
export const duoTransport = {
  http_proxy_host: {
    type: 'host',
    inheritedFromMain: true,
    example: 'proxy.example.com',
    doc: 'HTTP proxy (CONNECT) through which Duo is reached.',
  },
  http_proxy_port: {
    type: 'port',
    default: 80,
    inheritedFromMain: true,
    requires: {key: 'http_proxy_host'},
    doc: 'Port of the HTTP proxy.',
  },
  http_proxy_username: {
    type: 'text',
    extension: true,
    inheritedFromMain: true,
    requires: {key: 'http_proxy_host'},
    doc: 'User name for the HTTP proxy (Basic).',
  },
  http_proxy_password: {
    type: 'secret',
    extension: true,
    inheritedFromMain: true,
    requires: {key: 'http_proxy_username'},
    doc: 'Password for the HTTP proxy (Basic).',
  },
  http_ca_certs_file: {
    type: 'path',
    relativeTo: 'conf',
    inheritedFromMain: true,
    defaultDoc: "the system's certificate authorities",
    example: 'ca-bundle.pem',
    doc: 'PEM file of the certificate authorities that are trusted for connections to Duo, instead of those of the system.',
    security: 'Whoever owns one of these authorities can read and change what is said to Duo.',
  },
} as const satisfies OptionSpecs

export const apiLimits = {
  api_port: {type: 'port', default: 443, doc: 'The TCP port of api_host.'},
  api_timeout: {
    type: 'integer',
    min: 0,
    unit: 'seconds',
    defaultDoc: "10 seconds for preauth; at the factor step a push's life and a margin",
    doc: 'How long one call to Duo may take. 0 waits as long as the default does.',
  },
} as const satisfies OptionSpecs

export const failmode = {
  type: 'choice',
  choices: ['safe', 'secure', 'ignore'],
  extensionChoices: ['ignore'],
  default: 'safe',
  doc: 'What happens to a user with the right password while Duo cannot be reached: safe lets in, secure refuses, ignore does not answer, so that the NAS tries its next server.',
  security: 'safe means that whoever can cut the line to Duo logs in with a password alone.',
} as const satisfies OptionSpec

/** What every radius_server_* section knows about its NASes. */
export const radiusListener = {
  radius_ip: {
    type: 'network',
    required: true,
    numbered: 'paired',
    partner: 'radius_secret',
    example: '192.0.2.1',
    doc: 'A NAS that may ask: an address, a block (192.0.2.0/24), an address with a netmask, or a range (192.0.2.1-192.0.2.9), IPv4 or IPv6. Of several that match, the smallest counts.',
    security: 'Keep it to the addresses of your NASes.',
  },
  radius_secret: {
    type: 'secret',
    required: true,
    numbered: 'paired',
    partner: 'radius_ip',
    doc: 'The secret shared with the NAS of the same number.',
    security: 'RADIUS hides passwords with nothing but this secret: make it long and of chance, one for each NAS.',
  },
  port: {
    type: 'port',
    default: 1812,
    doc: 'The UDP port to listen on. Sections may share it when their radius_ip differ.',
  },
  interface: listenInterface,
} as const satisfies OptionSpecs

export const radiusPolicy = {
  client: {
    type: 'section',
    inferred: true,
    defaultDoc: 'the one of [main], else the only client section there is',
    example: 'ad_client',
    doc: 'The section that checks the password.',
  },
  failmode,
  pass_through_attr_names: {
    type: 'attributes',
    example: 'NAS-Identifier',
    doc: 'Attributes of the request that are handed on to radius_client.',
  },
  pass_through_all: {
    type: 'boolean',
    default: false,
    doc: 'Hands all attributes of the request on to radius_client, except those that belong to one hop.',
  },
  client_ip_attr: {
    type: 'attribute',
    defaultDoc: 'Calling-Station-Id if it holds an address, else Tunnel-Client-Endpoint',
    example: 'Calling-Station-Id',
    doc: "The attribute of the request that holds the user's own address, for Duo's policies. paloalto is short for PaloAlto-Client-Source-IP.",
  },
  pw_codec: {type: 'codec', default: 'utf-8', doc: 'The character encoding of passwords from the NAS.'},
  require_message_authenticator: {
    type: 'choice',
    choices: ['auto', 'yes', 'no'],
    default: 'auto',
    extension: true,
    doc: 'Whether requests without Message-Authenticator are dropped: auto does so for an address once it has sent a valid one.',
    security: 'Without it an attacker on the path can forge answers (CVE-2024-3596). Say yes when all NASes send it.',
  },
  force_message_authenticator: {
    type: 'boolean',
    default: false,
    since: '6.4.2',
    doc: 'Set to true, it is the same as require_message_authenticator = yes.',
  },
  limit_proxy_state: {
    type: 'choice',
    choices: ['auto', 'yes', 'no'],
    default: 'auto',
    extension: true,
    doc: 'Whether Proxy-State without Message-Authenticator makes a request invalid: auto does so for an address once it has sent a request without Proxy-State.',
    security: 'Proxy-State is what the known attack on RADIUS (CVE-2024-3596) is made with.',
  },
  client_logins_per_second: {
    type: 'integer',
    min: 0,
    default: 500,
    extension: true,
    doc: 'How many new logins a second one NAS may begin, ten seconds of them at once; what comes above is dropped, so that answers to challenges and other NASes are still served. 0 is no limit.',
  },
  duo_api: {
    type: 'choice',
    choices: ['auto', 'v2', 'v1'],
    default: 'auto',
    extension: true,
    doc: "Which of Duo's interfaces is used: auto is v2, and v1 only where Duo itself refuses v2 for this application.",
  },
  reject_reference: {
    type: 'boolean',
    default: false,
    extension: true,
    doc: 'Adds the login id to the text of a reject, so that a user can quote it to the help desk.',
  },
  primary_reject_detail: {
    type: 'boolean',
    default: false,
    extension: true,
    doc: 'Tells the user why the directory refused (expired, locked and so on) instead of one neutral text.',
    security: 'A directory says expired or locked only when the password was right: this tells an attacker so.',
  },
} as const satisfies OptionSpecs

export const exemptUsernames = {
  exempt_username: {
    type: 'text',
    numbered: 'counted',
    example: 'svc-monitor',
    doc: 'A user who passes with the password alone, matched exactly.',
    security: 'Every name here is a door without a second lock.',
  },
} as const satisfies OptionSpecs

/** How a factor may be typed behind the password. */
export const concatenation = {
  delimiter: {
    type: 'text',
    default: ',',
    doc: 'What stands between password and factor. The last one in the text counts.',
  },
  delimited_password_length: {
    type: 'integer',
    default: 0,
    min: 0,
    defaultDoc: '0 (off)',
    doc: 'Takes so many characters as the password, and the rest as the factor.',
  },
} as const satisfies OptionSpecs
