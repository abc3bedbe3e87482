import assert from 'node:assert/strict'
import {platform} from 'node:os'
import {test} from 'node:test'
import {createNtlmExchange} from '../../../src/core/ntlm/client.ts'
import type {LdapOptions} from '../../../src/core/primary/ldap/options.ts'
import {type LoadNegotiate, type NegotiateAccount, sspiProblem} from '../../../src/core/primary/ldap/sspi-bind.ts'
import {createLdapPrimary} from '../../../src/core/primary/ldap.ts'
import {Secret} from '../../../src/core/secret.ts'
import {ManualWorld} from '../../support/manual-world.ts'
import {lab, login, optionsFor, outcome, passwordOf, recordingLog} from './fixture.ts'

const machine = {user: 'svc-mfa', domain: 'EXAMPLE', password: passwordOf('svc-mfa')}

/** Stands in for Windows: speaks NTLM with the account given, or with the machine's own. */
function windows(asked: NegotiateAccount[] = []): LoadNegotiate {
  return async () => ({
    ok: true,
    negotiate: async (service, account) => {
      asked.push(account)
      const {user: userName = '', domain = '', password = ''} = account.user === undefined ? machine : account
      if (userName === 'disabled') throw new Error('SEC_E_LOGON_DENIED')
      const options = {
        version: 2,
        workstation: '',
        targetName: service,
        seal: false,
        channelBinding: undefined,
      } as const
      const exchange = createNtlmExchange(
        {...options, domain, userName, password: new Secret(password)},
        new ManualWorld(),
      )
      return {
        async step(token) {
          if (token === '') return exchange.negotiate.toString('base64')
          const answer = exchange.answer(Buffer.from(token, 'base64'))
          return answer.ok ? answer.authenticate.toString('base64') : ''
        },
      }
    },
  })
}

async function sspi(t: Parameters<typeof lab>[0], overrides: Partial<LdapOptions>, load: LoadNegotiate) {
  // the stand-in cannot bind itself to the TLS connection, as the package cannot either
  const made = await lab(t, {}, {checkChannelBinding: false})
  const {log, records} = recordingLog(made.world)
  const options = {...optionsFor(made.directory), authType: 'sspi', transport: 'starttls', ...overrides} as const
  const primary = createLdapPrimary(options, log, made.world, load)
  t.after(() => primary.close())
  return {...made, primary, records}
}

test('SSPI binds the service with the identity of the machine, and users with theirs alone', async (t) => {
  const asked: NegotiateAccount[] = []
  const {primary} = await sspi(t, {serviceAccount: undefined}, windows(asked))
  assert.equal((await login(primary, 'jdoe')).kind, 'accept')
  assert.equal(outcome(await login(primary, 'jdoe', 'fake-wrong')), 'wrong-password: User Authentication Failed')
  assert.equal(outcome(await login(primary, 'jdoe', '')), 'no-password: No password.')
  assert.deepEqual(asked[0], {})
  assert.deepEqual(
    asked.slice(1).map(({user, domain}) => [user, domain]),
    [
      ['jdoe', 'EXAMPLE'],
      ['jdoe', 'EXAMPLE'],
    ],
  )
})

test('an SSPI that fails for a user is a refusal, and no other host is asked', async (t) => {
  const {primary} = await sspi(t, {hosts: ['127.0.0.1', '127.0.0.2']}, windows())
  assert.equal(outcome(await login(primary, 'disabled')), 'wrong-password: User Authentication Failed')
})

test('SSPI is not used in clear', async (t) => {
  const {primary, records} = await sspi(t, {transport: 'clear'}, windows())
  assert.equal((await login(primary, 'jdoe')).kind, 'unavailable')
  assert.match(records.find((record) => record.name === 'ldap.host_refused')?.text ?? '', /starttls or ldaps/)
})

test('an SSPI that does not answer costs the time limit', async (t) => {
  const forever: LoadNegotiate = async () => ({ok: true, negotiate: () => new Promise(() => {})})
  const {primary, next, world} = await sspi(t, {}, forever)
  const started = next('starttls')
  const result = login(primary, 'jdoe')
  await started
  world.advance(10_000)
  assert.equal((await result).kind, 'unavailable')
})

test('without Windows and the package the check of the configuration says what to do', {
  skip: platform() === 'win32',
}, async (t) => {
  assert.match((await sspiProblem()) ?? '', /Windows only; use ntlm2/)
  const missing: LoadNegotiate = async () => ({ok: false, problem: 'npm install kerberos'})
  const {primary, records} = await sspi(t, {}, missing)
  assert.equal((await login(primary, 'jdoe')).kind, 'unavailable')
  assert.match(records.find((record) => record.name === 'ldap.host_refused')?.text ?? '', /npm install kerberos/)
})
