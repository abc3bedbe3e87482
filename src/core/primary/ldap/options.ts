import type {Secret} from '../../secret.ts'

export type AuthType = 'plain' | 'ntlm1' | 'ntlm2' | 'sspi'

/** One [ad_client] section, checked and with its defaults filled in. */
export type LdapOptions = {
  /** The section's name, for the log. */
  readonly section: string
  /** Names or addresses, in fail-over order; at least one. */
  readonly hosts: readonly string[]
  readonly port: number
  readonly transport: 'clear' | 'starttls' | 'ldaps'
  /** PEM text of `ssl_ca_certs_file`. */
  readonly caCertificates: string | undefined
  readonly verifyHostname: boolean
  /** Certificates that may stand between the server's and the trusted one (`ssl_verify_depth`). */
  readonly verifyDepth: number
  readonly authType: AuthType
  /** The service account's DN, for plain. */
  readonly bindDn: string | undefined
  /** Left out for sspi with the machine's own identity. */
  readonly serviceAccount: {readonly userName: string; readonly password: Secret} | undefined
  readonly searchDn: string
  readonly securityGroupDn: string | undefined
  readonly securityGroupNested: boolean
  readonly ldapFilter: string | undefined
  readonly usernameAttribute: string
  readonly atAttribute: string
  /** For the whole of one login on one host, connecting included. */
  readonly timeoutMs: number
  readonly ntlmDomain: string
  readonly ntlmWorkstation: string
}

/** Whether a password, or what is as good as one, crosses the network readable. */
export function showsPasswords(options: Pick<LdapOptions, 'transport' | 'authType'>): boolean {
  return options.transport === 'clear' && (options.authType === 'plain' || options.authType === 'ntlm1')
}

/** Whether anybody at all may pose as the directory over TLS. */
export function trustsAnybody(options: Pick<LdapOptions, 'transport' | 'verifyHostname' | 'caCertificates'>): boolean {
  return options.transport !== 'clear' && !options.verifyHostname && options.caCertificates === undefined
}
