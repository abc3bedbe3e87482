import {once} from 'node:events'
import {createLog, type Log, type LogRecord} from '../../../src/core/log/log.ts'
import type {PrimaryRequest, PrimaryResult} from '../../../src/core/login/primary-authenticator.ts'
import type {LdapOptions} from '../../../src/core/primary/ldap/options.ts'
import {createLdapPrimary, type LdapPrimary} from '../../../src/core/primary/ldap.ts'
import {Secret} from '../../../src/core/secret.ts'
import {createCertificateAuthority} from '../../../src/core/simulate/certificates.ts'
import {type DirectoryOptions, type FakeDirectory, startFakeDirectory} from '../../../src/core/simulate/directory.ts'
import type {DirectoryEvent} from '../../../src/core/simulate/directory-connection.ts'
import type {DirectoryContent} from '../../../src/core/simulate/directory-entries.ts'
import type {World} from '../../../src/core/world.ts'
import {ManualWorld} from '../../support/manual-world.ts'

export const baseDn = 'DC=example,DC=com'
export const groupDn = (name: string) => `CN=${name},OU=Groups,${baseDn}`
export const passwordOf = (userName: string) => `fake-password-${userName}`

const user = (userName: string, more: object = {}) => ({userName, password: passwordOf(userName), ...more})

export const content: DirectoryContent = {
  baseDn,
  domain: 'EXAMPLE',
  groups: [
    {name: 'vpn'},
    {name: 'inner', memberOf: ['middle']},
    {name: 'middle', memberOf: ['outer', 'inner']},
    {name: 'outer'},
    {name: 'primary', memberOf: ['outer']},
  ],
  users: [
    user('svc-mfa', {unit: 'Services'}),
    user('jdoe', {name: 'John Doe', groups: ['vpn']}),
    user('bob', {groups: ['inner']}),
    user('carol', {primaryGroup: 'primary'}),
    user('stranger', {primaryGroup: 'primary', domain: 'OTHER'}),
    user('pjones', {userPrincipalName: 'pat.jones@corp.example.org'}),
    user('jsmith', {name: 'Smith, John (Ext) #1 + "Q" \\ <x>; y=z *', groups: ['vpn']}),
    user('paul(ext)'),
    user('star*man'),
    user('jörg', {password: 'pässwörd-ß-€-日本'}),
    user('twin', {password: 'fake-password-twin1'}),
    user('twin', {password: 'fake-password-twin2', unit: 'Contractors', domain: 'OTHER'}),
    ...(
      [
        'disabled',
        'locked',
        'account-expired',
        'password-expired',
        'must-change-password',
        'logon-hours',
        'workstation',
        'restricted',
      ] as const
    ).map((state) => user(state, {state})),
  ],
}

export const authority = createCertificateAuthority()
export const certificate = authority.issue(['localhost', '127.0.0.1'])

export type Lab = {
  readonly world: ManualWorld
  readonly records: LogRecord[]
  readonly events: DirectoryEvent[]
  readonly directory: FakeDirectory
  readonly primary: LdapPrimary
  /** Resolves at the next event of this kind. */
  next(kind: DirectoryEvent['kind']): Promise<DirectoryEvent>
  login(userName: string, password?: string): Promise<PrimaryResult>
  /** Another client of the same directory, other options. */
  client(overrides: Partial<LdapOptions>, world?: World): LdapPrimary
}

/** A fake directory and a client of it; both end with the test. */
export async function lab(
  t: {after(end: () => Promise<void>): void},
  overrides: Partial<LdapOptions> = {},
  directoryOptions: Partial<DirectoryOptions> = {},
): Promise<Lab> {
  const world = new ManualWorld()
  const {log, records} = recordingLog(world)
  const events: DirectoryEvent[] = []
  const emitter = new EventTarget()
  const onEvent = (event: DirectoryEvent) => {
    events.push(event)
    emitter.dispatchEvent(new CustomEvent(event.kind, {detail: event}))
  }
  const directory = await startFakeDirectory(
    {content, certificate, onEvent, serviceUser: 'svc-mfa', ...directoryOptions},
    world,
  )
  const clients: LdapPrimary[] = []
  const client = (more: Partial<LdapOptions>, clock: World = world) => {
    const made = createLdapPrimary({...optionsFor(directory), ...overrides, ...more}, log, clock)
    clients.push(made)
    return made
  }
  t.after(async () => {
    for (const each of clients) await each.close()
    await directory.close()
  })
  const primary = client({})
  return {
    world,
    records,
    events,
    directory,
    primary,
    next: async (kind) => {
      const [event] = await once(emitter, kind)
      return event.detail
    },
    login: (userName, password = passwordOf(userName)) => login(primary, userName, password),
    client,
  }
}

export function login(primary: LdapPrimary, userName: string, password = passwordOf(userName)): Promise<PrimaryResult> {
  const request: PrimaryRequest = {
    userName,
    credentials: {kind: 'password', password: new Secret(password)},
    clientAddress: undefined,
    forwarded: [],
    resume: undefined,
  }
  return primary.authenticate(request, new AbortController().signal)
}

export function recordingLog(world: World): {log: Log; records: LogRecord[]} {
  const records: LogRecord[] = []
  return {
    log: createLog(world, [{write: (record) => records.push(record), close: async () => {}}], {debug: true}),
    records,
  }
}

export function optionsFor(directory: FakeDirectory): LdapOptions {
  return {
    section: 'ad_client',
    hosts: ['127.0.0.1'],
    port: directory.port,
    transport: 'clear',
    caCertificates: authority.cert,
    verifyHostname: true,
    verifyDepth: 9,
    authType: 'plain',
    bindDn: `CN=svc-mfa,OU=Services,${baseDn}`,
    serviceAccount: {userName: 'svc-mfa', password: new Secret(passwordOf('svc-mfa'))},
    searchDn: baseDn,
    securityGroupDn: undefined,
    securityGroupNested: false,
    ldapFilter: undefined,
    usernameAttribute: 'sAMAccountName',
    atAttribute: 'userPrincipalName',
    timeoutMs: 10_000,
    ntlmDomain: '',
    ntlmWorkstation: '',
  }
}

/** What a result says in one line, for tables of expectations. */
export function outcome(result: PrimaryResult): string {
  return result.kind === 'reject' ? `${result.reason}: ${result.message}` : result.kind
}
