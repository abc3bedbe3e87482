// Directory logins a second against a real slapd on the same machine, 16 at a time, and whether memory stays flat.
// Run: node --expose-gc bench/ldap.ts [logins for each transport; default 20000, for memory 200000] [transport ...]
import {createLog} from '../src/core/log/log.ts'
import {createLdapPrimary} from '../src/core/primary/ldap.ts'
import {Secret} from '../src/core/secret.ts'
import {createCertificateAuthority} from '../src/core/simulate/certificates.ts'
import {realWorld} from '../src/core/world.ts'
import {baseDn, type OpenLdap, passwordOf, serviceDn, servicePassword, startOpenLdap} from '../test/support/openldap.ts'

const PARALLEL = 16
const CROWD = 1000
const [count = '20000', ...chosen] = process.argv.slice(2)
const logins = Number(count)

const authority = createCertificateAuthority()
const identity = authority.issue(['localhost', '127.0.0.1'])
const ldap = await startOpenLdap({identity, ca: authority.cert, crowd: CROWD})
console.log(`Node ${process.version}, ${PARALLEL} logins at a time among ${CROWD} users`)
try {
  for (const transport of ['clear', 'starttls', 'ldaps'] as const) {
    if (chosen.length === 0 || chosen.includes(transport)) await measure(ldap, transport)
  }
} finally {
  await ldap.stop()
}

async function measure(to: OpenLdap, transport: 'clear' | 'starttls' | 'ldaps'): Promise<void> {
  const primary = createLdapPrimary(
    {
      section: 'ad_client',
      hosts: [to.host],
      port: transport === 'ldaps' ? to.tlsPort : to.port,
      transport,
      caCertificates: to.ca,
      verifyHostname: true,
      verifyDepth: 9,
      authType: 'plain',
      bindDn: serviceDn,
      serviceAccount: {userName: 'svc-mfa', password: new Secret(servicePassword)},
      searchDn: baseDn,
      securityGroupDn: undefined,
      securityGroupNested: false,
      ldapFilter: undefined,
      usernameAttribute: 'uid',
      atAttribute: 'userPrincipalName',
      timeoutMs: 10_000,
      ntlmDomain: '',
      ntlmWorkstation: '',
    },
    createLog(realWorld, [], {debug: false}),
    realWorld,
  )
  const password = new Secret(passwordOf('user'))
  const never = new AbortController().signal
  const latenciesMs: number[] = []
  let begun = 0

  async function loginAfterLogin(count: number): Promise<void> {
    while (begun < count) {
      const userName = `user${begun++ % CROWD}`
      const startMs = performance.now()
      const credentials = {kind: 'password', password} as const
      const request = {userName, credentials, clientAddress: undefined, forwarded: [], resume: undefined}
      const result = await primary.authenticate(request, never)
      if (result.kind !== 'accept') throw new Error(`${userName}: ${JSON.stringify(result)}`)
      if (latenciesMs.length < 100_000) latenciesMs.push(performance.now() - startMs)
    }
  }
  async function all(count: number): Promise<number> {
    begun = 0
    const startMs = performance.now()
    await Promise.all(Array.from({length: PARALLEL}, () => loginAfterLogin(count)))
    return (count * 1000) / (performance.now() - startMs)
  }

  await all(Math.min(2000, logins))
  latenciesMs.length = 0
  const before = heapMegabytes()
  const cpuBefore = process.cpuUsage()
  const rate = await all(logins)
  const cpu = process.cpuUsage(cpuBefore)
  const after = heapMegabytes()
  latenciesMs.sort((a, b) => a - b)
  const at = (share: number) => latenciesMs[Math.floor((latenciesMs.length - 1) * share)]?.toFixed(1)
  console.log(
    `${transport.padEnd(8)} ${Math.round(rate)} logins/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ` +
      `${Math.round((cpu.user + cpu.system) / logins)} us CPU of ours a login; ` +
      `heap ${before} -> ${after} MB, RSS ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB after ${logins} logins`,
  )
  await primary.close()
}

function heapMegabytes(): string {
  globalThis.gc?.()
  return (process.memoryUsage().heapUsed / 2 ** 20).toFixed(1)
}
