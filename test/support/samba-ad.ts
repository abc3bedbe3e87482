import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {TestContext} from 'node:test'
import {createCertificateAuthority} from '../../src/core/simulate/certificates.ts'
import {hasPackagesAndRoot, run, startServer} from './server-process.ts'

export const address = '127.0.0.2'
export const baseDn = 'DC=ad,DC=example,DC=com'
export const domain = 'ADEXAMPLE'
export const serviceDn = `CN=svc-mfa,OU=Services,${baseDn}`
export const servicePassword = 'Test-service-not-real-1'
export const passwordOf = (userName: string) => `Test-${userName}-not-real-1`
export const groupDn = (name: string) => `CN=${name},OU=Groups,${baseDn}`

export type SambaAd = {
  readonly host: string
  readonly ca: string
  /** What the domain controller has logged so far. */
  output(): string
  stop(): Promise<void>
}

type Account = {
  readonly userName: string
  readonly password?: string
  readonly name?: string
  readonly principal?: string
  readonly groups?: readonly string[]
  readonly primaryGroup?: string
  readonly state?:
    | 'disabled'
    | 'account-expired'
    | 'must-change'
    | 'password-expired'
    | 'lockable'
    | 'no-hours'
    | 'elsewhere'
    | 'protected'
}

export const accounts: readonly Account[] = [
  {userName: 'jdoe', name: 'John Doe', groups: ['vpn']},
  {userName: 'bob', groups: ['inner']},
  {userName: 'carol', primaryGroup: 'primary'},
  {userName: 'alice'},
  {userName: 'pjones', principal: 'pat.jones@corp.example.org'},
  {userName: 'jsmith', name: 'Smith, John (Ext) #1 + "Q" \\ <x>; y=z *', groups: ['vpn']},
  {userName: 'paul(ext)', password: passwordOf('paul')},
  {userName: 'two words', password: passwordOf('words')},
  {userName: 'jörg', password: 'pässwörd-ß-€-日本'},
  {userName: 'longpw', password: 'Long-'.repeat(25)},
  {userName: 'spaces', password: '  two before, two after  '},
  {userName: 'disabled', state: 'disabled'},
  {userName: 'acctexpired', state: 'account-expired'},
  {userName: 'mustchange', state: 'must-change'},
  {userName: 'pwexpired', state: 'password-expired'},
  {userName: 'locked', state: 'lockable'},
  {userName: 'counted', state: 'lockable'},
  {userName: 'badhours', state: 'no-hours'},
  {userName: 'badstation', state: 'elsewhere'},
  {userName: 'protected', state: 'protected'},
]

const groups = [
  {name: 'outer', memberOf: []},
  {name: 'middle', memberOf: ['outer']},
  {name: 'inner', memberOf: ['middle']},
  {name: 'primary', memberOf: ['outer']},
  {name: 'vpn', memberOf: []},
]

const files = {
  '/usr/sbin/samba': 'samba',
  '/usr/bin/samba-tool': 'samba',
  '/usr/share/samba/setup/ad-schema': 'samba-ad-provision',
  '/usr/lib/python3/dist-packages/samba/samdb.py': 'python3-samba',
  [`/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/samba/ldb/samldb.so`]: 'samba-dsdb-modules',
  [`/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/samba/vfs/acl_xattr.so`]: 'samba-vfs-modules',
}

/** Whether Samba is installed; see `hasPackages`. Its ports are fixed and need root. */
export const hasSamba = (t: TestContext): boolean => hasPackagesAndRoot(t, files, 'a Samba domain controller')

/** A real Active Directory domain controller at 127.0.0.2, LDAP ports 389 and 636; it wants signing, sealing or TLS. */
export async function startSambaAd(): Promise<SambaAd> {
  const directory = await mkdtemp(join(tmpdir(), 'authproxy-samba-'))
  const authority = createCertificateAuthority()
  const identity = authority.issue(['dc1.ad.example.com', 'localhost', address])
  const names = ['private', 'state', 'cache', 'lock', 'run', 'ncalrpc', 'bind-dns', 'tls']
  for (const name of names) await mkdir(join(directory, name))
  for (const name of ['winbindd', 'ntp_signd']) await mkdir(join(directory, name), {mode: 0o750})
  await writeFile(join(directory, 'tls/ca.pem'), authority.cert)
  await writeFile(join(directory, 'tls/server.pem'), identity.cert)
  await writeFile(join(directory, 'tls/server.key'), identity.key, {mode: 0o600})
  const conf = join(directory, 'smb.conf')
  await writeFile(conf, configuration(directory))
  await writeFile(
    join(directory, 'accounts.json'),
    JSON.stringify({accounts: accounts.map(filled), groups, servicePassword}),
  )
  await writeFile(join(directory, 'accounts.py'), fillDomain)
  const python = '/usr/bin/python3'
  await run(python, [
    '/usr/bin/samba-tool',
    ...['domain', 'provision', '-s', conf, '--realm=AD.EXAMPLE.COM', `--domain=${domain}`, '--server-role=dc'],
    ...['--dns-backend=NONE', '--adminpass=Test-admin-not-real-1', '--host-name=dc1', `--host-ip=${address}`],
  ])
  await run(python, [join(directory, 'accounts.py'), conf, join(directory, 'accounts.json')], {LC_ALL: 'C.UTF-8'})
  const args = ['-F', '--no-process-group', '--debug-stdout', '-M', 'single', '-s', conf]
  const server = await startServer('/usr/sbin/samba', args, {host: address, port: 636})
  const stop = async () => {
    await server.stop()
    await rm(directory, {recursive: true, force: true})
  }
  return {host: address, ca: authority.cert, output: server.output, stop}
}

function filled(account: Account): object {
  const {userName, password = passwordOf(userName), name = userName, principal = `${userName}@ad.example.com`} = account
  return {groups: [], primaryGroup: '', state: '', ...account, password, name, principal}
}

function configuration(directory: string): string {
  return `[global]
  netbios name = DC1
  realm = AD.EXAMPLE.COM
  workgroup = ${domain}
  server role = active directory domain controller
  interfaces = ${address}/8
  bind interfaces only = Yes
  server services = ldap, cldap, kdc, rpc
  dns update command = /bin/true
  private dir = ${directory}/private
  state directory = ${directory}/state
  cache directory = ${directory}/cache
  lock directory = ${directory}/lock
  pid directory = ${directory}/run
  ncalrpc dir = ${directory}/ncalrpc
  binddns dir = ${directory}/bind-dns
  winbindd socket directory = ${directory}/winbindd
  ntp signd socket directory = ${directory}/ntp_signd
  log file = ${directory}/log.%m
  max log size = 0
  log level = 1 auth_audit:3
  # as Windows: NTLM without signing is taken inside TLS, and only there
  ldap server require strong auth = allow_sasl_over_tls
  ntlm auth = ntlmv1-permitted
  tls enabled = yes
  tls keyfile = ${directory}/tls/server.key
  tls certfile = ${directory}/tls/server.pem
  tls cafile = ${directory}/tls/ca.pem
[sysvol]
  path = ${directory}/state/sysvol
  read only = No
[netlogon]
  path = ${directory}/state/sysvol/ad.example.com/scripts
  read only = No
`
}

/** Writes the accounts straight into the database: states such as an old password cannot be made over LDAP. */
const fillDomain = `
import json, sys
import ldb
from samba import dsdb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

lp = LoadParm()
lp.load(sys.argv[1])
with open(sys.argv[2], encoding='utf-8') as file:
    wanted = json.load(file)
sam = SamDB(url=lp.samdb_url(), lp=lp, session_info=system_session(lp))
base = str(sam.get_default_basedn())
LONG_AGO = '130000000000000000'
NEVER = '-9223372036854775808'
NORMAL, DISABLED, PASSWORD_STAYS = 0x200, 0x2, 0x10000

def named(name, unit):
    escaped = ''.join('\\\\' + c if c in ',+"\\\\<>;=#' else c for c in name)
    return ldb.Dn(sam, 'CN=%s,OU=%s,%s' % (escaped, unit, base))

def replace(dn, controls=(), **values):
    message = ldb.Message(dn)
    for key, value in values.items():
        message[key] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, key)
    sam.modify(message, controls=list(controls))

def add_member(group, dn):
    message = ldb.Message(named(group, 'Groups'))
    message['member'] = ldb.MessageElement(str(dn), ldb.FLAG_MOD_ADD, 'member')
    sam.modify(message)

def rid(dn):
    return int.from_bytes(sam.search(dn, scope=ldb.SCOPE_BASE, attrs=['objectSid'])[0]['objectSid'][0][-4:], 'little')

def add_user(account, unit):
    dn = named(account['name'], unit)
    sam.add({'dn': dn, 'objectClass': 'user', 'sAMAccountName': account['userName'],
             'userPrincipalName': account['principal'], 'userAccountControl': str(NORMAL | DISABLED)})
    replace(dn, unicodePwd=('"%s"' % account['password']).encode('utf-16-le'))
    state = account['state']
    ages = state in ('must-change', 'password-expired', 'lockable')
    flags = NORMAL | (0 if ages else PASSWORD_STAYS) | (DISABLED if state == 'disabled' else 0)
    replace(dn, userAccountControl=str(flags))
    if state == 'account-expired':
        replace(dn, accountExpires=LONG_AGO)
    if state == 'must-change':
        replace(dn, pwdLastSet='0')
    if state == 'no-hours':
        replace(dn, logonHours=bytes(21))
    if state == 'elsewhere':
        replace(dn, userWorkstations='NOWHERE')
    return dn

def add_policy(name, dns, precedence, age, lockout):
    sam.add({'dn': 'CN=%s,CN=Password Settings Container,CN=System,%s' % (name, base),
             'objectClass': 'msDS-PasswordSettings', 'msDS-PasswordSettingsPrecedence': precedence,
             'msDS-PasswordReversibleEncryptionEnabled': 'FALSE', 'msDS-PasswordHistoryLength': '0',
             'msDS-PasswordComplexityEnabled': 'FALSE', 'msDS-MinimumPasswordLength': '0',
             'msDS-MinimumPasswordAge': '0', 'msDS-MaximumPasswordAge': age, 'msDS-LockoutThreshold': lockout,
             'msDS-LockoutObservationWindow': str(-30 * 60 * 10 ** 7), 'msDS-LockoutDuration': NEVER,
             'msDS-PSOAppliesTo': [str(dn) for dn in dns]})

for unit in ('Staff', 'Groups', 'Services'):
    sam.add({'dn': 'OU=%s,%s' % (unit, base), 'objectClass': 'organizationalUnit'})
replace(ldb.Dn(sam, base), pwdProperties='0', minPwdLength='0', minPwdAge='0', pwdHistoryLength='0', maxPwdAge=NEVER,
        lockoutThreshold='0')
for group in wanted['groups']:
    dn = named(group['name'], 'Groups')
    sam.add({'dn': dn, 'objectClass': 'group', 'sAMAccountName': group['name']})
    for parent in group['memberOf']:
        add_member(parent, dn)
service = {'userName': 'svc-mfa', 'name': 'svc-mfa', 'password': wanted['servicePassword'], 'state': '',
           'principal': 'svc-mfa@ad.example.com'}
add_user(service, 'Services')
made = {}
for account in wanted['accounts']:
    dn = made[account['userName']] = add_user(account, 'Staff')
    for group in account['groups'] + [account['primaryGroup']]:
        if group:
            add_member(group, dn)
    if account['primaryGroup']:
        replace(dn, primaryGroupID=str(rid(named(account['primaryGroup'], 'Groups'))))
    if account['state'] == 'protected':
        message = ldb.Message(ldb.Dn(sam, 'CN=Protected Users,CN=Users,' + base))
        message['member'] = ldb.MessageElement(str(dn), ldb.FLAG_MOD_ADD, 'member')
        sam.modify(message)
lockable = [made[a['userName']] for a in wanted['accounts'] if a['state'] == 'lockable']
old = [made[a['userName']] for a in wanted['accounts'] if a['state'] == 'password-expired']
add_policy('age', old, '10', str(-2 * 86400 * 10 ** 7), '0')
add_policy('lock', lockable, '20', NEVER, '3')
for dn in old:
    # the age counts from the day the password was set, which only this control may move
    replace(dn, controls=['local_oid:%s:0' % dsdb.DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID], pwdLastSet=LONG_AGO)
`
