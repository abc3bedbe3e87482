import assert from 'node:assert/strict'
import {createServer, type Socket} from 'node:net'
import {type TestContext, test} from 'node:test'
import {Fault} from '../../../src/core/fault.ts'
import {chainDepth, createConnect, type TransportOptions} from '../../../src/core/primary/ldap/transport.ts'
import {createCertificateAuthority, EXPIRED} from '../../../src/core/simulate/certificates.ts'
import {startFakeDirectory} from '../../../src/core/simulate/directory.ts'
import {ManualWorld} from '../../support/manual-world.ts'
import {authority, certificate, content} from './fixture.ts'

const other = createCertificateAuthority('another authority')
const never = new AbortController().signal

async function directory(t: TestContext, identity = certificate) {
  const made = await startFakeDirectory({content, certificate: identity}, new ManualWorld())
  t.after(() => made.close())
  return made
}

type Trust = Omit<TransportOptions, 'transport' | 'port'>
const verified: Trust = {caCertificates: authority.cert, verifyHostname: true, verifyDepth: 9}
const expired = authority.issue(['localhost', '127.0.0.1'], {validity: EXPIRED})
const misnamed = authority.issue(['wrong.example.net'])
const foreign = other.issue(['localhost', '127.0.0.1'])

const cases: readonly [what: string, identity: typeof certificate, trust: Trust, expected: 'up' | RegExp][] = [
  ['a good certificate', certificate, verified, 'up'],
  ['a certificate of another name', misnamed, verified, /altnames|Host/],
  ['a certificate that has ended', expired, verified, /expired/],
  ['a certificate of another authority', foreign, verified, /unable to (verify|get)/],
  ['another name, names not checked', misnamed, {...verified, verifyHostname: false}, 'up'],
  ['another authority, names not checked', foreign, {...verified, verifyHostname: false}, /unable to (verify|get)/],
  ['an ended certificate, names not checked', expired, {...verified, verifyHostname: false}, /expired/],
  [
    'any certificate, nothing to check it with',
    foreign,
    {...verified, caCertificates: undefined, verifyHostname: false},
    'up',
  ],
  [
    'a private authority, the system to judge',
    certificate,
    {...verified, caCertificates: undefined, verifyHostname: true},
    /unable to (verify|get)/,
  ],
]

for (const transport of ['starttls', 'ldaps'] as const) {
  for (const [what, identity, trust, expected] of cases) {
    for (const host of ['localhost', '127.0.0.1']) {
      test(`${transport} to ${host}: ${what}`, async (t) => {
        const server = await directory(t, identity)
        const port = transport === 'ldaps' ? (server.tlsPort ?? 0) : server.port
        const connection = await createConnect({transport, port, ...trust})(host, never)
        if (connection.ok) connection.stream.destroy()
        if (expected === 'up') {
          assert.ok(connection.ok, connection.ok ? '' : connection.detail)
          return
        }
        assert.ok(!connection.ok)
        assert.equal(connection.reason, 'tls')
        assert.match(connection.detail, expected)
      })
    }
  }
}

test('a server without StartTLS is not used in clear', async (t) => {
  const server = await startFakeDirectory({content}, new ManualWorld())
  t.after(() => server.close())
  const connection = await createConnect({transport: 'starttls', port: server.port, ...verified})('localhost', never)
  assert.ok(!connection.ok)
  assert.equal(connection.reason, 'starttls-refused')
})

test('octets that follow the StartTLS answer in clear end the connection', async (t) => {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    const yes = '300c02010178070a010004000400'
    const injected = '300c02010261070a010004000400'
    socket.on('error', () => {})
    socket.on('data', () => socket.write(Buffer.from(yes + injected, 'hex')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const connection = await createConnect({transport: 'starttls', port, ...verified})('127.0.0.1', never)
  assert.equal(connection.ok, false)
})

const badAuthorities: readonly [what: string, pem: string][] = [
  ['empty', ''],
  ['something else', 'not a certificate'],
  ['damaged', authority.cert.replace(/^MII/m, 'AAA')],
  ['good and damaged', authority.cert + authority.cert.replace(/^MII/m, 'AAA')],
  ['a private key', certificate.key],
]

for (const [what, caCertificates] of badAuthorities) {
  test(`authorities that are ${what} are a configuration error`, () => {
    assert.throws(
      () => createConnect({transport: 'ldaps', port: 636, ...verified, caCertificates}),
      (error) => error instanceof Fault && error.code === 'config-invalid',
    )
  })
}

type Link = {fingerprint256: string; issuerCertificate?: Link}

/** Server first; the last one is its own issuer, as TLS gives it. */
function chain(...names: readonly string[]): Link {
  const links = names.map((fingerprint256): Link => ({fingerprint256}))
  for (const [index, link] of links.entries()) link.issuerCertificate = links[index + 1] ?? link
  return links[0] ?? {fingerprint256: ''}
}

test('the depth of a chain is what stands between its two ends', () => {
  assert.equal(chainDepth({fingerprint256: 'server'}), 0)
  assert.equal(chainDepth(chain('server')), 0)
  assert.equal(chainDepth(chain('server', 'root')), 0)
  assert.equal(chainDepth(chain('server', 'lower', 'root')), 1)
  assert.equal(chainDepth(chain('server', 'lower', 'upper', 'root')), 2)
})

test('the depth given does not stand in the way of a server certificate issued by the authority itself', async (t) => {
  const server = await directory(t)
  const options = {transport: 'ldaps', port: server.tlsPort ?? 0, ...verified, verifyDepth: 0} as const
  const connection = await createConnect(options)('localhost', never)
  assert.ok(connection.ok)
  connection.stream.destroy()
})
