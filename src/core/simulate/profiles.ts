/**
 * How a gateway asks: which attributes it sends and how long it waits, as it comes out of the box.
 * In a value, {user} is the user's name, {client} the user's address, {nas} the gateway's own, {session} a session's mark
 * and {date} its start. An attribute whose value is unknown ({client} of a user without address) is left out.
 */
export type NasProfile = {
  readonly title: string
  /** Whether it signs its requests (RFC 3579 3.2). */
  readonly messageAuthenticator: boolean
  /** How long it waits for one transmission. */
  readonly timeoutMs: number
  /** How often it sends the same octets again. */
  readonly retries: number
  /** In wire order; `credentials` is where User-Password or the CHAP attributes stand, and State after them. */
  readonly attributes: readonly (readonly [name: string, value: string] | 'credentials')[]
}

const ivanti = {
  title: 'Ivanti Connect Secure (Pulse, Juniper SSL VPN)',
  messageAuthenticator: true,
  timeoutMs: 60_000,
  retries: 0,
  attributes: [
    ['NAS-Identifier', 'Ivanti Connect Secure'],
    ['User-Name', '{user}'],
    'credentials',
    ['Tunnel-Client-Endpoint:0', '{client}'],
    ['NAS-IP-Address', '{nas}'],
    ['NAS-Port', '0'],
    ['Acct-Session-Id', '{user}(Duo-Users)"{date}"/{session}'],
  ],
} as const satisfies NasProfile

export const profiles = {
  ivanti,
  'ivanti-old': {
    ...ivanti,
    title: 'Ivanti Connect Secure before it signed its requests',
    messageAuthenticator: false,
  },
  fortinet: {
    title: 'Fortinet FortiGate SSL VPN',
    messageAuthenticator: true,
    timeoutMs: 5000,
    retries: 3,
    attributes: [
      ['NAS-Identifier', 'FGT-SIMULATED'],
      ['User-Name', '{user}'],
      'credentials',
      ['NAS-IP-Address', '{nas}'],
      ['NAS-Port-Type', 'Virtual'],
      ['Calling-Station-Id', '{client}'],
      ['Acct-Session-Id', '{session}'],
      ['Connect-Info', 'vpn-ssl'],
      ['Fortinet-Vdom-Name', 'root'],
    ],
  },
  cisco: {
    title: 'Cisco ASA / Secure Firewall remote access VPN',
    messageAuthenticator: false,
    timeoutMs: 10_000,
    retries: 2,
    attributes: [
      ['User-Name', '{user}'],
      'credentials',
      ['NAS-Port', '8192'],
      ['Called-Station-Id', '{nas}'],
      ['Calling-Station-Id', '{client}'],
      ['NAS-Port-Type', 'Virtual'],
      ['Tunnel-Client-Endpoint:0', '{client}'],
      ['Cisco-AVPair', 'mdm-tlv=device-platform=win'],
      ['NAS-IP-Address', '{nas}'],
      ['Cisco-AVPair', 'ip:source-ip={client}'],
    ],
  },
  pam: {
    title: 'pam_radius_auth (SSH and other logins on Unix)',
    messageAuthenticator: false,
    timeoutMs: 3000,
    retries: 2,
    attributes: [
      ['User-Name', '{user}'],
      'credentials',
      ['NAS-IP-Address', '{nas}'],
      ['NAS-Identifier', 'sshd'],
      ['NAS-Port', '4711'],
      ['NAS-Port-Type', 'Virtual'],
      ['Service-Type', 'Authenticate-Only'],
      ['Calling-Station-Id', '{client}'],
    ],
  },
} as const satisfies {readonly [name: string]: NasProfile}

export type ProfileName = keyof typeof profiles

export const profileNames: readonly string[] = Object.keys(profiles)

/** The profile of that name, or undefined. */
export function profileByName(name: string): NasProfile | undefined {
  const known: {readonly [name: string]: NasProfile} = profiles
  return Object.hasOwn(known, name) ? known[name] : undefined
}
