// Loads and checks a file of about 2,000 lines with 200 sections: node bench/config.ts
// Processor time of the whole process, since other work on the machine must not count: the compiler's and collector's
// threads are in it, so that the first load, which runs beside them, takes less by the clock.
import {cpus} from 'node:os'
import {loadConfigText} from '../src/core/config/load.ts'
import {vocabulary} from '../src/core/engine/vocabulary.ts'

const SERVERS = 150
const CLIENTS = 50
const ROUNDS = 31

const octets = Buffer.from(largeFile())
const lines = octets.toString().split('\n').length

const startMs = performance.now()
const first = measure()
const firstClockMs = performance.now() - startMs
const later = Array.from({length: ROUNDS - 1}, measure)
later.sort((a, b) => a - b)
const median = later[Math.floor(later.length / 2)] ?? 0
console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}, ${lines} lines, ${SERVERS + CLIENTS + 1} sections`,
)
console.log(
  `first ${first.toFixed(1)} ms (${firstClockMs.toFixed(1)} ms by the clock), then median ${median.toFixed(1)} ms [${later[0]?.toFixed(1)}, ${later.at(-1)?.toFixed(1)}]`,
)

function measure(): number {
  const start = process.cpuUsage()
  const {config, diagnostics} = loadConfigText(octets, '/etc/authproxy/conf/authproxy.cfg', {
    vocabulary,
    readFile: () => ({ok: false, reason: 'does not exist'}),
    env: {},
    platform: 'linux',
    unprotect: () => ({ok: false, reason: 'there is none'}),
    hasKerberos: false,
    resolve: true,
  })
  if (config === undefined)
    throw new Error(diagnostics.map(({line, code, message}) => `${line} ${code} ${message}`).join('\n'))
  const {user, system} = process.cpuUsage(start)
  return (user + system) / 1000
}

function largeFile(): string {
  const parts = ['[main]\nlog_auth_events=true\n']
  for (let i = 1; i <= CLIENTS; i++) {
    parts.push(`[ad_client${i}]
host=dc${i}.example.com
host_2=dc${i}b.example.com
service_account_username=svc-authproxy
service_account_password=test-secret-not-real-${i}
search_dn=DC=example,DC=com
security_group_dn=CN=VPN ${i},OU=Groups,DC=example,DC=com
ldap_filter=(&(objectClass=user)(!(department=${i})))
`)
  }
  for (let i = 1; i <= SERVERS; i++) {
    parts.push(`[radius_server_challenge${i}]
# site ${i}
ikey=DIXXXXXXXXXXXXXXXXXX
skey=testtesttesttesttesttesttesttesttesttest
api_host=api-xxxxxxxx.duosecurity.com
radius_ip_1=10.0.${i}.0/24
radius_secret_1=test-secret-not-real-a${i}
radius_ip_2=10.1.${i}.1
radius_secret_2=test-secret-not-real-b${i}
client=ad_client${1 + (i % CLIENTS)}
failmode=secure
`)
  }
  return parts.join('\n')
}
