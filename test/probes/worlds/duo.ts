import {once} from 'node:events'
import {createServer} from 'node:net'
import type {TestContext} from 'node:test'
import {createCertificateAuthority, EXPIRED} from '../../../src/core/simulate/certificates.ts'
import type {DuoCloud, DuoCloudOptions} from '../../../src/core/simulate/duo-cloud.ts'
import {type ConnectProxyOptions, startConnectProxy} from '../../../src/core/simulate/duo-cloud-proxy.ts'
import {blackHole, closedPort} from './broken-network.ts'
import type {BrokenWorld} from './broken-world.ts'
import {authority, checksOf, cloud, fileOf, noPrimary, type Options, serverSection} from './world.ts'

const SECTION = 'radius_server_challenge'

/** A proxy in front of a Duo cloud that is as told; `section` changes the configuration. */
function duoWorld(
  setup: {
    readonly cloud?: Partial<DuoCloudOptions>
    readonly arrange?: (duo: DuoCloud) => void
    readonly section?: (t: TestContext, duo: DuoCloud) => Promise<Options> | Options
    readonly timeoutMs?: number
  } = {},
): BrokenWorld['checks'] {
  return async (t) => {
    const duo = await cloud(t, setup.cloud)
    setup.arrange?.(duo)
    const more = (await setup.section?.(t, duo)) ?? {}
    const sections = {...noPrimary, [SECTION]: await serverSection(t, duo, more)}
    return checksOf(t, {sections, context: {timeoutMs: setup.timeoutMs ?? 5000}}, SECTION)
  }
}

async function proxied(t: TestContext, options: ConnectProxyOptions): Promise<Options> {
  const proxy = await startConnectProxy(options)
  t.after(() => proxy.close())
  return {http_proxy_host: proxy.host, http_proxy_port: proxy.port}
}

const untrusted =
  'if a TLS-inspecting proxy answers in place of Duo, exempt the API host there or put its authority into http_ca_certs_file; an outdated http_ca_certs_file is best removed'
const inPlaceOfDuo = "check this machine's clock, and whether something answers in place of Duo"

export const duoWorlds: readonly BrokenWorld[] = [
  {
    broken: 'The API host is misspelled, or no name server knows it',
    check: 'dns',
    status: 'failed',
    says: 'the name <api-xxxxxxxx.duosecurity.com> does not exist (ENOTFOUND)',
    next: 'check the spelling in the configuration, and the search domains of this machine',
    checks: duoWorld({section: () => ({api_host: 'api-00000000.duosecurity.invalid'})}),
  },
  {
    broken: 'Nobody listens on api_port',
    check: 'tcp',
    status: 'failed',
    says: '<host:port> refuses the connection: nobody listens there (ECONNREFUSED)',
    next: 'check the port, and that the server runs; a firewall may refuse for it',
    checks: duoWorld({section: async (t) => ({api_port: await closedPort(t)})}),
  },
  {
    broken: 'A firewall swallows the packets to Duo',
    check: 'tcp',
    status: 'failed',
    says: '<host:port> does not answer: no connection in time',
    next: 'allow TCP from here to there in the firewalls on the way, and see that the machine is up',
    checks: duoWorld({section: async (t) => ({api_host: '127.0.0.1', api_port: await blackHole(t)}), timeoutMs: 1000}),
  },
  {
    broken: 'The HTTP proxy wants a user name and password',
    check: 'http-proxy',
    status: 'failed',
    says: 'the HTTP proxy answered 407 (user name or password of the proxy)',
    next: 'set http_proxy_username and http_proxy_password, or let this machine through without them',
    checks: duoWorld({section: (t) => proxied(t, {credentials: {userName: 'proxy', password: 'proxy-not-real'}})}),
  },
  {
    broken: 'The HTTP proxy forbids the API host',
    check: 'http-proxy',
    status: 'failed',
    says: 'the HTTP proxy answered 403',
    next: 'allow CONNECT to the API host and port in the HTTP proxy',
    checks: duoWorld({section: (t) => proxied(t, {refuseWith: 403})}),
  },
  {
    broken: 'The HTTP proxy is down',
    check: 'tcp',
    status: 'failed',
    says: '<proxy:port> refuses the connection: nobody listens there (ECONNREFUSED)',
    next: 'check the port, and that the server runs; a firewall may refuse for it',
    checks: duoWorld({section: async (t) => ({http_proxy_host: '127.0.0.1', http_proxy_port: await closedPort(t)})}),
  },
  {
    broken: 'A TLS-inspecting firewall shows a certificate of its own',
    check: 'tls',
    status: 'failed',
    says: 'the certificate of <localhost> was issued by authproxy simulator CA, which the trust store of this system does not hold (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
    next: untrusted,
    checks: duoWorld({section: () => ({http_ca_certs_file: undefined})}),
  },
  {
    broken: 'http_ca_certs_file has the certificates of yesterday, not those that Duo uses now',
    check: 'tls',
    status: 'failed',
    says: 'the certificate of <localhost> was issued by authproxy simulator CA, which the file <ca.pem> does not hold (<code>)',
    next: untrusted,
    checks: duoWorld({
      section: (t) => ({http_ca_certs_file: fileOf(t, 'old-ca.pem', createCertificateAuthority('old CA').cert)}),
    }),
  },
  {
    broken: 'Every certificate in http_ca_certs_file has expired',
    check: 'authorities',
    status: 'failed',
    says: 'every certificate of <ca.pem> has expired',
    next: 'put the current certificates there',
    checks: duoWorld({
      section: (t) => ({http_ca_certs_file: fileOf(t, 'old.pem', authority.issue(['old'], {validity: EXPIRED}).cert)}),
    }),
  },
  {
    broken: 'The certificate has expired',
    check: 'tls',
    status: 'failed',
    says: 'the certificate of localhost expired on 2021-01-01',
    next: inPlaceOfDuo,
    checks: duoWorld({cloud: {identity: authority.issue(['localhost'], {validity: EXPIRED})}}),
  },
  {
    broken: 'The certificate is for another name',
    check: 'tls',
    status: 'failed',
    says: 'the certificate is for <api-11111111.duosecurity.com>, not for localhost',
    next: 'check api_host in the Duo Admin Panel; something else may answer in place of Duo',
    checks: duoWorld({cloud: {identity: authority.issue(['api-11111111.duosecurity.com'])}}),
  },
  {
    broken: 'What listens does not speak TLS',
    check: 'tls',
    status: 'failed',
    says: '<host:port> does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER)',
    next: 'check the port: a clear-text service may listen there',
    checks: duoWorld({cloud: {https: false}}),
  },
  {
    broken: 'The other side speaks TLS 1.1 at most',
    check: 'tls',
    status: 'failed',
    says: '<host:port> speaks no TLS 1.2 or later (<code>)',
    next: 'update the server: older versions are not used',
    checks: duoWorld({
      cloud: {tls: {minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0'}},
    }),
  },
  {
    broken: 'A firewall cuts the connection at the TLS handshake',
    check: 'tls',
    status: 'failed',
    says: 'the TLS handshake with <host:port> broke off: ECONNRESET',
    next: 'a firewall may cut TLS, or the server has no certificate',
    checks: duoWorld({section: async (t) => ({api_port: await cuttingPort(t)})}),
  },
  {
    broken: 'A captive portal answers in place of Duo',
    check: 'ping',
    status: 'failed',
    says: 'something else answers in place of Duo: HTTP 200 without JSON',
    next: 'check api_host and api_port; a proxy, portal or filter on the way may answer for it',
    checks: duoWorld({
      arrange: (duo) => duo.fail('*', {kind: 'answer', status: 200, body: '<html>Please log in</html>'}, 100),
    }),
  },
  {
    broken: 'Duo itself has trouble',
    check: 'ping',
    status: 'failed',
    says: 'Duo cannot be reached (server-error): HTTP 503',
    next: "Duo has trouble: see Duo's status page",
    checks: duoWorld({arrange: (duo) => duo.fail('*', {kind: 'answer', status: 503}, 100)}),
  },
  {
    broken: 'The clock of this machine is ten minutes off',
    check: 'clock',
    status: 'failed',
    says: 'this machine is <600> s behind <host:port>',
    next: 'set the clock by NTP (timedatectl set-ntp true); over 60 s other software will fail as well',
    checks: duoWorld({
      arrange: (duo) => {
        duo.clockOffsetMs = 600_000
      },
    }),
  },
  {
    broken: 'The integration key is wrong',
    check: 'credentials',
    status: 'failed',
    says: 'Duo does not know the integration key DIXXXXXXXXXXXXXXXXXX at localhost (40102 <message>)',
    next: 'copy ikey and api_host of one and the same application from the Duo Admin Panel',
    checks: duoWorld({section: () => ({ikey: 'DIXXXXXXXXXXXXXXXXXX'})}),
  },
  {
    broken: 'The secret key is wrong',
    check: 'credentials',
    status: 'failed',
    says: 'the secret key does not belong to DISIMULATED000000000 (40103 <message>)',
    next: 'copy skey from the Duo Admin Panel again; the Admin Panel may have made a new one',
    checks: duoWorld({section: () => ({skey: 'wrongKeyNotReal'.padEnd(40, '0')})}),
  },
  {
    broken: 'Duo takes the date of the requests for wrong',
    check: 'credentials',
    status: 'failed',
    says: 'Duo takes the date of our requests for wrong (40105 <message>)',
    next: "set this machine's clock by NTP; Duo allows five minutes",
    checks: duoWorld({arrange: (duo) => duo.fail('/auth/v2/check', {kind: 'fail', code: 40105}, 10)}),
  },
  {
    broken: 'The application is of a type that may not do logins',
    check: 'credentials',
    status: 'failed',
    says: 'the application DISIMULATED000000000 may not be used for logins of this kind (40301 <message>)',
    next: 'make an application of the type RADIUS or Auth API in the Duo Admin Panel and use its keys',
    checks: duoWorld({
      arrange: (duo) => {
        duo.modes.v2 = 'refused'
      },
      section: () => ({duo_api: 'v2'}),
    }),
  },
  {
    broken: 'The application is served by the legacy API alone',
    check: 'api',
    status: 'warning',
    says: '<host:port> accepts the legacy API v1 alone (40301 <message>)',
    next: 'logins work without Verified Push; for it, make an application of another type in the Admin Panel',
    checks: duoWorld({
      arrange: (duo) => {
        duo.modes.v2 = 'refused'
      },
    }),
  },
]

/** Takes connections and ends them with a RST at the first octet. */
async function cuttingPort(t: TestContext): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.resetAndDestroy())
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  t.after(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
