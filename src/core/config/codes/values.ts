import {error, warning} from './code.ts'

/** Values, one option at a time. `shown` is the value as typed, or a mask where it may be a secret. */
export const valueCodes = {
  missingOption: error<{key: string; section: string; because: string; example: string}>('C201', 'option missing', {
    doc: 'The section cannot work without this option.',
    message: (f) => `[${f.section}] needs ${f.key}${f.because === '' ? '' : ` ${f.because}`}`,
    hint: (f) => (f.example === '' ? 'add the line' : `add a line like ${f.key}=${f.example}`),
  }),
  emptyValue: error<{key: string}>('C202', 'empty value', {
    doc: 'The option has no value, and an empty one makes no sense for it.',
    message: (f) => `${f.key} is empty`,
    hint: 'give it a value, or remove the line',
  }),
  emptyOptional: warning<{key: string}>('C203', 'empty value taken as missing', {
    doc: 'The option has no value. It is treated as if the line were not there.',
    message: (f) => `${f.key} is empty, and is treated as if it were not there`,
    hint: 'give it a value, or remove the line',
  }),
  notBoolean: error<{key: string; shown: string}>('C204', 'neither true nor false', {
    doc: 'The option is true or false; whole numbers are accepted too, where 0 is false and every other number true.',
    message: (f) => `${f.key} is neither true nor false: "${f.shown}"`,
    hint: 'write true or false (yes, no, on and off are not known)',
  }),
  notInteger: error<{key: string; shown: string; unit: string}>('C205', 'not a whole number', {
    doc: 'The option is a whole number without a unit.',
    message: (f) => `${f.key} is not a whole number: "${f.shown}"`,
    hint: (f) => (f.unit === '' ? 'write digits only' : `write the number of ${f.unit}, digits only`),
  }),
  outOfBounds: error<{key: string; shown: string; min: number; max: number}>('C206', 'number out of bounds', {
    doc: 'The number is smaller or larger than the option allows.',
    message: (f) => `${f.key} is out of bounds: ${f.shown}`,
    hint: (f) =>
      f.max === Number.MAX_SAFE_INTEGER ? `it is at least ${f.min}` : `it is between ${f.min} and ${f.max}`,
  }),
  notPort: error<{key: string; shown: string}>('C207', 'not a port', {
    doc: 'A port is a whole number from 1 to 65535.',
    message: (f) => `${f.key} is not a port: "${f.shown}"`,
    hint: 'write a number from 1 to 65535',
  }),
  notChoice: error<{key: string; shown: string; choices: readonly string[]; suggestion: string | undefined}>(
    'C208',
    'not one of the choices',
    {
      doc: 'The option takes one of a few words.',
      message: (f) => `${f.key} cannot be "${f.shown}"`,
      hint: (f) =>
        f.suggestion === undefined
          ? `it is one of ${f.choices.join(', ')}`
          : `did you mean ${f.suggestion}? It is one of ${f.choices.join(', ')}`,
    },
  ),
  notAddress: error<{key: string; shown: string}>('C209', 'not an IP address', {
    doc: 'The option takes one IPv4 or IPv6 address.',
    message: (f) => `${f.key} is not an IP address: "${f.shown}"`,
    hint: 'write one address, like 192.0.2.10 or 2001:db8::10',
  }),
  notNetwork: error<{key: string; shown: string; reason: string}>('C210', 'not an address, block or range', {
    doc: 'The option takes an address, a block with a prefix length or a netmask, or a range: 192.0.2.1, 192.0.2.0/24, 192.0.2.0/255.255.255.0, 192.0.2.1-192.0.2.9, and the same for IPv6.',
    message: (f) => `${f.key} is not an address, block or range: ${f.reason}`,
    hint: 'write for example 192.0.2.1, 192.0.2.0/24 or 192.0.2.1-192.0.2.9',
  }),
  notHost: error<{key: string; shown: string; advice: string}>('C211', 'not a host', {
    doc: 'The option takes the name or the address of one host: no scheme (https://), no port, no path, and not several hosts in one line.',
    message: (f) => `${f.key} is no host name and no address: "${f.shown}"`,
    hint: (f) => f.advice,
  }),
  notDn: error<{key: string; reason: string}>('C212', 'not a distinguished name', {
    doc: 'The option takes a distinguished name (RFC 4514) like CN=VPN Users,OU=Groups,DC=example,DC=com. A comma that belongs to a name is written as \\,.',
    message: (f) => `${f.key} is not a distinguished name: ${f.reason}`,
    hint: 'write it like CN=VPN Users,OU=Groups,DC=example,DC=com',
  }),
  badFilter: error<{key: string; reason: string}>('C213', 'LDAP filter with a mistake', {
    doc: 'The filter cannot be read (RFC 4515). The original logs this and goes on without the filter, so that everybody passes it.',
    message: (f) => `${f.key} is not an LDAP filter: ${f.reason}`,
    hint: 'write it like (memberOf=CN=VPN Users,OU=Groups,DC=example,DC=com)',
  }),
  unknownAttribute: error<{key: string; shown: string}>('C214', 'unknown RADIUS attribute', {
    doc: 'No dictionary has an attribute of this name. Names are written as in the RFCs and in the dictionaries of the makers.',
    message: (f) => `${f.key} names an unknown RADIUS attribute: "${f.shown}"`,
    hint: 'write its name as in the dictionary, like Calling-Station-Id',
  }),
  unknownCodec: error<{key: string; shown: string}>('C215', 'unknown character encoding', {
    doc: 'No character encoding of this name is known.',
    message: (f) => `${f.key} is an unknown character encoding: "${f.shown}"`,
    hint: 'write for example utf-8, latin-1 or cp1252',
  }),
  badIntegrationKey: error<{key: string; shape: string; length: number}>('C216', 'not an integration key', {
    doc: 'An ikey is DI and 18 capital letters and digits; the rikey of [sso] begins with RI. Copy it from the Duo Admin Panel.',
    message: (f) =>
      `${f.key} does not have the form of an integration key: ${f.shape} (20 characters; this has ${f.length})`,
    hint: 'copy it from the application in the Duo Admin Panel',
  }),
  badSecretKey: error<{key: string; length: number}>('C217', 'not a secret key', {
    doc: 'An skey is 40 letters and digits. Copy it from the Duo Admin Panel.',
    message: (f) =>
      `${f.key} does not have the form of a secret key: 40 letters and digits (this has ${f.length} characters)`,
    hint: 'copy it from the application in the Duo Admin Panel',
  }),
  swappedKeys: error<object>('C218', 'ikey and skey swapped', {
    doc: 'The ikey has the form of an skey, and the other way round. Exchange the two, and make a new secret key if the file was shown to anybody who may know the ikey.',
    message: 'ikey and skey are swapped',
    hint: 'exchange the two values',
  }),
  oddApiHost: warning<{shown: string}>('C219', 'API host not of Duo', {
    doc: 'The API host name of an application ends in .duosecurity.com or .duofederal.com. Another one works only in a laboratory.',
    message: (f) => `api_host is not a name of Duo: "${f.shown}"`,
    hint: 'copy it from the application in the Duo Admin Panel, like api-xxxxxxxx.duosecurity.com',
  }),
  notEndpoint: error<{key: string; shown: string}>('C220', 'not an address with a port', {
    doc: 'The option takes an address and a port, like 127.0.0.1:9812 or [::1]:9812.',
    message: (f) => `${f.key} is not an address with a port: "${f.shown}"`,
    hint: 'write for example 127.0.0.1:9812',
  }),
  notSyslogTarget: error<{key: string; shown: string}>('C228', 'not a syslog collector', {
    doc: 'The option takes how a syslog collector is reached: udp://, tcp:// or tls://, its name or address, and a port if it is not the usual one.',
    message: (f) => `${f.key} is not a syslog collector: "${f.shown}"`,
    hint: 'write for example tls://siem.example.com:6514',
  }),
  notStoreUrl: error<{key: string}>('C229', 'not the address of a store', {
    doc: 'The option takes the address of a Redis or Valkey server: redis://host, rediss:// for TLS, redis+sentinel://host,host/master or redis+cluster://host,host, with user:password@ before the hosts where needed.',
    message: (f) => `${f.key} is not the address of a store`,
    hint: 'write for example rediss://user:password@redis.example.com:6379',
  }),
  swappedPair: error<{key: string; partner: string}>('C230', 'address and secret swapped', {
    doc: 'radius_ip_N holds what looks like a secret, and radius_secret_N what is an address. Exchange the two.',
    message: (f) => `${f.key} and ${f.partner} are swapped`,
    hint: 'exchange the two values',
  }),
  repeatedChoice: error<{key: string; shown: string}>('C221', 'named twice in a list', {
    doc: 'The list names something twice.',
    message: (f) => `${f.key} names ${f.shown} twice`,
    hint: 'name it once',
  }),
  unpaired: error<{key: string; partner: string}>('C222', 'partner missing', {
    doc: 'Every radius_ip_N has a radius_secret_N of the same number, and the other way round.',
    message: (f) => `${f.key} has no ${f.partner}`,
    hint: (f) => `add ${f.partner}=...`,
  }),
  plainAndProtected: error<{key: string; first: string; firstLine: number}>('C223', 'both plain and protected', {
    doc: 'A secret stands in the file both in clear and protected. Keep the protected one.',
    message: (f) =>
      `${f.key} and ${f.first} in line ${f.firstLine} are the same secret, once in clear and once protected`,
    hint: 'keep the protected one, and remove the other',
  }),
  unreadableProtected: error<{key: string; reason: string}>('C224', 'protected value cannot be read', {
    doc: "A protected value can be read only on the machine that made it, and only by this program: a value made by the original's Windows tool has to be protected again with `authproxy protect`.",
    message: (f) => `${f.key} cannot be read: ${f.reason}`,
    hint: 'protect the value again on this machine: authproxy protect',
  }),
  unresolvedReference: error<{key: string; reference: string; reason: string}>('C225', 'reference to nothing', {
    doc: 'A value of the form env:NAME is taken from the environment, and one of the form file:/absolute/path from a file. If the secret itself has that form, put it into a file and refer to that.',
    message: (f) => `${f.key} is read as a reference (${f.reference}), and ${f.reason}`,
    hint: 'set what it refers to; if this is the secret itself, put it into a file and write file:/path',
  }),
  quotedValue: warning<{key: string}>('C226', 'value in quotes', {
    doc: 'Quotes have no meaning in this file: they are part of the value.',
    message: (f) => `the quotes are part of the value of ${f.key}`,
    hint: 'remove them, unless they are meant',
  }),
  commentInValue: error<{key: string}>('C227', 'comment behind a value', {
    doc: 'There are no comments behind a value: the text is part of the value, which makes no sense with it. Put the comment on a line of its own.',
    message: (f) => `what looks like a comment is part of the value of ${f.key}`,
    hint: 'put the comment on a line of its own',
  }),
  attributeStays: warning<{key: string; shown: string}>('C231', 'attribute that is never passed on', {
    doc: 'State, Proxy-State, Message-Authenticator, passwords, CHAP, MS-CHAP responses and EAP belong to the hop they came on: they are never copied to another one, whatever names them.',
    message: (f) => `${f.key} names ${f.shown}, which is never passed on`,
    hint: 'leave it out',
  }),
} as const
