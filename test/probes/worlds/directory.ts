import type {TestContext} from 'node:test'
import type {ProbeContext} from '../../../src/core/probes/probe-context.ts'
import {createCertificateAuthority, EXPIRED} from '../../../src/core/simulate/certificates.ts'
import {type DirectoryOptions, type FakeDirectory, startFakeDirectory} from '../../../src/core/simulate/directory.ts'
import type {AccountState} from '../../../src/core/simulate/directory-entries.ts'
import {realWorld} from '../../../src/core/world.ts'
import {blackHole, closedPort} from './broken-network.ts'
import type {BrokenWorld} from './broken-world.ts'
import {
  authority,
  baseDn,
  checksOf,
  cloud,
  content,
  directory,
  directorySection,
  fileOf,
  groupDn,
  type Options,
  serverSection,
  serviceDn,
} from './world.ts'

const SECTION = 'ad_client'

type Setup = {
  readonly directory?: Partial<DirectoryOptions>
  readonly arrange?: (server: FakeDirectory) => void
  readonly section?: (t: TestContext, server: FakeDirectory) => Promise<Options> | Options
  readonly context?: Partial<ProbeContext>
}

/** A proxy in front of a directory that is as told; `section` changes the configuration. */
function directoryWorld(setup: Setup = {}): BrokenWorld['checks'] {
  return async (t) => {
    const server = await directory(t, setup.directory)
    setup.arrange?.(server)
    const more = (await setup.section?.(t, server)) ?? {}
    const sections = {
      [SECTION]: directorySection(server, more),
      radius_server_challenge: await serverSection(t, await cloud(t)),
    }
    return checksOf(t, {sections, context: setup.context ?? {}}, SECTION)
  }
}

/** Over LDAPS to the name localhost, with the right authority unless told otherwise. */
function ldaps(t: TestContext, server: FakeDirectory, ca = authority.cert): Options {
  return {host: 'localhost', port: server.tlsPort, transport: 'ldaps', ssl_ca_certs_file: fileOf(t, 'ad-ca.pem', ca)}
}

/** The service account in a state that the directory refuses. */
function refusedAccount(state: AccountState): Setup {
  const users = content.users.map((user) => (user.userName === 'svc-mfa' ? {...user, state} : user))
  return {directory: {content: {...content, users}}}
}

const inDirectory = 'in the directory; nobody can log in until then'

export const directoryWorlds: readonly BrokenWorld[] = [
  {
    broken: 'The name of a domain controller does not resolve',
    check: 'dns',
    status: 'failed',
    says: 'the name <dc1.example.com> does not exist (ENOTFOUND)',
    next: 'check the spelling in the configuration, and the search domains of this machine',
    checks: directoryWorld({section: () => ({host: 'dc1.example.invalid'})}),
  },
  {
    broken: 'The directory service is stopped',
    check: 'tcp',
    status: 'failed',
    says: '<host:port> refuses the connection: nobody listens there (ECONNREFUSED)',
    next: 'check the port, and that the server runs; a firewall may refuse for it',
    checks: directoryWorld({section: async (t) => ({port: await closedPort(t)})}),
  },
  {
    broken: 'A firewall swallows the packets to a domain controller',
    check: 'tcp',
    status: 'failed',
    says: '<host:port> does not answer: no connection in time',
    next: 'allow TCP from here to there in the firewalls on the way, and see that the machine is up',
    checks: directoryWorld({section: async (t) => ({port: await blackHole(t)}), context: {timeoutMs: 1000}}),
  },
  {
    broken: 'ssl_ca_certs_file is not of the authority that issued the certificate',
    check: 'tls',
    status: 'failed',
    says: 'the certificate of localhost was issued by authproxy simulator CA, which ssl_ca_certs_file does not hold (<code>)',
    next: "put the certificate of the directory's certificate authority into ssl_ca_certs_file",
    checks: directoryWorld({section: (t, server) => ldaps(t, server, createCertificateAuthority('other CA').cert)}),
  },
  {
    broken: "The domain controller's certificate has expired",
    check: 'tls',
    status: 'failed',
    says: 'the certificate of localhost expired on 2021-01-01',
    next: 'renew the certificate on the directory server',
    checks: directoryWorld({
      directory: {certificate: authority.issue(['localhost'], {validity: EXPIRED})},
      section: (t, server) => ldaps(t, server),
    }),
  },
  {
    broken: "The domain controller's certificate is for another name",
    check: 'tls',
    status: 'failed',
    says: 'the certificate is for <dc1.example.com>, not for localhost',
    next: 'put one of these names into host, or give the directory a certificate for this one',
    checks: directoryWorld({
      directory: {certificate: authority.issue(['dc1.example.com'])},
      section: (t, server) => ldaps(t, server),
    }),
  },
  {
    broken: 'The directory has no certificate, and StartTLS is configured',
    check: 'starttls',
    status: 'failed',
    says: '<host:port> does not do StartTLS (StartTLS: <result>)',
    next: 'the directory needs a certificate of its own first; or use transport=ldaps',
    checks: async (t) => {
      const server = await startFakeDirectory({content}, realWorld)
      t.after(() => server.close())
      const ca = fileOf(t, 'ad-ca.pem', authority.cert)
      const sections = {
        [SECTION]: directorySection(server, {host: 'localhost', transport: 'starttls', ssl_ca_certs_file: ca}),
        radius_server_challenge: await serverSection(t, await cloud(t)),
      }
      return checksOf(t, {sections}, SECTION)
    },
  },
  {
    broken: 'The password of the service account is wrong',
    check: 'bind',
    status: 'failed',
    says: `${serviceDn} was refused: its name or password is wrong (LDAP result 49: <AcceptSecurityContext error, data 52e>)`,
    next: 'check service_account_username (bind_dn for plain) and service_account_password; each wrong try counts towards a lock',
    checks: directoryWorld({section: () => ({service_account_password: 'wrong-not-real'})}),
  },
  {
    broken: 'After one server has refused the service account, the others are not asked, so as not to lock it',
    check: 'bind',
    status: 'skipped',
    says: 'not run, because the service account was refused (<reason>); it is tried again in <300> s or after a reload',
    next: '',
    checks: async (t) => {
      const all = await directoryWorld({
        section: () => ({host: '127.0.0.1', host_2: 'localhost', service_account_password: 'wrong-not-real'}),
      })(t)
      return all?.filter(
        ({status, check, detail}) => !(check === 'bind' && status === 'failed' && detail.includes('52e')),
      )
    },
  },
  {
    broken: 'The service account is locked',
    check: 'bind',
    status: 'failed',
    says: `${serviceDn} was refused: the account is locked (LDAP result 49: <AcceptSecurityContext error, data 775>)`,
    next: `correct service_account_password, then unlock the account ${inDirectory}`,
    checks: directoryWorld(refusedAccount('locked')),
  },
  {
    broken: 'The service account is disabled',
    check: 'bind',
    status: 'failed',
    says: `${serviceDn} was refused: the account is disabled (LDAP result 49: <AcceptSecurityContext error, data 533>)`,
    next: `enable it ${inDirectory}`,
    checks: directoryWorld(refusedAccount('disabled')),
  },
  {
    broken: 'The password of the service account has expired',
    check: 'bind',
    status: 'failed',
    says: `${serviceDn} was refused: its password has expired (LDAP result 49: <AcceptSecurityContext error, data 532>)`,
    next: `set a new password, best one that does not expire, ${inDirectory}`,
    checks: directoryWorld(refusedAccount('password-expired')),
  },
  {
    broken: 'The directory wants signed or encrypted binds (LDAP signing required)',
    check: 'bind',
    status: 'failed',
    says: 'the directory wants signed or encrypted binds (LDAP result 8: <The server requires binds to turn on integrity checking>)',
    next: 'set transport to starttls or ldaps, or auth_type to ntlm2, which signs and seals',
    checks: directoryWorld({directory: {requireProtection: true}}),
  },
  {
    broken: 'The directory takes connections and never answers',
    check: 'bind',
    status: 'failed',
    says: 'the directory does not answer the bind in time',
    next: 'see whether it is overloaded',
    checks: directoryWorld({
      arrange: ({faults}) => {
        faults.stall = true
      },
      context: {timeoutMs: 1000},
    }),
  },
  {
    broken: 'Passwords cross the network in clear',
    check: 'bind',
    status: 'warning',
    says: `bound as ${serviceDn} (plain); passwords cross the network readable`,
    next: 'use transport=starttls or ldaps, or auth_type=ntlm2, which signs and seals',
    checks: directoryWorld(),
  },
  {
    broken: 'search_dn does not exist',
    check: 'search',
    status: 'failed',
    says: 'OU=Nobody,DC=example,DC=com does not exist in this directory (search: LDAP result 32<text>)',
    next: 'check search_dn: it is the DN of a domain, unit or container',
    checks: directoryWorld({section: () => ({search_dn: `OU=Nobody,${baseDn}`})}),
  },
  {
    broken: 'There are no users under search_dn',
    check: 'search',
    status: 'failed',
    says: 'no user is found under OU=Groups,DC=example,DC=com',
    next: 'name an entry above the users in search_dn, and let the service account read them',
    checks: directoryWorld({section: () => ({search_dn: `OU=Groups,${baseDn}`})}),
  },
  {
    broken: 'ldap_filter leaves nobody',
    check: 'search',
    status: 'failed',
    says: 'ldap_filter leaves none of the users under DC=example,DC=com',
    next: 'try the filter by hand: ldapsearch -b "DC=example,DC=com" "(department=none)"',
    checks: directoryWorld({section: () => ({ldap_filter: '(department=none)'})}),
  },
  {
    broken: 'security_group_dn does not exist',
    check: 'group',
    status: 'failed',
    says: `the group ${groupDn('vpm')} does not exist, or the service account must not read it<reason>`,
    next: 'copy the distinguishedName of the group into security_group_dn',
    checks: directoryWorld({section: () => ({security_group_dn: groupDn('vpm')})}),
  },
  {
    broken: 'The security group has no members',
    check: 'group',
    status: 'failed',
    says: `the group ${groupDn('empty')} has no direct member under DC=example,DC=com: nobody can log in`,
    next: 'add users to the group, or count its groups with security_group_nested=true',
    checks: directoryWorld({section: () => ({security_group_dn: groupDn('empty')})}),
  },
  {
    broken: 'A user is in a group inside the security group, and nested groups do not count',
    check: 'user',
    status: 'failed',
    says: `"bob" is not in ${groupDn('vpn')}; CN=bob,OU=People,DC=example,DC=com is in ${groupDn('staff')} (primary group 513)`,
    next: 'add the user to the group; members of its groups count with security_group_nested=true',
    checks: directoryWorld({section: () => ({security_group_dn: groupDn('vpn')}), context: {user: 'bob'}}),
  },
  {
    broken: 'A user does not exist where users are searched for',
    check: 'user',
    status: 'failed',
    says: 'no user under DC=example,DC=com has sAMAccountName "nobody"',
    next: 'check search_dn, ldap_filter and username_attribute (at_attribute for names with @)',
    checks: directoryWorld({context: {user: 'nobody'}}),
  },
]
