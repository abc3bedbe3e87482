import type {OptionSpec, SectionSpec} from './option.ts'
import {sectionDebug} from './server-common.ts'

const unusedCaFile = {
  type: 'path',
  relativeTo: 'conf',
  deprecated: 'it belongs to [main] and the server sections; a directory is verified with ssl_ca_certs_file',
  doc: 'Accepted in every section, and without effect in this one: a client section does not speak to Duo.',
} as const satisfies OptionSpec

export const adClient = {
  doc: 'Checks the password with Active Directory or another LDAP directory.',
  role: 'client',
  options: {
    host: {
      type: 'host',
      required: true,
      numbered: 'sorted',
      example: 'dc1.example.com',
      doc: 'A directory server. host_2, host_3 and so on are tried in their order when the ones before do not answer.',
    },
    port: {
      type: 'port',
      inferred: true,
      defaultDoc: '389, or 636 with transport=ldaps',
      doc: 'The port of all hosts.',
    },
    service_account_username: {
      type: 'text',
      required: {key: 'auth_type', isNot: ['sspi']},
      example: 'svc-authproxy',
      doc: 'The account that searches for users. An ordinary user with no rights of its own is enough.',
    },
    service_account_password: {
      type: 'secret',
      required: {key: 'auth_type', isNot: ['sspi']},
      doc: 'The password of the service account.',
      security: 'Prefer a protected value, or a reference (env: or file:).',
    },
    search_dn: {
      type: 'dn',
      required: true,
      example: 'DC=example,DC=com',
      doc: 'Users are searched for in this entry and everything below it.',
    },
    security_group_dn: {
      type: 'dn',
      example: 'CN=VPN Users,OU=Groups,DC=example,DC=com',
      doc: 'Only members of this group pass. Direct members and users whose primary group it is; with security_group_nested also members of its groups.',
    },
    security_group_nested: {
      type: 'boolean',
      default: false,
      extension: true,
      requires: {key: 'security_group_dn'},
      doc: 'Members of groups inside security_group_dn pass too.',
    },
    ldap_filter: {
      type: 'ldap-filter',
      example: '(!(memberOf=CN=Contractors,OU=Groups,DC=example,DC=com))',
      doc: 'Only users that match this filter pass, in addition to every other condition.',
    },
    timeout: {
      type: 'integer',
      default: 10,
      min: 1,
      unit: 'seconds',
      doc: 'How long one host may take for the whole check, connecting included.',
    },
    transport: {
      type: 'choice',
      choices: ['clear', 'starttls', 'ldaps'],
      default: 'clear',
      doc: 'How the connection to the directory is protected.',
      security: 'With clear and auth_type=plain every password crosses the network readable.',
    },
    ssl_ca_certs_file: {
      type: 'path',
      relativeTo: 'conf',
      example: 'ad-ca.pem',
      requires: {key: 'transport', is: ['starttls', 'ldaps']},
      doc: "PEM file of the certificate authorities that may have signed the directory's certificate. Needed for starttls and ldaps unless ssl_verify_hostname is false.",
    },
    ssl_verify_hostname: {
      type: 'boolean',
      default: true,
      requires: {key: 'transport', is: ['starttls', 'ldaps']},
      doc: "The directory's certificate must be for the name in host.",
      security:
        'When it is false and ssl_ca_certs_file is missing, any certificate is taken: anybody on the path can read passwords.',
    },
    ssl_verify_depth: {
      type: 'integer',
      default: 9,
      min: 0,
      max: 100,
      requires: {key: 'transport', is: ['starttls', 'ldaps']},
      doc: 'The longest chain of certificates that is accepted.',
    },
    auth_type: {
      type: 'choice',
      choices: ['ntlm2', 'ntlm1', 'plain', 'sspi'],
      default: 'ntlm2',
      doc: 'How the service account and the users prove their passwords to the directory. sspi is for Windows.',
      security: 'ntlm1 is broken: use ntlm2, or plain over starttls or ldaps.',
    },
    bind_dn: {
      type: 'dn',
      required: {key: 'auth_type', is: ['plain']},
      requires: {key: 'auth_type', is: ['plain']},
      example: 'CN=svc-authproxy,CN=Users,DC=example,DC=com',
      doc: 'The distinguished name of the service account.',
    },
    ntlm_domain: {
      type: 'text',
      default: '',
      example: 'EXAMPLE',
      requires: {key: 'auth_type', is: ['ntlm1', 'ntlm2', 'sspi']},
      doc: 'The Windows domain of the service account, and of users whose entry does not tell theirs.',
    },
    ntlm_workstation: {
      type: 'text',
      default: '',
      requires: {key: 'auth_type', is: ['ntlm1', 'ntlm2']},
      doc: 'The workstation name sent with NTLM.',
    },
    username_attribute: {
      type: 'text',
      default: 'sAMAccountName',
      example: 'uid',
      doc: 'The attribute that holds the user name.',
    },
    at_attribute: {
      type: 'text',
      default: 'userPrincipalName',
      example: 'mail',
      doc: 'The attribute that is searched when the user name holds one @.',
    },
    domain_discovery: {
      type: 'boolean',
      deprecated: 'name the domain controllers with host, host_2 and so on',
      doc: 'Once looked for domain controllers in the DNS.',
    },
    debug: sectionDebug,
    http_ca_certs_file: unusedCaFile,
  },
} as const satisfies SectionSpec

export const radiusClient = {
  doc: 'Checks the password with another RADIUS server.',
  role: 'client',
  options: {
    host: {
      type: 'host',
      required: true,
      numbered: 'run',
      example: '192.0.2.20',
      doc: 'A RADIUS server, by address or (an extension) by name. host_2, host_3 and so on take their turn when the one before does not answer.',
    },
    port: {
      type: 'port',
      default: 1812,
      numbered: 'run',
      follows: 'host',
      doc: 'The port of host; port_2 is that of host_2, and so on.',
    },
    secret: {
      type: 'secret',
      required: true,
      doc: 'The secret shared with these servers; one for all of them.',
      security: 'RADIUS hides passwords with nothing but this secret: make it long and of chance.',
    },
    retries: {
      type: 'integer',
      default: 3,
      min: 0,
      doc: 'How often a request is sent again, each time to the next host, before the login is given up.',
    },
    retry_wait: {
      type: 'integer',
      default: 2,
      min: 1,
      unit: 'seconds',
      doc: 'How long an answer is waited for before the request is sent again.',
    },
    nas_ip: {
      type: 'address',
      defaultDoc: "the proxy's own address towards the server",
      example: '192.0.2.10',
      doc: 'The NAS-IP-Address sent to these servers.',
    },
    pass_through_attr_names: {
      type: 'attributes',
      example: 'Class, Filter-Id',
      doc: "Attributes of the server's answer that are copied into the answer to the NAS.",
    },
    pass_through_all: {
      type: 'boolean',
      default: false,
      doc: "Copies all attributes of the server's answer, except those that belong to one hop.",
    },
    pw_codec: {
      type: 'codec',
      default: 'utf-8',
      doc: 'The character encoding in which these servers expect a password.',
    },
    require_message_authenticator: {
      type: 'choice',
      choices: ['auto', 'yes', 'no'],
      default: 'auto',
      extension: true,
      doc: 'Whether an answer without Message-Authenticator is dropped: auto does so once that server has sent one.',
      security: 'Without it an attacker on the path can turn a reject into an accept (CVE-2024-3596).',
    },
    debug: sectionDebug,
    http_ca_certs_file: unusedCaFile,
  },
} as const satisfies SectionSpec

export const duoOnlyClient = {
  doc: 'No password check at all: Duo alone decides. For a NAS that has checked the password itself.',
  role: 'client',
  options: {
    debug: sectionDebug,
    http_ca_certs_file: unusedCaFile,
  },
} as const satisfies SectionSpec
