import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {OptionSpec} from '../../src/core/config/schema/option.ts'
import {type Kind, optionsOf} from '../../src/core/config/schema.ts'

/** What the schema says of an option that a file leaves out. */
type Default =
  | string
  | number
  | boolean
  /** Must be given. */
  | 'REQUIRED'
  /** Worked out from other options, or by the system: the words of the docs. */
  | {readonly worksOut: string}
  /** Nothing. */
  | undefined

type Defaults = {readonly [key: string]: Default}

const REQUIRED = 'REQUIRED'

/** The original's, but for those that say what the original has instead, and why ours is another. */
const defaults = {
  main: {
    debug: false,
    log_dir: {worksOut: 'log, beside conf'},
    log_file: {worksOut: 'true, unless log_stdout or log_syslog is on'},
    log_stdout: false,
    log_syslog: false,
    syslog_facility: 'LOG_USER',
    log_max_size: 10_485_760,
    log_max_files: 6,
    log_auth_events: false,
    log_sso_events: true,
    // The original: conf/ca-bundle.crt, a list of its own which ran out for old installations.
    http_ca_certs_file: {worksOut: "the system's certificate authorities"},
    http_proxy_host: undefined,
    http_proxy_port: 80,
    interface: {worksOut: 'all addresses'},
    test_connectivity_on_startup: false,
    fips_mode: false,
    client: undefined,
    server: undefined,
  },
  ad_client: {
    host: REQUIRED,
    port: {worksOut: '389, or 636 with transport=ldaps'},
    service_account_username: REQUIRED,
    service_account_password: REQUIRED,
    search_dn: REQUIRED,
    security_group_dn: undefined,
    ldap_filter: undefined,
    timeout: 10,
    transport: 'clear',
    ssl_ca_certs_file: undefined,
    ssl_verify_hostname: true,
    ssl_verify_depth: 9,
    auth_type: 'ntlm2',
    // The original: "<ROOT>", which names no entry; for auth_type=plain it must be given there too.
    bind_dn: REQUIRED,
    ntlm_domain: '',
    ntlm_workstation: '',
    username_attribute: 'sAMAccountName',
    at_attribute: 'userPrincipalName',
    domain_discovery: undefined,
    debug: false,
    http_ca_certs_file: undefined,
  },
  radius_client: {
    host: REQUIRED,
    port: 1812,
    secret: REQUIRED,
    retries: 3,
    retry_wait: 2,
    nas_ip: {worksOut: "the proxy's own address towards the server"},
    pass_through_attr_names: undefined,
    pass_through_all: false,
    pw_codec: 'utf-8',
    debug: false,
    http_ca_certs_file: undefined,
  },
  duo_only_client: {
    debug: false,
    http_ca_certs_file: undefined,
  },
  radius_server_challenge: {
    ikey: REQUIRED,
    skey: REQUIRED,
    // The original's code would fall back to api.duosecurity.com, and its validation asks for it.
    api_host: REQUIRED,
    api_port: 443,
    // The original: 0, which waits for ever, and a gateway does not.
    api_timeout: {worksOut: "10 seconds for preauth; at the factor step a push's life and a margin"},
    radius_ip: REQUIRED,
    radius_secret: REQUIRED,
    client: {worksOut: 'the one of [main], else the only client section there is'},
    port: 1812,
    interface: {worksOut: 'all addresses'},
    failmode: 'safe',
    pass_through_attr_names: undefined,
    pass_through_all: false,
    // The original: Calling-Station-Id whatever it holds, which Duo takes for the address of the user.
    client_ip_attr: {worksOut: 'Calling-Station-Id if it holds an address, else Tunnel-Client-Endpoint'},
    exempt_username: undefined,
    pw_codec: 'utf-8',
    http_proxy_host: undefined,
    http_proxy_port: 80,
    // As in [main].
    http_ca_certs_file: {worksOut: "the system's certificate authorities"},
    debug: false,
    force_message_authenticator: false,
    prompt_format: 'console',
    enroll_challenge: true,
  },
} as const satisfies {readonly [kind in Kind]?: Defaults}

for (const kind of ['main', 'ad_client', 'radius_client', 'duo_only_client', 'radius_server_challenge'] as const) {
  test(`[${kind}]: every option of the original has the default it should have`, () => {
    assert.deepEqual(defaultsOf(kind), defaults[kind])
  })
}

test('an option that is required only beside others says beside which', () => {
  const required = (key: string) => optionsOf('ad_client').find(([name]) => name === key)?.[1].required
  for (const key of ['service_account_username', 'service_account_password']) {
    assert.deepEqual(required(key), {key: 'auth_type', isNot: ['sspi']})
  }
  assert.deepEqual(required('bind_dn'), {key: 'auth_type', is: ['plain']})
})

test('the least that retry_wait takes is a second: with none a reply is waited for no time at all', () => {
  // The original takes 0.
  const [, spec] = optionsOf('radius_client').find(([name]) => name === 'retry_wait') ?? []
  assert.equal(spec?.min, 1)
})

function defaultsOf(kind: Kind): Defaults {
  const ofTheOriginal = optionsOf(kind).filter(([, {extension}]) => extension !== true)
  return Object.fromEntries(ofTheOriginal.map(([key, spec]) => [key, defaultOf(spec)]))
}

function defaultOf(spec: OptionSpec): Default {
  if (spec.required !== undefined) return REQUIRED
  return spec.default ?? (spec.defaultDoc === undefined ? undefined : {worksOut: spec.defaultDoc})
}
