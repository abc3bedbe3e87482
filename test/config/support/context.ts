import type {ConfigContext, FileRead} from '../../../src/core/config/context.ts'
import {type Loaded, loadConfigText} from '../../../src/core/config/load.ts'
import {Secret} from '../../../src/core/secret.ts'

const attributes = new Set([
  'Calling-Station-Id',
  'Class',
  'Filter-Id',
  'Framed-IP-Address',
  'NAS-Identifier',
  'NAS-IP-Address',
  'PaloAlto-Client-Source-IP',
  'Reply-Message',
  'Tunnel-Client-Endpoint',
])

/** Certificates that the fixtures name, under the folder of every configuration file. */
const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'

/** A context without a file system: a few attributes and encodings, and filters that are a balanced parenthesis. */
export function testContext(overrides: Partial<ConfigContext> = {}): ConfigContext {
  return {
    vocabulary: {
      isAttributeName: (name) => attributes.has(name),
      staysOnHop: (name) => name.toLowerCase() === 'state',
      isCodec: (name) => ['utf-8', 'latin-1', 'cp1252'].includes(name.toLowerCase()),
      isStoreUrl: (text) => text.startsWith('redis'),
      ldapFilterProblem: (text) => {
        if (!text.startsWith('(')) return {offset: 0, message: 'it does not begin with ('}
        return text.endsWith(')') ? undefined : {offset: text.length - 1, message: 'a ) is missing'}
      },
    },
    readFile: (path): FileRead =>
      path.endsWith('.pem') ? {ok: true, octets: Buffer.from(pem), mode: 0o644} : {ok: false, reason: 'does not exist'},
    env: {},
    platform: 'linux',
    unprotect: (blob) =>
      blob.startsWith('sealed:')
        ? {ok: true, secret: new Secret(blob.slice('sealed:'.length))}
        : {ok: false, reason: 'it was protected on another machine'},
    hasKerberos: false,
    resolve: true,
    ...overrides,
  }
}

export function loadText(text: string, overrides: Partial<ConfigContext> = {}, mode?: number): Loaded {
  return loadConfigText(Buffer.from(text, 'utf8'), '/opt/authproxy/conf/authproxy.cfg', testContext(overrides), mode)
}

/** The codes of the findings, those of information left out. */
export function codesOf({diagnostics}: Loaded): string[] {
  return diagnostics.filter((d) => d.severity !== 'info').map((d) => d.code)
}

/** A file that is right, to which a test adds what it is about. */
export const rightFile = `[main]
state_key=test-state-key-not-real-0123456789
[ad_client]
host=dc1.example.com
service_account_username=svc-authproxy
service_account_password=test-secret-not-real
search_dn=DC=example,DC=com
[radius_server_challenge]
ikey=DIXXXXXXXXXXXXXXXXXX
skey=testtesttesttesttesttesttesttesttesttest
api_host=api-xxxxxxxx.duosecurity.com
radius_ip_1=192.0.2.1
radius_secret_1=test-secret-not-real-1
failmode=secure
`
