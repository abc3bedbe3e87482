import assert from 'node:assert/strict'
import {test} from 'node:test'
import {connect, createServer} from 'node:tls'
import {authority, lab, login, outcome, passwordOf} from './fixture.ts'

const ntlm2 = {authType: 'ntlm2', bindDn: undefined, ntlmDomain: 'EXAMPLE'} as const

const logins: readonly [userName: string, password: string, outcome: string][] = [
  ['jdoe', passwordOf('jdoe'), 'accept'],
  ['jdoe', 'fake-wrong', 'wrong-password: User Authentication Failed'],
  ['jdoe', '', 'no-password: No password.'],
  ['jörg', 'pässwörd-ß-€-日本', 'accept'],
  ['OTHER\\twin', 'fake-password-twin2', 'accept'],
  ['pat.jones@corp.example.org', passwordOf('pjones'), 'accept'],
  ['disabled', passwordOf('disabled'), 'account-disabled: User Authentication Failed'],
  ['locked', 'fake-wrong', 'account-locked: User Authentication Failed'],
]

for (const transport of ['clear', 'starttls', 'ldaps'] as const) {
  test(`NTLMv2 over ${transport} decides as a simple bind does, with a directory that wants protection`, async (t) => {
    const {client, directory, events} = await lab(t, ntlm2, {requireProtection: true})
    const port = transport === 'ldaps' ? (directory.tlsPort ?? 0) : directory.port
    const primary = client({transport, port})
    for (const [userName, password, expected] of logins) {
      assert.equal(outcome(await login(primary, userName, password)), expected, userName)
    }
    assert.ok(events.every((event) => event.kind !== 'bind' || event.method === 'ntlm'))
  })
}

test('a server that says yes without knowing the password is not believed', async (t) => {
  const {login: tryLogin, directory, records} = await lab(t, ntlm2)
  directory.faults.acceptAnybody = true
  const result = tryLogin('jdoe', 'fake-anything')
  assert.equal((await result).kind, 'unavailable')
  const event = records.find((record) => record.name === 'ldap.bind_unanswered')
  assert.match(event?.text ?? '', /no sealed answer after the bind/)
})

test('NTLM through somebody in the middle of TLS is refused: the login names the wrong certificate', async (t) => {
  const {directory, client} = await lab(t, {...ntlm2, verifyHostname: false, caCertificates: undefined})
  const between = createServer(authority.issue(['attacker.example.net']), (socket) => {
    const onward = connect({host: '127.0.0.1', port: directory.tlsPort, rejectUnauthorized: false})
    socket.pipe(onward).pipe(socket)
    for (const each of [socket, onward]) each.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  })
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
  t.after(() => between.close())
  const address = between.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const through = await login(client({transport: 'ldaps', port}), 'jdoe')
  assert.equal(through.kind, 'unavailable')
  const direct = await login(client({transport: 'ldaps', port: directory.tlsPort ?? 0}), 'jdoe')
  assert.equal(direct.kind, 'accept')
})

test('NTLMv1 is warned of in clear', async (t) => {
  const {records} = await lab(t, {authType: 'ntlm1'})
  assert.match(records.find((record) => record.name === 'ldap.clear_passwords')?.text ?? '', /auth_type=ntlm1/)
})
