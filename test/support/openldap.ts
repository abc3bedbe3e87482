import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {TestContext} from 'node:test'
import type {TlsIdentity} from '../../src/core/simulate/certificates.ts'
import {freePort, hasPackages, run, startServer} from './server-process.ts'

export const baseDn = 'dc=example,dc=com'
export const serviceDn = `cn=svc-mfa,ou=services,${baseDn}`
export const servicePassword = 'test-service-password-not-real'
export const passwordOf = (uid: string) => `test-password-${uid}`
export const groupDn = (name: string) => `cn=${name},ou=groups,${baseDn}`

const adminDn = `cn=admin,${baseDn}`
const adminPassword = 'test-admin-password-not-real'

export type OpenLdap = {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly tlsPort: number
  readonly ca: string
  stop(): Promise<void>
}

type Person = {
  readonly uid: string
  readonly password?: string
  readonly unit?: string
  /** Further LDIF lines. */
  readonly more?: readonly string[]
}

/** Names and passwords that are easily cut, split or taken for syntax. */
export const people: readonly Person[] = [
  {uid: 'jdoe'},
  {uid: 'alice'},
  {uid: 'bob'},
  {uid: 'carol'},
  {uid: 'ring'},
  {uid: 'paul(ext)'},
  {uid: 'star*man'},
  {uid: '#we"ird+<x>;y=z'},
  {uid: 'jörg', password: 'pässwörd-ß-€-日本'},
  {uid: 'longpw', password: 'Long-'.repeat(25)},
  {uid: 'spaces', password: '  two before, two after  '},
  {uid: 'special', password: 'a\\b*c(d)"e\'f;g%h$i'},
  {uid: 'nopw', password: ''},
  {uid: 'twin'},
  {uid: 'twin', password: 'test-password-twin2', unit: 'contractors'},
  {uid: 'locked', more: ['pwdAccountLockedTime: 000001010000Z', `pwdPolicySubentry: cn=aging,ou=policies,${baseDn}`]},
  {uid: 'expired', more: ['pwdChangedTime: 20200101000000Z', `pwdPolicySubentry: cn=aging,ou=policies,${baseDn}`]},
  {uid: 'grace', more: ['pwdChangedTime: 20200101000000Z', `pwdPolicySubentry: cn=grace,ou=policies,${baseDn}`]},
  {uid: 'mustchange', more: ['pwdReset: TRUE', `pwdPolicySubentry: cn=change,ou=policies,${baseDn}`]},
  {uid: 'busy', more: ['objectClass: errAuxObject', 'errCode: 51', 'errOp: bind']},
  {uid: 'unwilling', more: ['objectClass: errAuxObject', 'errCode: 53', 'errOp: bind']},
  {uid: 'slow', more: ['objectClass: errAuxObject', 'errCode: 0', 'errOp: bind', 'errSleepTime: 3']},
]

/** In this order: the server notes a membership only at members that are there. */
const groups: Readonly<Record<string, readonly string[]>> = {
  vpn: ['jdoe', 'paul(ext)', 'star*man', 'jörg', '#we"ird+<x>;y=z'].map((uid) => personDn(uid)),
  ring1: [personDn('ring')],
  ring2: [groupDn('ring1')],
  inner: [personDn('bob'), groupDn('ring1')],
  middle: [groupDn('inner')],
  outer: [groupDn('middle')],
}

const files = {
  '/usr/sbin/slapd': 'slapd',
  '/usr/sbin/slapadd': 'slapd',
  '/usr/bin/ldapadd': 'ldap-utils',
}

/** Whether OpenLDAP is installed; see `hasPackages`. */
export const hasOpenLdap = (t: TestContext): boolean => hasPackages(t, files)

export type OpenLdapOptions = {
  readonly identity: TlsIdentity
  readonly ca: string
  /** Refuses simple binds in clear. */
  readonly requireTls?: boolean
  /** More plain users, user0 to userN-1, all with the password of `user`. */
  readonly crowd?: number
}

/** A real slapd on free ports of 127.0.0.1, with people, groups and password policies. */
export async function startOpenLdap(options: OpenLdapOptions): Promise<OpenLdap> {
  const directory = await mkdtemp(join(tmpdir(), 'authproxy-openldap-'))
  const [port, tlsPort] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')]
  await mkdir(join(directory, 'db'))
  await writeFile(join(directory, 'ca.pem'), options.ca)
  await writeFile(join(directory, 'server.pem'), options.identity.cert)
  await writeFile(join(directory, 'server.key'), options.identity.key)
  await writeFile(join(directory, 'slapd.conf'), configuration(directory, options))
  await writeFile(join(directory, 'people.ldif'), peopleLdif(options.crowd ?? 0))
  await writeFile(join(directory, 'groups.ldif'), groupsLdif())
  const conf = join(directory, 'slapd.conf')
  await run('/usr/sbin/slapadd', ['-q', '-f', conf, '-l', join(directory, 'people.ldif')])
  const socket = `ldapi://${encodeURIComponent(join(directory, 'ldapi'))}`
  const urls = `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${tlsPort}/ ${socket}`
  // -d keeps it in the foreground; level 0 keeps it quiet
  const server = await startServer('/usr/sbin/slapd', ['-d', '0', '-f', conf, '-h', urls], {
    host: '127.0.0.1',
    port: tlsPort,
  })
  const stop = async () => {
    await server.stop()
    await rm(directory, {recursive: true, force: true})
  }
  try {
    // groups come over LDAP, so that the server fills in memberOf
    const login = ['-x', '-H', socket, '-D', adminDn, '-w', adminPassword]
    await run('/usr/bin/ldapadd', [...login, '-f', join(directory, 'groups.ldif')], {LDAPCONF: '/dev/null'})
  } catch (error) {
    await stop()
    throw error
  }
  return {host: '127.0.0.1', port, tlsPort, ca: options.ca, stop}
}

function configuration(directory: string, options: OpenLdapOptions): string {
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.100.7 NAME 'namedAsInAd' SUP top AUXILIARY
  MAY ( sAMAccountName $ userPrincipalName ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
moduleload retcode
pidfile ${directory}/slapd.pid
TLSCACertificateFile ${directory}/ca.pem
TLSCertificateFile ${directory}/server.pem
TLSCertificateKeyFile ${directory}/server.key
TLSVerifyClient never
localSSF 256
${options.requireTls ? 'security simple_bind=128' : ''}
# the trap: a name without a password is taken, as nobody
allow bind_anon_cred bind_anon_dn
database mdb
suffix "${baseDn}"
directory ${directory}/db
maxsize 268435456
dbnosync
rootdn "${adminDn}"
rootpw ${adminPassword}
index objectClass,uid,sAMAccountName,userPrincipalName,member,memberOf eq
overlay memberof
overlay ppolicy
ppolicy_use_lockout
overlay retcode
retcode-parent "ou=retcodes,${baseDn}"
retcode-indir
access to dn.regex="^uid=(busy|unwilling|slow)," attrs=entry,objectClass,errCode,errOp,errText,errSleepTime by * read
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${serviceDn}" read by * none
`
}

function peopleLdif(crowd: number): string {
  const units = ['people', 'contractors', 'groups', 'services', 'policies']
  const entries = [
    [`dn: ${baseDn}`, 'objectClass: dcObject', 'objectClass: organization', 'dc: example', 'o: Example'],
    ...units.map((unit) => [`dn: ou=${unit},${baseDn}`, 'objectClass: organizationalUnit', `ou: ${unit}`]),
    // every search from the base also returns this reference, as one at the root of a domain does
    [
      `dn: ou=elsewhere,${baseDn}`,
      'objectClass: referral',
      'objectClass: extensibleObject',
      'ou: elsewhere',
      `ref: ldap://127.0.0.1:1/ou=elsewhere,${baseDn}`,
    ],
    [
      `dn: ${serviceDn}`,
      'objectClass: organizationalRole',
      'objectClass: simpleSecurityObject',
      'cn: svc-mfa',
      `userPassword: ${servicePassword}`,
    ],
    policy('aging', ['pwdMaxAge: 7776000', 'pwdLockout: TRUE']),
    policy('grace', ['pwdMaxAge: 7776000', 'pwdGraceAuthNLimit: 1000']),
    policy('change', ['pwdMustChange: TRUE']),
    ...people.map(personLines),
    ...Array.from({length: crowd}, (_, index) => personLines({uid: `user${index}`, password: passwordOf('user')})),
  ]
  return entries.map((lines) => `${lines.join('\n')}\n`).join('\n')
}

function policy(name: string, more: readonly string[]): readonly string[] {
  const classes = ['objectClass: organizationalRole', 'objectClass: pwdPolicy']
  return [`dn: cn=${name},ou=policies,${baseDn}`, ...classes, `cn: ${name}`, 'pwdAttribute: userPassword', ...more]
}

function personLines({uid, password = passwordOf(uid), unit = 'people', more = []}: Person): readonly string[] {
  // slapadd wants the values of one attribute together
  const [classes, others] = [
    more.filter((l) => l.startsWith('objectClass')),
    more.filter((l) => !l.startsWith('objectClass')),
  ]
  return [
    line('dn', personDn(uid, unit)),
    'objectClass: inetOrgPerson',
    'objectClass: namedAsInAd',
    ...classes,
    line('uid', uid),
    line('cn', uid),
    line('sn', uid),
    line('sAMAccountName', uid),
    line('userPrincipalName', `${uid}@example.com`),
    ...(password === '' ? [] : [line('userPassword', password)]),
    ...others,
  ]
}

function groupsLdif(): string {
  const entries = Object.entries(groups).map(([name, members]) => [
    line('dn', groupDn(name)),
    'objectClass: groupOfNames',
    `cn: ${name}`,
    ...members.map((dn) => line('member', dn)),
  ])
  const closeTheRing = [
    line('dn', groupDn('ring1')),
    'changetype: modify',
    'add: member',
    line('member', groupDn('ring2')),
  ]
  return [...entries, closeTheRing].map((lines) => `${lines.join('\n')}\n`).join('\n')
}

function personDn(uid: string, unit = 'people'): string {
  const escaped = uid.replace(/[,+"\\<>;=]/g, '\\$&').replace(/^#/, '\\#')
  return `uid=${escaped},ou=${unit},${baseDn}`
}

/** One line of LDIF, in base64, which is always allowed (RFC 2849). */
function line(name: string, value: string): string {
  return `${name}:: ${Buffer.from(value, 'utf8').toString('base64')}`
}
